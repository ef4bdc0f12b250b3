#include "addon/options.h"

#include <algorithm>
#include <array>

#include "addon/values.h"
#include "support/error.h"

namespace llava {

namespace {

ModelOptions model_options(const Members& m) {
  ModelOptions options;
  options.path = m.string("path", "");
  options.vision_tower = m.string("visionTower", "");
  const auto choice = [&](const char* key, std::initializer_list<const char*> names) -> int {
    const std::string value = m.string(key, "");
    if (value.empty()) return -1;
    int index = 0;
    for (const char* name : names) {
      if (value == name) return index;
      ++index;
    }
    throw Error("'" + value + "' is no value of " + key, key, "See the option's description.");
  };
  if (const int i = choice("dtype", {"auto", "float32", "bfloat16", "float16"}); i > 0)
    options.dtype = std::array{DType::f32, DType::bf16, DType::f16}[static_cast<size_t>(i - 1)];
  if (const int i = choice("gridOrder", {"wh", "hw"}); i >= 0)
    options.grid_order = i == 0 ? GridOrder::wh : GridOrder::hw;
  if (const int64_t factor = m.integer("ropeFactor", 0); factor != 0) options.rope_factor = factor;
  if (const int i = choice("unpadRounding", {"trunc", "round7"}); i >= 0)
    options.unpad_rounding = i == 0 ? UnpadRounding::trunc : UnpadRounding::round7;
  // In the order of the enumerations.
  if (const int i = choice("aspectRatio", {"anyres", "pad", "crop", "squeeze"}); i >= 0)
    options.aspect_ratio = static_cast<AspectRatio>(i);
  if (const int i =
          choice("images", {"anyres", "list-pad", "stacked-pad", "list-square", "stacked-square", "each", "hub"});
      i >= 0)
    options.several = static_cast<SeveralImages>(i);
  if (const int i = choice("clipPool", {"bilinear", "average", "max"}); i >= 0)
    options.clip_pool = static_cast<Pool>(i);
  if (const int i = choice("clipPoolPlace", {"after-projector", "before-projector"}); i >= 0)
    options.clip_pool_place = static_cast<PoolPlace>(i);
  if (const int i = choice("clipNewline", {"grid", "frame", "one_token", "no_token"}); i >= 0)
    options.clip_newline = static_cast<ClipNewline>(i);
  if (const int i = choice("resizer", {"pillow", "pillow-12.2", "pillow-13", "torchvision"}); i >= 0)
    options.resizer = static_cast<Resizer>(i);
  if (const int64_t pixels = m.integer("minPixels", 0); pixels != 0) options.min_pixels = pixels;
  if (const int64_t pixels = m.integer("maxPixels", 0); pixels != 0) options.max_pixels = pixels;
  options.resized_first = choice("resizedFirst", {"no", "qwen-vl-utils"}) == 1;
  options.window_plus_one = choice("windowKeys", {"w", "w+1"}) == 1;
  if (const int64_t window = m.integer("slidingWindow", -1); window >= 0) options.sliding_window = window;
  options.logit_rows = m.integer("logitRows", 0);
  options.quantisation = m.string("quantisation", "none");
  return options;
}

}  // namespace

EngineOptions engine_options(const Napi::Value& value) {
  const Members m(value);
  EngineOptions options;
  options.model = model_options(m);
  options.device = m.string("device", "cpu");
  const auto count = [&](const char* key) {
    const int64_t number = m.integer(key, 0);
    if (number < 0) throw Error(std::string(key) + " is negative", key, "Use 0 for the default.");
    return number;
  };
  options.threads = static_cast<int32_t>(std::min<int64_t>(count("threads"), 4096));
  options.image_threads = static_cast<int32_t>(std::min<int64_t>(count("imageThreads"), 256));
  options.token_budget = count("tokenBudget");
  options.most_sequences = count("maxSequences");
  options.max_context = count("maxContext");
  options.memory = count("memory");
  options.share_prefixes = m.boolean("sharePrefixes", true);
  options.instructions = m.string("instructions", "");
  options.cublaslt_path = m.string("cublasLtPath", "");
  return options;
}

}  // namespace llava
