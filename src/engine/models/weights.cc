#include "models/weights.h"

#include <algorithm>
#include <cstring>

#include "support/error.h"

namespace llava {

namespace {

/// Bytes of the files that stay in memory beside what was made of them.
constexpr int64_t kMostReadPages = int64_t{256} << 20;

/// The first prefix for which prefix + probe is a tensor. Names: LLaVA repository; transformers up to 4.51 and files on
/// the hub; newer transformers.
std::optional<std::string> find_prefix(const TensorStore& store, std::initializer_list<const char*> prefixes,
                                       const std::string& probe) {
  for (const char* prefix : prefixes) {
    if (store.has(prefix + probe)) return prefix;
  }
  return std::nullopt;
}

bool same_values(const TensorStore& store, const std::string& a, const std::string& b) {
  const HostTensor x = store.get(a);
  const HostTensor y = store.get(b);
  return x.dtype == y.dtype && x.shape == y.shape && std::memcmp(x.data, y.data, x.bytes()) == 0;
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string out = "[";
  for (size_t i = 0; i < shape.size(); ++i) out += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return out + "]";
}

}  // namespace

CheckpointWeights::CheckpointWeights(const ModelConfig& config, Progress progress)
    : config_(config), store_(TensorStore::open_folder(config.folder)), progress_(std::move(progress)) {
  const std::string& folder = config.folder;
  const auto text =
      find_prefix(store_, {"language_model.model.", "model.language_model.", "model."}, "embed_tokens.weight");
  if (!text)
    throw Error("no token embeddings found (…embed_tokens.weight)", folder, "Give the folder of a LLaVA checkpoint.");
  text_prefix_ = *text;
  const auto head = find_prefix(store_, {"language_model.", "", "model."}, "lm_head.weight");
  // OneVision-1.5 was trained with a head of its own, whatever its config says of tied embeddings.
  const bool own_head = head && config.text.tied && config.vision.any_size() &&
                        !same_values(store_, *head + "lm_head.weight", text_prefix_ + "embed_tokens.weight");
  if (head && (!config.text.tied || own_head)) head_name_ = *head + "lm_head.weight";
  else if (head) used_.insert(*head + "lm_head.weight");
  else if (!config.text.tied) {
    throw Error(
        "tensor lm_head.weight is missing, and the config does not tie it to the embeddings (tie_word_embeddings)",
        folder, "Download the whole checkpoint; if it was trained with tied embeddings, its config.json must say so.");
  }

  if (config.vision.any_size()) {
    const std::string probe =
        config.vision.type == "rice" ? "patch_embed.proj.weight" : "embeddings.patch_embedding.weight";
    const auto prefix = find_prefix(store_, {"visual.", "model.visual."}, probe);
    if (!prefix)
      throw Error("the checkpoint has no vision tower inside (visual." + probe + ")", folder,
                  "Give the folder of a complete checkpoint.");
    vision_prefix_ = *prefix;
    return;  // the merger is the tower's
  }

  const std::string patch_embedding = "embeddings.patch_embedding.weight";
  auto vision = find_prefix(store_,
                            {"vision_tower.vision_model.", "model.vision_tower.vision_model.",
                             "model.vision_tower.vision_tower.vision_model.",
                             // transformers 5 leaves out `vision_model.`
                             "vision_tower.", "model.vision_tower.", "model.vision_tower.vision_tower."},
                            patch_embedding);
  if (vision) {
    vision_prefix_ = *vision;
  } else {
    if (config.vision_tower_folder.empty()) {
      if (config.vision_tower_name.empty()) {
        throw Error("the checkpoint has no vision tower inside (…" + patch_embedding + ")", folder,
                    "Give the folder of a complete checkpoint.");
      }
      throw Error("the checkpoint has no vision tower inside, it only names " + config.vision_tower_name, folder,
                  "Download that tower and give its folder: --vision-tower DIR.");
    }
    try {
      tower_store_ = TensorStore::open_folder(config.vision_tower_folder);
    } catch (const Error& error) {
      throw Error("the checkpoint has no vision tower inside, and the folder of one has none: " + error.problem(),
                  error.where(), error.fix());
    }
    vision = find_prefix(*tower_store_, {"vision_model.", "", "vision_tower.vision_model.", "vision_tower."},
                         patch_embedding);
    if (!vision)
      throw Error("no vision weights found (…" + patch_embedding + ")", config.vision_tower_folder,
                  "Give the folder of a CLIP or SigLIP tower.");
    vision_prefix_ = *vision;
  }

  const bool native = config.layout == Layout::native;
  const std::string first = native
                                ? (config.projector_layers == 1 && config.projector == "linear" ? "weight" : "0.weight")
                                : "linear_1.weight";
  const auto projector = native
                             ? find_prefix(store_, {"model.mm_projector.", "mm_projector."}, first)
                             : find_prefix(store_, {"multi_modal_projector.", "model.multi_modal_projector."}, first);
  if (!projector)
    throw Error("no projector weights found", folder,
                "Give the folder of a complete LLaVA checkpoint (a projector-only file is not enough).");
  projector_prefix_ = *projector;
  if (const auto newline = find_prefix(store_, {"", "model.", "language_model.model."}, "image_newline"))
    newline_name_ = *newline + "image_newline";
}

HostTensor CheckpointWeights::fetch(TensorStore& store, const std::string& name, const std::vector<int64_t>& shape) {
  HostTensor tensor = store.get(name);
  if (tensor.shape == std::vector<int64_t>{0}) {
    throw Error(
        "tensor " + name + " is empty: the weights were saved without being gathered (DeepSpeed ZeRO-3)", store.where(),
        "Gather them: zero_to_fp32.py of the training run, or save with stage3_gather_16bit_weights_on_model_save.");
  }
  if (tensor.shape != shape) {
    throw Error(
        "tensor " + name + " has shape " + shape_text(tensor.shape) + ", the config asks for " + shape_text(shape),
        store.where(), "Check that config.json belongs to these weights.");
  }
  if (tensor.dtype != DType::f32 && tensor.dtype != DType::bf16 && tensor.dtype != DType::f16) {
    throw Error("tensor " + name + " is no floating-point tensor", store.where(),
                "The engine reads F32, BF16 and F16 weights.");
  }
  if (&store == &store_) used_.insert(name);
  done_ += static_cast<int64_t>(tensor.bytes());
  if (done_ - forgotten_ > kMostReadPages) forget_pages();
  if (progress_) progress_(std::min(done_, static_cast<int64_t>(total_bytes())), static_cast<int64_t>(total_bytes()));
  return tensor;
}

HostTensor CheckpointWeights::vision(const std::string& name, std::vector<int64_t> shape) {
  return fetch(tower_store_ ? *tower_store_ : store_, vision_prefix_ + name, shape);
}

HostTensor CheckpointWeights::projector(int64_t layer, const std::string& name, std::vector<int64_t> shape) {
  std::string part;
  if (config_.layout == Layout::converted) part = "linear_" + std::to_string(layer + 1) + ".";
  else if (config_.projector != "linear") part = std::to_string(2 * layer) + ".";  // nn.Sequential with a GELU between
  return fetch(store_, projector_prefix_ + part + name, shape);
}

HostTensor CheckpointWeights::newline(std::vector<int64_t> shape) {
  if (newline_name_.empty())
    throw Error("tensor image_newline is missing", store_.where(), "Check that the checkpoint is complete.");
  return fetch(store_, newline_name_, shape);
}

HostTensor CheckpointWeights::text(const std::string& name, std::vector<int64_t> shape) {
  return fetch(store_, text_prefix_ + name, shape);
}

HostTensor CheckpointWeights::head(std::vector<int64_t> shape) {
  return head_name_.empty() ? text("embed_tokens.weight", std::move(shape)) : fetch(store_, head_name_, shape);
}

std::vector<std::string> CheckpointWeights::unused() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : store_.list()) {
    if (used_.count(name) > 0) continue;
    const bool harmless = name.ends_with("rotary_emb.inv_freq") || name.ends_with("position_ids") ||
                          name.starts_with(vision_prefix_ + "post_layernorm") ||
                          name.starts_with(vision_prefix_ + "layernorm_post") || name == newline_name_ ||
                          name.find("vision_tower") != std::string::npos;
    if (!harmless) names.push_back(name);
  }
  return names;
}

void CheckpointWeights::forget_pages() {
  store_.forget_pages();
  if (tower_store_) tower_store_->forget_pages();
  forgotten_ = done_;
}

size_t CheckpointWeights::total_bytes() const {
  return store_.total_bytes() + (tower_store_ ? tower_store_->total_bytes() : 0);
}

}  // namespace llava
