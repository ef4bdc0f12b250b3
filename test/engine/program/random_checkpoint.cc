#include "program/random_checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/dtype.h"
#include "support/error.h"
#include "support/json.h"

namespace llava {

namespace {

enum class Tower { clip, siglip, rice, encoder };

struct Shape {
  std::string name;
  std::string type;  // of the decoder
  int64_t hidden, layers, heads, kv_heads, inner, vocabulary, context;
  double theta, eps;
  bool tied;
  int64_t image_token, end_token;
  int64_t width, tower_layers, tower_heads, tower_inner, image_size;
  Tower tower = Tower::clip;
  int64_t head = 0;  // of the decoder; 0 = hidden / heads

  bool qkv_bias() const { return type == "qwen2"; }
  bool query_key_norm() const { return type == "qwen3"; }
  /// Images keep their own size, and a merger stands behind the tower.
  bool any_size() const { return tower == Tower::rice || tower == Tower::encoder; }
  int64_t head_size() const { return head > 0 ? head : hidden / heads; }
  int64_t tower_rows() const { return image_size / 14 * (image_size / 14) + (tower == Tower::clip ? 1 : 0); }
};

// Sizes as published (the checkpoints' own config.json, converted layout: vocabularies padded, one more id for
// images). RICE and OneVision-Encoder take images of any size: their 28 is the square of a token.
const Shape kShapes[] = {
    {"qwen2-0.5b", "qwen2", 896, 24, 14, 2, 4864, 151936, 32768, 1e6, 1e-6, true, 151646, 151645, 1024, 24, 16, 4096,
     336},
    {"llama3-llava-next-8b", "llama", 4096, 32, 32, 8, 14336, 128320, 8192, 5e5, 1e-5, false, 128256, 128009, 1024, 24,
     16, 4096, 336},
    {"llava-v1.6-vicuna-7b", "llama", 4096, 32, 32, 32, 11008, 32064, 4096, 1e4, 1e-5, false, 32000, 2, 1024, 24, 16,
     4096, 336},
    {"llava-next-72b", "qwen2", 8192, 80, 64, 64, 24576, 152064, 32768, 1e6, 1e-6, false, 151646, 151645, 1024, 24, 16,
     4096, 336},
    {"onevision-0.5b", "qwen2", 896,  24, 14, 2,    4864, 152000,       32768, 1e6, 1e-6, true,
     151646,           151645,  1152, 26, 16, 4304, 384,  Tower::siglip},
    {"onevision-7b", "qwen2", 3584,   28,     28,   4,  18944, 152064, 32768, 1e6,
     1e-6,           false,   151646, 151645, 1152, 26, 16,    4304,   384,   Tower::siglip},
    {"onevision-1.5-4b",
     "qwen3",
     2560,
     36,
     32,
     8,
     9728,
     151936,
     32768,
     5e6,
     1e-6,
     false,
     151655,
     151645,
     1024,
     24,
     16,
     4096,
     28,
     Tower::rice,
     128},
    {"onevision-2-8b", "qwen3", 4096, 36, 32, 8,    12288, 151936,         32768, 8e6, 1e-6, false,
     151655,           151645,  1024, 24, 16, 4096, 28,    Tower::encoder, 128},
    {"tiny", "llama", 128, 3, 8, 2, 208, 512, 2048, 5e5, 1e-5, false, 507, 509, 80, 3, 5, 160, 70},
};

const Shape& shape_of(const std::string& model) {
  for (const Shape& shape : kShapes) {
    if (shape.name == model) return shape;
  }
  std::string known;
  for (const std::string& name : random_models()) known += (known.empty() ? "" : ", ") + name;
  throw Error("'" + model + "' is no model", "--model", "Write one of " + known + ".");
}

struct Entry {
  std::string name;
  std::vector<int64_t> shape;
  float spread;  // values are uniform in centre - spread .. centre + spread
  float centre;

