#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "models/image/resize.h"
#include "models/image/smart_resize.h"
#include "support/dtype.h"
#include "support/error.h"

namespace llava {

enum class Layout { native, converted };
/// How an image becomes tiles: cut along a grid beside the whole, padded to a square, its centre, or squeezed to a square.
/// any_size: there are no tiles, the tower takes the patches of an image of (nearly) its own size.
enum class AspectRatio { anyres, pad, crop, squeeze, any_size };
enum class GridOrder { wh, hw };
enum class UnpadRounding { trunc, round7 };
enum class MergeType { flat, spatial, spatial_unpad };
/// How each of several images of one prompt is read: the shape, and for the single tiles whether the reference was handed
/// a list (a newline vector behind each, where the merge has newlines) or one stacked tensor (none). Of any size: each by
/// itself, as it was trained, or cut as the published forward of OneVision-1.5 cuts them (hub): too early, see Reading.
enum class SeveralImages { anyres, list_pad, stacked_pad, list_square, stacked_square, each, hub };
/// How the map of a frame's vectors is made smaller, and where newline vectors stand in a clip.
enum class Pool { bilinear, average, max };
enum class PoolPlace { after_projector, before_projector };
enum class ClipNewline { grid, frame, one_token, no_token };

/// What the caller decides about a checkpoint; everything unset follows the checkpoint.
struct ModelOptions {
  std::string path;          // folder
  std::string vision_tower;  // folder of the tower, for native checkpoints that only name it
  std::optional<DType> dtype;
  std::optional<int64_t> rope_factor;  // linear stretch of positions and context, for configs that have none
  std::optional<GridOrder> grid_order;
  std::optional<UnpadRounding> unpad_rounding;
  std::optional<AspectRatio> aspect_ratio;
  std::optional<SeveralImages> several;
  std::optional<Pool> clip_pool;
  std::optional<PoolPlace> clip_pool_place;
  std::optional<ClipNewline> clip_newline;
  std::optional<Resizer> resizer;
  std::optional<int64_t> min_pixels;  // of towers that take images of any size
  std::optional<int64_t> max_pixels;
  bool resized_first = false;
  std::optional<MergeType> merge;         // tests
  bool window_plus_one = false;           // a window of W holds W + 1 keys, as the pinned native code masks it
  std::optional<int64_t> sliding_window;  // replaces the config's; 0 = none
  int64_t logit_rows = 0;                 // 0 = all
  std::string quantisation = "none";      // "int8", "fp8"
};

/// How rotary frequencies are stretched. type: none, linear, llama3, yarn.
struct RopeScaling {
  std::string type = "none";
  double factor = 1.0;
  double low_freq_factor = 1.0;   // llama3
  double high_freq_factor = 4.0;  // llama3
  double original_context = 0.0;  // llama3, yarn
  double beta_fast = 32.0;        // yarn
  double beta_slow = 1.0;         // yarn
  double attention_factor = 1.0;  // multiplies cos and sin
};

struct TextConfig {
  std::string type;  // of known.cc's decoders
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_size = 0;
  int64_t intermediate = 0;
  int64_t vocabulary = 0;  // rows of the embedding table
  int64_t context = 0;     // max_position_embeddings
  double theta = 10000.0;
  double eps = 1e-6;
  RopeScaling rope;
  bool qkv_bias = false;
  bool o_bias = false;
  bool mlp_bias = false;
  bool query_key_norm = false;  // RMSNorm over each head of q and k
  bool tied = false;
  /// Per layer: keys that a position sees, itself included; 0 = all.
  std::vector<int64_t> windows;
};

struct VisionConfig {
  /// clip; siglip: no class row, no norm before the layers, a bias on the patches. Of images of any size: rice (OneVision-1.5)
  /// and onevision (OneVision-2: no class row, rotated in three dimensions).
  std::string type = "clip";
  int64_t hidden = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t intermediate = 0;
  int64_t image_size = 0;
  int64_t patch_size = 0;
  double eps = 1e-5;
  std::string activation = "quick_gelu";  // or gelu, gelu_pytorch_tanh
  int64_t select_layer = -2;              // as configured
  int64_t layers_used = 0;                // layers that are computed: the selected state's index in 0 .. layers
  bool keep_class = false;                // select feature "full" / "cls_patch", of a tower with a class row
  // Of images of any size.
  int64_t merge = 1;         // side of the squares of patches that become one vector
  double outer_eps = 1e-5;   // of the norms before the layers and in the merger
  double theta = 10000.0;    // of the rotation
  int64_t frame_window = 0;  // frames of a clip that see one another; 0: each sees itself
  bool any_size() const { return type == "rice" || type == "onevision"; }
  int64_t factor() const { return patch_size * merge; }
  bool class_row() const { return type == "clip" || type == "rice"; }
  int64_t side() const { return image_size / patch_size; }
  int64_t patches() const { return side() * side(); }
  int64_t class_rows() const { return class_row() ? 1 : 0; }
  int64_t tower_rows() const { return class_rows() + patches(); }  // of a tile: the class row, then its patches
  int64_t head_size() const { return hidden / heads; }
};

struct ImageConfig {
  AspectRatio aspect_ratio = AspectRatio::crop;  // of a prompt's only image
  SeveralImages several = SeveralImages::list_square;
  int64_t most_tiles = 0;  // k of anyres_max_k: a larger map is shrunk to about as many vectors; 0 = never
  GridOrder grid_order = GridOrder::wh;
  UnpadRounding unpad_rounding = UnpadRounding::trunc;
  MergeType merge = MergeType::flat;
  bool base = true;                               // false: "nobase" merge types drop the base tile
  bool newline = false;                           // the checkpoint has image_newline
  std::vector<std::pair<int64_t, int64_t>> grid;  // as in the file: read by grid_order
  std::array<double, 3> mean = {0.48145466, 0.4578275, 0.40821073};
  std::array<double, 3> std = {0.26862954, 0.26130258, 0.27577711};
  double rescale = 1.0 / 255.0;
  Resizer resizer = Resizer::pillow;
  PixelBounds pixels;          // of images of any size
  bool resized_first = false;  // by qwen_vl_utils, as those who published numbers do
};

/// How the frames of a clip become vectors.
struct ClipConfig {
  Pool pool = Pool::bilinear;
  PoolPlace place = PoolPlace::after_projector;
  ClipNewline newline = ClipNewline::one_token;
  std::string refusal;      // why this checkpoint takes no clips; empty: it does
  bool lacks_pool = false;  // and naming a pool is all that is missing
};

/// How one image of a prompt is read; it depends on what stands beside it.
struct Reading {
  AspectRatio aspect = AspectRatio::crop;
  bool newline = false;  // a newline vector behind a single tile
  bool frame = false;    // of a clip: pooled
  bool last = false;     // the clip's last frame
  int64_t time = 0;      // of any size: which frame of its video, for the rotation
  int64_t early = 0;     // of any size, hub: its vectors begin this many rows of the tower before its first patch
};

/// What an unsupported field belongs to: whatever follows from that part is unknown.
enum class Part { model, text, vision, projector, image, weights };

struct Unsupported {
  Part part;
  std::string field;
  std::string value;
  std::string reason;
  std::string fix = {};  // weights that cannot be opened: what to do, and `value` is where
};

/// A checkpoint as its JSON files describe it. Fields that the engine cannot honour are in `unsupported`; opening such
/// a checkpoint throws the first of them, describing it lists all.
struct ModelConfig {
  std::string folder;
  std::string model_type;  // as written, of a class that may be unknown
  Layout layout = Layout::converted;
  bool text_read = false;    // false: the decoder's class is unknown, `text` holds nothing
  bool vision_read = false;  // the same for the tower
  TextConfig text;
  VisionConfig vision;
  ImageConfig image;
  ClipConfig clip;
  int64_t projector_layers = 2;
  bool projector_bias = true;
  std::string projector = "mlp2x_gelu";
  DType stored = DType::bf16;  // torch_dtype
  DType work = DType::bf16;
  std::string quantisation = "none";
  int64_t logit_rows = 0;
  int64_t prompt_limit = 0;  // tokenizer_model_max_length; 0 = none
  int64_t image_token = -200;
  std::vector<int64_t> eos;
  std::optional<int64_t> bos;
  std::optional<int64_t> pad;
  double repetition_penalty = 1.0;
  bool penalize_prompt = false;
  bool image_start_end = false;
  bool image_patch_token = false;
  std::string vision_tower_name;    // native: mm_vision_tower
  std::string vision_tower_folder;  // where its config was read, or empty
  std::vector<Unsupported> unsupported;
  std::vector<std::string> ignored;
  std::vector<std::string> unknown;  // set fields that this version does not know

