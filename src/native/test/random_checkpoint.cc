#include "test/random_checkpoint.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <vector>

#include "support/dtype.h"
#include "support/error.h"

namespace llava {

namespace {

constexpr int64_t kHidden = 896, kLayers = 24, kHeads = 14, kKvHeads = 2, kInner = 4864, kVocabulary = 151936;
constexpr int64_t kWidth = 1024, kTowerLayers = 24, kTowerInner = 4096, kPatches = 576;

struct Entry {
  std::string name;
  std::vector<int64_t> shape;
  float spread;  // values are uniform in centre - spread .. centre + spread
  float centre;
};

std::vector<Entry> entries() {
  std::vector<Entry> all;
  const auto weight = [&](const std::string& name, int64_t n, int64_t k) {
    all.push_back({name + ".weight", {n, k}, std::sqrt(3.0f / static_cast<float>(k)), 0.0f});
  };
  const auto vector = [&](const std::string& name, int64_t n, float centre) { all.push_back({name, {n}, 0.1f, centre}); };
  const std::string tower = "vision_tower.vision_model.";
  vector(tower + "embeddings.class_embedding", kWidth, 0.0f);
  all.push_back({tower + "embeddings.patch_embedding.weight", {kWidth, 3, 14, 14}, 0.05f, 0.0f});
  all.push_back({tower + "embeddings.position_embedding.weight", {kPatches + 1, kWidth}, 0.1f, 0.0f});
  const auto norm = [&](const std::string& name, int64_t n) {
    vector(name + ".weight", n, 1.0f);
    vector(name + ".bias", n, 0.0f);
  };
  norm(tower + "pre_layrnorm", kWidth);
  for (int64_t i = 0; i < kTowerLayers; ++i) {
    const std::string at = tower + "encoder.layers." + std::to_string(i) + ".";
    for (const char* part : {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj"}) {
      weight(at + part, kWidth, kWidth);
      vector(at + part + ".bias", kWidth, 0.0f);
    }
    weight(at + "mlp.fc1", kTowerInner, kWidth);
    vector(at + "mlp.fc1.bias", kTowerInner, 0.0f);
    weight(at + "mlp.fc2", kWidth, kTowerInner);
    vector(at + "mlp.fc2.bias", kWidth, 0.0f);
    norm(at + "layer_norm1", kWidth);
    norm(at + "layer_norm2", kWidth);
  }
  norm(tower + "post_layernorm", kWidth);
  weight("multi_modal_projector.linear_1", kHidden, kWidth);
  vector("multi_modal_projector.linear_1.bias", kHidden, 0.0f);
  weight("multi_modal_projector.linear_2", kHidden, kHidden);
  vector("multi_modal_projector.linear_2.bias", kHidden, 0.0f);
  vector("image_newline", kHidden, 0.0f);
  const std::string text = "language_model.model.";
  weight(text + "embed_tokens", kVocabulary, kHidden);
  vector(text + "norm.weight", kHidden, 1.0f);
  const int64_t kv = kHidden / kHeads * kKvHeads;
  for (int64_t i = 0; i < kLayers; ++i) {
    const std::string at = text + "layers." + std::to_string(i) + ".";
    weight(at + "self_attn.q_proj", kHidden, kHidden);
    weight(at + "self_attn.k_proj", kv, kHidden);
    weight(at + "self_attn.v_proj", kv, kHidden);
    vector(at + "self_attn.q_proj.bias", kHidden, 0.0f);
    vector(at + "self_attn.k_proj.bias", kv, 0.0f);
    vector(at + "self_attn.v_proj.bias", kv, 0.0f);
    weight(at + "self_attn.o_proj", kHidden, kHidden);
    weight(at + "mlp.gate_proj", kInner, kHidden);
    weight(at + "mlp.up_proj", kInner, kHidden);
    weight(at + "mlp.down_proj", kHidden, kInner);
    vector(at + "input_layernorm.weight", kHidden, 1.0f);
    vector(at + "post_attention_layernorm.weight", kHidden, 1.0f);
  }
  return all;
}

const char kConfig[] = R"({"architectures": ["LlavaNextForConditionalGeneration"], "model_type": "llava_next", "image_token_index": 151646,
 "projector_hidden_act": "gelu", "vision_feature_layer": -2, "vision_feature_select_strategy": "default", "tie_word_embeddings": true,
 "torch_dtype": "bfloat16", "use_image_newline_parameter": true,
 "image_grid_pinpoints": [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]],
 "text_config": {"model_type": "qwen2", "hidden_act": "silu", "tie_word_embeddings": true, "bos_token_id": null, "eos_token_id": 151645,
  "hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2, "intermediate_size": 4864,
  "vocab_size": 151936, "rope_theta": 1000000.0, "rms_norm_eps": 1e-06, "max_position_embeddings": 32768, "use_sliding_window": false},
 "vision_config": {"model_type": "clip_vision_model", "hidden_act": "quick_gelu", "layer_norm_eps": 1e-05, "num_channels": 3, "projection_dim": 768,
  "image_size": 336, "patch_size": 14, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}}
)";
const char kPreprocessor[] = R"({"image_processor_type": "LlavaNextImageProcessor", "do_resize": true, "size": {"shortest_edge": 336}, "resample": 3,
 "do_center_crop": true, "crop_size": {"height": 336, "width": 336}, "do_rescale": true, "rescale_factor": 0.00392156862745098, "do_normalize": true,
 "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711], "do_convert_rgb": true,
 "image_grid_pinpoints": [[336, 672], [672, 336], [672, 672], [1008, 336], [336, 1008]], "do_pad": true}
)";

}  // namespace

uint64_t write_random_checkpoint(const std::string& folder, uint64_t seed) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/config.json") << kConfig;
  std::ofstream(folder + "/preprocessor_config.json") << kPreprocessor;
  std::string header = "{";
  uint64_t offset = 0;
  const std::vector<Entry> all = entries();
  for (const Entry& e : all) {
    uint64_t bytes = 2;
    std::string shape;
    for (const int64_t extent : e.shape) {
      bytes *= static_cast<uint64_t>(extent);
      shape += (shape.empty() ? "" : ",") + std::to_string(extent);
    }
    header += (offset == 0 ? "\"" : ",\"") + e.name + "\":{\"dtype\":\"BF16\",\"shape\":[" + shape + "],\"data_offsets\":[" + std::to_string(offset) + "," +
              std::to_string(offset + bytes) + "]}";
    offset += bytes;
  }
  header += "}";
  header.resize((header.size() + 63) / 64 * 64, ' ');
  std::ofstream file(folder + "/model.safetensors", std::ios::binary);
  const uint64_t length = header.size();
  file.write(reinterpret_cast<const char*>(&length), sizeof length);
  file << header;
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  std::vector<BFloat16> values;
  for (const Entry& e : all) {
    size_t count = 1;
    for (const int64_t extent : e.shape) count *= static_cast<size_t>(extent);
    values.resize(count);
    for (BFloat16& value : values) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      const float uniform = static_cast<float>(static_cast<int32_t>(state >> 32)) * 0x1p-31f;
      value = BFloat16::from(e.centre + e.spread * uniform);
    }
    file.write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(count * 2));
  }
  file.flush();
  if (!file) throw Error("the benchmark's checkpoint could not be written", folder, "Free 2 GB of disk space, or name another folder.");
  return offset;
}

}  // namespace llava
