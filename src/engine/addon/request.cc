#include "addon/request.h"

#include <algorithm>

#include "addon/values.h"

namespace llava {

namespace {

bool is_bytes(const Napi::Value& value) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
}

RequestImage read_image(const Napi::Value& value) {
  const Members members(value);
  RequestImage image;
  image.width = members.integer("width", 0);
  image.height = members.integer("height", 0);
  image.digest = members.string("digest", "");
  const Napi::Value tiles = members.any("tiles");
  if (tiles.IsUndefined()) {
    image.rgb = read_pixels(members.any("rgb"), image.width, image.height).Data();
  } else {
    if (!is_bytes(tiles)) type_error(value.Env(), "images[].tiles must be a Uint8Array");
    const auto bytes = tiles.As<Napi::Uint8Array>();
    image.tiles = {bytes.Data(), bytes.ElementLength()};
  }
  const int64_t limit = int64_t{1} << 31;
  if (image.width < 1 || image.height < 1 || image.width > limit || image.height > limit || image.digest.empty() ||
      (image.rgb == nullptr && image.tiles.empty())) {
    type_error(value.Env(), "images[] needs width, height, digest, and rgb or tiles");
  }
  image.clip = clip_of(members);
  image.time = std::clamp<int64_t>(members.integer("frame", 0), 0, 1 << 30);
  return image;
}

}  // namespace

Napi::Uint8Array read_pixels(const Napi::Value& rgb, int64_t width, int64_t height) {
  if (!is_bytes(rgb)) type_error(rgb.Env(), "an image's rgb must be a Uint8Array");
  const auto bytes = rgb.As<Napi::Uint8Array>();
  if (static_cast<double>(bytes.ElementLength()) != static_cast<double>(width) * static_cast<double>(height) * 3.0)
    type_error(rgb.Env(), "an image needs width * height * 3 bytes of rgb");
  return bytes;
}

int32_t clip_of(const Members& image) {
  return static_cast<int32_t>(std::clamp<int64_t>(image.integer("clip", -1), -1, 1 << 30));
}

Request read_request(const Napi::Value& value, bool likelihood, Napi::FunctionReference& on_tokens) {
  const Members m(value);
  Request request;
  const int64_t id = m.integer("id", -1);
  if (id < 0) type_error(value.Env(), "id must be a non-negative integer");
  request.id = static_cast<uint64_t>(id);
  request.tokens = m.ids("tokens");
  const Napi::Value images = m.any("images");
  if (!images.IsArray()) type_error(value.Env(), "images must be an array");
  const auto list = images.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); ++i) {
    request.images.push_back(read_image(list.Get(i)));
  }
  if (const Napi::Value prefix = m.any("prefix"); !prefix.IsUndefined() && !prefix.IsNull()) {
    const Members p(prefix);
    request.prefix = p.string("key", "");
    request.remaining = p.integer("remaining", 0);
  }
  request.want_logits = m.boolean("wantLogits", false);
  if (likelihood) {
    const Napi::Value continuations = m.any("continuations");
    if (!continuations.IsArray() || continuations.As<Napi::Array>().Length() == 0)
      type_error(value.Env(), "continuations must be a non-empty array");
    const auto lists = continuations.As<Napi::Array>();
    for (uint32_t i = 0; i < lists.Length(); ++i)
      request.continuations.push_back(Members::ids_of(lists.Get(i), "continuations"));
    return request;
  }
  request.max_new_tokens = m.integer("maxNewTokens", 0);
  request.stop_tokens = m.ids("stopTokens");
  request.sampling.temperature = static_cast<float>(m.number("temperature", 0.0));
  request.sampling.top_p = static_cast<float>(m.number("topP", 1.0));
  request.sampling.top_k = static_cast<int32_t>(std::clamp<int64_t>(m.integer("topK", 0), -1, 1 << 30));
  request.sampling.repetition_penalty = static_cast<float>(m.number("repetitionPenalty", 1.0));
  request.sampling.penalize_prompt = m.boolean("penalizePrompt", false);
  const int64_t seed = m.integer("seed", 0);
  if (seed < 0) type_error(value.Env(), "seed must not be negative");
  request.sampling.seed = static_cast<uint64_t>(seed);
  request.first_top = static_cast<int32_t>(std::clamp<int64_t>(m.integer("firstTokenTop", 0), -1, 1000));
  request.first_of = m.ids("firstTokenOf");
  if (const Napi::Value callback = m.any("onTokens"); callback.IsFunction())
    on_tokens = Napi::Persistent(callback.As<Napi::Function>());
  return request;
}

}  // namespace llava