  /// Whether nothing about this part is unsupported, nor the class as a whole.
  bool supports(Part part) const;
  bool anyres() const { return image.aspect_ratio == AspectRatio::anyres; }
  /// The whole image as one tile of the tower: how its own image processor does it.
  AspectRatio whole() const {
    if (vision.any_size()) return AspectRatio::any_size;
    return vision.type == "clip" ? AspectRatio::crop : AspectRatio::squeeze;
  }
  /// How the images of a prompt are read. clips: for each of them the number of its clip, -1 for one that is no frame.
  std::vector<Reading> readings(std::span<const int32_t> clips) const;
  /// Of a prompt's only image.
  Reading alone() const;
  /// Where newline vectors stand in a clip, after what the merge type says about it.
  ClipNewline clip_newlines() const;
};

/// Reads config.json, preprocessor_config.json and generation_config.json of a folder. Throws Error for missing or
/// malformed files and for values outside any sensible range; refusals of known features go to `unsupported`.
ModelConfig read_config(const ModelOptions& options);

/// Parameters by part, from the config alone.
struct ParameterCount {
  int64_t text = 0;
  int64_t vision = 0;
  int64_t projector = 0;  // newline included
  int64_t total() const { return text + vision + projector; }
};
ParameterCount count_parameters(const ModelConfig& config);

/// Bytes of all weights in the work type (quantised linears included), and of one token in the KV cache.
int64_t weight_bytes(const ModelConfig& config);
int64_t kv_bytes_per_token(const ModelConfig& config);

/// What opening the checkpoint ends with: the first unsupported field, the class before all others. Nothing when it can
/// be opened.
std::optional<Error> refusal(const ModelConfig& config);
/// Throws it.
void require_supported(const ModelConfig& config);

}  // namespace llava
