#include "models/config_parts.h"

// How a checkpoint reads the frames of a clip: where they are pooled, how, and which newlines stand between them.

namespace llava {

std::optional<Pool> pool_named(const std::string& name) {
  if (name == "bilinear") return Pool::bilinear;
  if (name == "average") return Pool::average;
  if (name == "max") return Pool::max;
  return std::nullopt;
}

/// Frames of native checkpoints. NeXT-Video's resampler pools before the projector and writes no newlines, as in the
/// code that it was released with; everything else pools after it.
void read_native_clip(Fields& fields, ModelConfig& config) {
  ClipConfig& clip = config.clip;
  const std::string resampler = fields.string("mm_resampler_type", "");
  const std::string pool = fields.string("mm_spatial_pool_mode", "");
  const std::string newline = fields.string("mm_newline_position", "one_token");
  const int64_t stride = fields.integer("mm_spatial_pool_stride", 2, 1, 1024);
  const int64_t width = fields.integer("mm_spatial_pool_out_channels", config.vision.hidden, 1, 1 << 20);
  const auto mode = pool_named(pool);
  const auto refuse = [&](const std::string& reason) { clip.refusal = reason, clip.lacks_pool = false; };
  clip.lacks_pool = !mode;
  if (pool.empty()) clip.refusal = "the checkpoint has no mm_spatial_pool_mode; name one: --clip-pool";
  else if (mode) clip.pool = *mode;
  else clip.refusal = "mm_spatial_pool_mode " + pool + " is not implemented; known are bilinear, average and max";
  if (newline == "grid") clip.newline = ClipNewline::grid;
  else if (newline == "frame") clip.newline = ClipNewline::frame;
  else if (newline == "no_token") clip.newline = ClipNewline::no_token;
  else if (newline != "one_token")
    refuse("mm_newline_position " + newline + " is unknown; known are grid, frame, one_token and no_token");
  if (fields.boolean("add_faster_video", false))
    refuse("add_faster_video (slow and fast frames) cannot run in the published code");
  if (resampler == "spatial_pool") {
    clip.place = PoolPlace::before_projector;
    clip.newline = ClipNewline::no_token;
    if (stride != 2) refuse("mm_spatial_pool_stride " + std::to_string(stride) + " is not implemented; 2 is");
    if (config.vision_read && width != config.vision.hidden) {
      config.unsupported.push_back({Part::projector, "mm_spatial_pool_out_channels", std::to_string(width),
                                    "a pooling with weights is not implemented"});
    }
  } else {
    if (!resampler.empty()) {
      config.unsupported.push_back({Part::projector, "mm_resampler_type", resampler,
                                    "of the resamplers only spatial_pool is implemented (no perceiver, Q-former or "
                                    "masked drop); use an endpoint that serves the model"});
    }
    if (stride != 2)
      config.ignored.push_back("mm_spatial_pool_stride " + std::to_string(stride) +
                               " (the reference always pools by 2)");
  }
}

void apply_clip_options(const ModelOptions& options, ModelConfig& config) {
  ClipConfig& clip = config.clip;
  if (options.clip_pool) clip.pool = *options.clip_pool;
  if (options.clip_pool && clip.lacks_pool) clip.refusal.clear();
  if (options.clip_pool_place) clip.place = *options.clip_pool_place;
  if (options.clip_newline) clip.newline = *options.clip_newline;
  if (clip.place == PoolPlace::before_projector) {
    if (options.clip_newline.value_or(ClipNewline::no_token) != ClipNewline::no_token)
      clip.refusal = "no code pools before the projector and writes newlines; --clip-newline no_token does";
  }
  if (config.clip_newlines() != ClipNewline::no_token && !config.image.newline && clip.refusal.empty())
    clip.refusal = "the checkpoint has no newline vector; --clip-newline no_token needs none";
}

}  // namespace llava