  uint64_t count() const {
    uint64_t product = 1;
    for (const int64_t extent : shape) product *= static_cast<uint64_t>(extent);
    return product;
  }
};

/// The tensors of a checkpoint, one after the other, as they are in its file.
class Entries {
 public:
  void add(Entry entry) { all_.push_back(std::move(entry)); }
  void weight(const std::string& name, int64_t n, int64_t k) {
    add({name + ".weight", {n, k}, std::sqrt(3.0f / static_cast<float>(k)), 0.0f});
  }
  void vector(const std::string& name, int64_t n, float centre) { add({name, {n}, 0.1f, centre}); }
  void linear(const std::string& name, int64_t n, int64_t k) {
    weight(name, n, k);
    vector(name + ".bias", n, 0.0f);
  }
  void norm(const std::string& name, int64_t n) {
    vector(name + ".weight", n, 1.0f);
    vector(name + ".bias", n, 0.0f);
  }
  std::vector<Entry> take() { return std::move(all_); }

 private:
  std::vector<Entry> all_;
};

void add_tower(const Shape& s, Entries& all) {
  const std::string tower = "vision_tower.vision_model.";
  if (s.tower == Tower::clip) all.vector(tower + "embeddings.class_embedding", s.width, 0.0f);
  all.add({tower + "embeddings.patch_embedding.weight", {s.width, 3, 14, 14}, 0.05f, 0.0f});
  all.add({tower + "embeddings.position_embedding.weight", {s.tower_rows(), s.width}, 0.1f, 0.0f});
  if (s.tower == Tower::siglip) all.vector(tower + "embeddings.patch_embedding.bias", s.width, 0.0f);
  else all.norm(tower + "pre_layrnorm", s.width);
  for (int64_t i = 0; i < s.tower_layers; ++i) {
    const std::string at = tower + "encoder.layers." + std::to_string(i) + ".";
    for (const char* part : {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"})
      all.linear(at + part, s.width, s.width);
    all.linear(at + "mlp.fc1", s.tower_inner, s.width);
    all.linear(at + "mlp.fc2", s.width, s.tower_inner);
    all.norm(at + "layer_norm1", s.width);
    all.norm(at + "layer_norm2", s.width);
  }
  all.norm(tower + "post_layernorm", s.width);
  all.linear("multi_modal_projector.linear_1", s.hidden, s.width);
  all.linear("multi_modal_projector.linear_2", s.hidden, s.hidden);
  all.vector("image_newline", s.hidden, 0.0f);
}

/// RICE or OneVision-Encoder and the merger behind it, by the names of the published files.
void add_any_size(const Shape& s, Entries& all) {
  const bool rice = s.tower == Tower::rice;
  const std::string visual = rice ? "visual." : "model.visual.";
  if (rice) {
    all.vector(visual + "class_embedding", s.width, 0.0f);
    all.add({visual + "class_pos_emb", {1, s.width / s.tower_heads / 2}, 0.1f, 0.0f});
  }
  const std::string patches = rice ? "patch_embed.proj.weight" : "embeddings.patch_embedding.weight";
  all.add({visual + patches, {s.width, 3, 14, 14}, 0.05f, 0.0f});
  all.norm(visual + (rice ? "pre_layernorm" : "layernorm_pre"), s.width);
  const std::string layers = visual + (rice ? "blocks." : "encoder.layers.");
  for (int64_t i = 0; i < s.tower_layers; ++i) {
    const std::string at = layers + std::to_string(i) + ".";
    const std::string attention = at + (rice ? "attn." : "self_attn.");
    const std::string norm = at + (rice ? "norm" : "layer_norm");
    all.linear(attention + "qkv", 3 * s.width, s.width);
    all.linear(attention + "proj", s.width, s.width);
    all.linear(at + "mlp.fc1", s.tower_inner, s.width);
    all.linear(at + "mlp.fc2", s.width, s.tower_inner);
    all.norm(norm + "1", s.width);
    all.norm(norm + "2", s.width);
  }
  all.norm(visual + "merger.ln_q", s.width);
  all.linear(visual + "merger.mlp.0", 4 * s.width, 4 * s.width);
  all.linear(visual + "merger.mlp.2", s.hidden, 4 * s.width);
}

std::vector<Entry> entries(const Shape& s) {
  Entries all;
  if (s.any_size()) add_any_size(s, all);
  else add_tower(s, all);
  const std::string outer = s.any_size() ? "" : "language_model.";
  const std::string text = s.tower == Tower::encoder ? "model.language_model." : outer + "model.";
  all.weight(text + "embed_tokens", s.vocabulary, s.hidden);
  all.vector(text + "norm.weight", s.hidden, 1.0f);
  if (!s.tied) all.weight(outer + "lm_head", s.vocabulary, s.hidden);
  const int64_t q = s.head_size() * s.heads;
  const int64_t kv = s.head_size() * s.kv_heads;
  for (int64_t i = 0; i < s.layers; ++i) {
    const std::string at = text + "layers." + std::to_string(i) + ".";
    all.weight(at + "self_attn.q_proj", q, s.hidden);
    all.weight(at + "self_attn.k_proj", kv, s.hidden);
    all.weight(at + "self_attn.v_proj", kv, s.hidden);
    if (s.qkv_bias()) {
      all.vector(at + "self_attn.q_proj.bias", q, 0.0f);
      all.vector(at + "self_attn.k_proj.bias", kv, 0.0f);
      all.vector(at + "self_attn.v_proj.bias", kv, 0.0f);
    }
    if (s.query_key_norm()) {
      all.vector(at + "self_attn.q_norm.weight", s.head_size(), 1.0f);
      all.vector(at + "self_attn.k_norm.weight", s.head_size(), 1.0f);
    }
    all.weight(at + "self_attn.o_proj", s.hidden, q);
    all.weight(at + "mlp.gate_proj", s.inner, s.hidden);
    all.weight(at + "mlp.up_proj", s.inner, s.hidden);
    all.weight(at + "mlp.down_proj", s.hidden, s.inner);
    all.vector(at + "input_layernorm.weight", s.hidden, 1.0f);
    all.vector(at + "post_attention_layernorm.weight", s.hidden, 1.0f);
  }
  return all.take();
}

Json named(const char* text) { return Json::of(std::string(text)); }
Json number(int64_t value) { return Json::of(value); }

/// Sizes of canvases: all up to 6x6 tiles for SigLIP, five for CLIP.
Json pairs(const Shape& s) {
  std::vector<std::pair<int64_t, int64_t>> tiles = {{1, 2}, {2, 1}, {2, 2}, {3, 1}, {1, 3}};
  if (s.tower == Tower::siglip) {
    tiles.clear();
    for (int64_t a = 1; a <= 6; ++a)
      for (int64_t b = 1; b <= 6; ++b) tiles.emplace_back(a, b);
  }
  std::vector<Json> all;
  for (const auto& [a, b] : tiles) all.push_back(Json::array_of({number(a * s.image_size), number(b * s.image_size)}));
  return Json::array_of(std::move(all));
}

Json text_config(const Shape& s) {
  std::vector<Json::Member> fields = {
      {"model_type", s.tower == Tower::rice ? named("LLaVAOneVision1_5_text") : Json::of(s.type)},
      {"hidden_act", named("silu")},
      {"tie_word_embeddings", Json::of(s.tied)},
      {"bos_token_id", Json()},
      {"eos_token_id", number(s.end_token)},
      {"hidden_size", number(s.hidden)},
      {"num_hidden_layers", number(s.layers)},
      {"num_attention_heads", number(s.heads)},
      {"num_key_value_heads", number(s.kv_heads)},
      {"intermediate_size", number(s.inner)},
      {"vocab_size", number(s.vocabulary)},
      {"rope_theta", Json::of(s.theta)},
      {"rms_norm_eps", Json::of(s.eps)},
      {"max_position_embeddings", number(s.context)},
      {"use_sliding_window", Json::of(false)}};
  if (s.head > 0) fields.push_back({"head_dim", number(s.head)});
  return Json::object_of(std::move(fields));
}

Json any_size_config(const Shape& s) {
  const bool rice = s.tower == Tower::rice;
  std::vector<Json::Member> vision = {{"model_type", named(rice ? "rice_vit" : "onevision_encoder")},
                                      {rice ? "depth" : "num_hidden_layers", number(s.tower_layers)},
                                      {"hidden_size", number(s.width)},
                                      {rice ? "num_heads" : "num_attention_heads", number(s.tower_heads)},
                                      {"intermediate_size", number(s.tower_inner)},
                                      {rice ? "text_hidden_size" : "out_hidden_size", number(s.hidden)},
                                      {"hidden_act", named("gelu")},
                                      {"layer_norm_eps", Json::of(rice ? 1e-5 : 1e-6)},
                                      {rice ? "in_channels" : "num_channels", number(3)},
                                      {"patch_size", number(14)},
                                      {"spatial_merge_size", number(2)},
                                      {"temporal_patch_size", number(1)}};
  if (!rice) {
    vision.push_back({"layer_norm_type", named("layer_norm")});
    vision.push_back({"rope_theta", Json::of(1e4)});
    vision.push_back({"frame_windows_size", number(4)});
    vision.push_back({"use_head", Json::of(false)});
  }
  const char* architecture =
      rice ? "LLaVAOneVision1_5_ForConditionalGeneration" : "LlavaOnevision2ForConditionalGeneration";
  return Json::object_of({{"architectures", Json::array_of({named(architecture)})},
                          {"model_type", named(rice ? "llavaonevision1_5" : "llava_onevision2")},
                          {"image_token_id", number(s.image_token)},
                          {"torch_dtype", named("bfloat16")},
                          {"text_config", text_config(s)},
                          {"vision_config", Json::object_of(std::move(vision))}});
}

Json config_of(const Shape& s) {
  if (s.any_size()) return any_size_config(s);
  const bool siglip = s.tower == Tower::siglip;
  std::vector<Json::Member> vision = {{"model_type", named(siglip ? "siglip_vision_model" : "clip_vision_model")},
                                      {"hidden_act", named(siglip ? "gelu_pytorch_tanh" : "quick_gelu")},
                                      {"layer_norm_eps", Json::of(siglip ? 1e-6 : 1e-5)},
                                      {"num_channels", number(3)},
                                      {"projection_dim", number(768)},
                                      {"image_size", number(s.image_size)},
                                      {"patch_size", number(14)},
                                      {"hidden_size", number(s.width)},
                                      {"num_hidden_layers", number(s.tower_layers)},
                                      {"num_attention_heads", number(s.tower_heads)},
                                      {"intermediate_size", number(s.tower_inner)}};
  if (siglip) vision.push_back({"vision_use_head", Json::of(false)});
  return Json::object_of({{"architectures", Json::array_of({named(siglip ? "LlavaOnevisionForConditionalGeneration"
                                                                         : "LlavaNextForConditionalGeneration")})},
                          {"model_type", named(siglip ? "llava_onevision" : "llava_next")},
                          {"image_token_index", number(s.image_token)},
                          {"projector_hidden_act", named("gelu")},
                          {"vision_feature_layer", number(siglip ? -1 : -2)},
                          {"vision_feature_select_strategy", named(siglip ? "full" : "default")},
                          {"tie_word_embeddings", Json::of(s.tied)},
                          {"torch_dtype", named("bfloat16")},
                          {"use_image_newline_parameter", Json::of(true)},
                          {"image_grid_pinpoints", pairs(s)},
                          {"text_config", text_config(s)},
                          {"vision_config", Json::object_of(std::move(vision))}});
}

Json preprocessor_of(const Shape& s) {
  const auto triple = [](double a, double b, double c) {
    return Json::array_of({Json::of(a), Json::of(b), Json::of(c)});
  };
  const Json mean = triple(0.48145466, 0.4578275, 0.40821073);
  const Json deviation = triple(0.26862954, 0.26130258, 0.27577711);
  const auto square = [&] {
    return Json::object_of({{"height", number(s.image_size)}, {"width", number(s.image_size)}});
  };
  if (s.any_size()) {
    return Json::object_of({{"image_processor_type", named("Qwen2VLImageProcessor")},
                            {"min_pixels", number(3136)},
                            {"max_pixels", number(2560000)},
                            {"patch_size", number(14)},
                            {"merge_size", number(2)},
                            {"temporal_patch_size", number(1)},
                            {"resample", number(3)},
                            {"image_mean", mean},
                            {"image_std", deviation}});
  }
  if (s.tower == Tower::siglip) {
    return Json::object_of({{"image_processor_type", named("LlavaOnevisionImageProcessor")},
                            {"size", square()},
                            {"resample", number(3)},
                            {"image_mean", triple(0.5, 0.5, 0.5)},
                            {"image_std", triple(0.5, 0.5, 0.5)}});
  }
  return Json::object_of({{"image_processor_type", named("LlavaNextImageProcessor")},
                          {"do_resize", Json::of(true)},
                          {"size", Json::object_of({{"shortest_edge", number(s.image_size)}})},
                          {"resample", number(3)},
                          {"do_center_crop", Json::of(true)},
                          {"crop_size", square()},
                          {"do_rescale", Json::of(true)},
                          {"rescale_factor", Json::of(1.0 / 255.0)},
                          {"do_normalize", Json::of(true)},
                          {"image_mean", mean},
                          {"image_std", deviation},
                          {"do_convert_rgb", Json::of(true)},
                          {"image_grid_pinpoints", pairs(s)},
                          {"do_pad", Json::of(true)}});
}

/// A well mixed function of x (the finaliser of splitmix64).
uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

uint64_t seed_of(const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return mixed(hash);
}

/// Values [first, first + count) of a tensor; `first` is a multiple of 4.
void fill(const Entry& e, uint64_t first, uint64_t count, BFloat16* out) {
  const uint64_t seed = seed_of(e.name);
  for (uint64_t i = 0; i < count; i += 4) {
    const uint64_t bits = mixed(seed + (first + i) / 4 * 0x9e3779b97f4a7c15u);
    for (uint64_t j = 0; j < std::min<uint64_t>(4, count - i); ++j) {
      const auto uniform = static_cast<float>(static_cast<int16_t>(bits >> (16 * j))) * 0x1p-15f;
      out[i + j] = BFloat16::from(e.centre + e.spread * uniform);
    }
  }
}

constexpr uint64_t kPieceValues = uint64_t{4} << 20;

struct Piece {
  const Entry* entry;
  uint64_t first, count;
  uint64_t offset;  // in the file
};

}  // namespace

std::vector<std::string> random_models() {
  std::vector<std::string> names;
  for (const Shape& shape : kShapes) names.push_back(shape.name);
  return names;
}

uint64_t write_random_checkpoint(const std::string& folder, const std::string& model, int64_t layers) {
  Shape shape = shape_of(model);
  if (layers > 0) shape.layers = layers;
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/config.json") << config_of(shape).dump() << '\n';
  std::ofstream(folder + "/preprocessor_config.json") << preprocessor_of(shape).dump() << '\n';

  const std::vector<Entry> all = entries(shape);
  std::vector<Json::Member> members = {{"__metadata__", Json::object_of({{"format", Json::of(std::string("pt"))}})}};
  std::vector<Piece> pieces;
  uint64_t bytes = 0;
  for (const Entry& e : all) {
    std::vector<Json> extents;
    for (const int64_t extent : e.shape) extents.push_back(Json::of(extent));
    for (uint64_t first = 0; first < e.count(); first += kPieceValues) {
      pieces.push_back({&e, first, std::min(kPieceValues, e.count() - first), bytes + 2 * first});
    }
    const uint64_t end = bytes + 2 * e.count();
    members.push_back(
        {e.name, Json::object_of({{"dtype", Json::of(std::string("BF16"))},
                                  {"shape", Json::array_of(std::move(extents))},
                                  {"data_offsets", Json::array_of({Json::of(static_cast<int64_t>(bytes)),
                                                                   Json::of(static_cast<int64_t>(end))})}})});
    bytes = end;
  }
  std::string header = Json::object_of(std::move(members)).dump();
  header.resize((header.size() + 8 + 63) / 64 * 64 - 8, ' ');
  const uint64_t length = header.size();
  const uint64_t start = 8 + length;

  // Under another name until it is whole: a checkpoint of an interrupted run must not be taken for one.
  const std::string path = folder + "/model.safetensors";
  const std::string unfinished = path + ".part";
  const int file = open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  std::atomic<bool> written = file >= 0 && pwrite(file, &length, 8, 0) == 8 &&
                              pwrite(file, header.data(), length, 8) == static_cast<ssize_t>(length);
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    std::vector<BFloat16> values(kPieceValues);
    for (size_t i = next++; i < pieces.size() && written; i = next++) {
      const Piece& piece = pieces[i];
      fill(*piece.entry, piece.first, piece.count, values.data());
      const auto* data = reinterpret_cast<const char*>(values.data());
      for (uint64_t at = 0; at < 2 * piece.count && written;) {
        const ssize_t count =
            pwrite(file, data + at, 2 * piece.count - at, static_cast<off_t>(start + piece.offset + at));
        if (count <= 0) written = false;
        else at += static_cast<uint64_t>(count);
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1u, std::min(16u, std::thread::hardware_concurrency())); ++i)
    threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  if (file >= 0 && close(file) != 0) written = false;
  if (!written)
    throw Error("the random checkpoint could not be written", folder,
                "Free " + std::to_string(bytes / 1000000000 + 1) + " GB of disk space, or name another folder.");
  std::filesystem::rename(unfinished, path);
  return bytes;
}

}  // namespace llava
