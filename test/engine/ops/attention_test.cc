#include "ops/paged.h"

namespace llava::test {

void test_attention(Fixture& f) {
  const Shape shapes[] = {{14, 2, 64, 0}, {4, 4, 16, 0},  {8, 2, 128, 100}, {2, 1, 72, 0},
                          {3, 3, 80, 5},  {2, 2, 32, 64}, {6, 2, 96, 65},   {1, 1, 8, 0}};
  for (const Shape& shape : shapes) {
    for (const DType type : {DType::f32, DType::bf16, DType::f16}) {
      if (!f.takes()) continue;
      const std::string what = std::string(name_of(type)) + " " + shape.text();
      const float tolerance = type == DType::f32 ? 1e-5f : type == DType::bf16 ? 0.012f : 2e-3f;
      Paged paged(f, shape, type, 40);
      std::vector<Request> requests;
      for (const int64_t length : {1, 63, 64, 65, 130, 210}) requests.push_back(paged.request(length));
      for (const Request& r : requests) paged.fill(r, 0, r.length);
      paged.compare(what);

      // Whole prompts, later chunks and single rows in one call.
      const std::vector<PrefillPiece> pieces{{&requests[5], 150, 210},
                                             {&requests[0], 0, 1},
                                             {&requests[3], 64, 65},
                                             {&requests[2], 0, 64},
                                             {&requests[4], 1, 130}};
      const PrefillCall call(f, pieces);
      const int64_t rows = call.oracle().rows;
      const Twin q = f.random(rows, paged.q_cols(), type, 2.0f, {0, 8});
      const Twin out = f.poisoned(rows, paged.q_cols(), type, {8, 8});
      f.subject().prefill_attention(q.subject, paged.subject(), call.subject(), shape.attention(), out.subject);
      f.oracle().prefill_attention(q.oracle, paged.oracle(), call.oracle(), shape.attention(), out.oracle);
      f.expect_equal("prefill_attention " + what, out, tolerance);

      std::vector<const Request*> all;
      for (const Request& r : requests) all.push_back(&r);
      const DecodeCall decode(f, all, {});
      const Twin one = f.random(6, paged.q_cols(), type, 2.0f, {8, 0}, Phase::decode);
      const Twin got = f.poisoned(6, paged.q_cols(), type, {8, 8}, Phase::decode);
      f.subject().decode_attention(one.subject, paged.subject(), decode.subject(), shape.attention(), got.subject);
      f.oracle().decode_attention(one.oracle, paged.oracle(), decode.oracle(), shape.attention(), got.oracle);
      f.expect_equal("decode_attention " + what, got, tolerance);
    }
  }

  // A long context: several splits, and a shared prefix in groups (one of them empty).
  for (const int32_t window : {0, 700}) {
    const Shape shape{4, 2, 64, window};
    Paged paged(f, shape, DType::bf16, 120);
    const Request first = paged.request(2200);
    const std::vector<int32_t> prefix(first.pages.begin(), first.pages.begin() + 20);
    const Request second = paged.request(1290, prefix);
    const Request third = paged.request(1281, prefix);
    const Request other = paged.request(70);
    paged.fill(first, 0, 2200);
    paged.fill(second, 1280, 1290);
    paged.fill(third, 1280, 1281);
    paged.fill(other, 0, 70);
    paged.compare("shared prefix");
    const DecodeCall decode(f, {&second, &first, &third, &other}, {{3, 1280}, {0, 0}, {1, 0}});
    const Twin q = f.random(4, paged.q_cols(), DType::bf16, 2.0f, {}, Phase::decode);
    const Twin out = f.poisoned(4, paged.q_cols(), DType::bf16, {}, Phase::decode);
    f.subject().decode_attention(q.subject, paged.subject(), decode.subject(), shape.attention(), out.subject);
    f.oracle().decode_attention(q.oracle, paged.oracle(), decode.oracle(), shape.attention(), out.oracle);
    f.expect_equal("decode_attention of a group, window " + std::to_string(window), out, 0.012f);
  }
}

}  // namespace llava::test
