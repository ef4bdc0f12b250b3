// The config.json of a checkpoint of the LLaVA repository: the decoder's fields and mm_... beside each other.

#include "models/config_parts.h"
#include "support/error.h"

namespace llava {

namespace {

/// The state that a native tower is read at. Of SigLIP the LLaVA repository deletes the last layer and takes what comes
/// out, whatever mm_vision_select_layer says; LLaVA-MORE keeps all layers and honours it. -2 means the same to both.
void select_native_state(Fields& fields, const ModelClass& known, ModelConfig& config) {
  const int64_t layer = fields.integer("mm_vision_select_layer", -2, -1024, 1024);
  const std::string feature = fields.string("mm_vision_select_feature", "patch");
  if (!config.vision_read || config.vision.class_row()) return select_vision_state(layer, feature, config);
  if (layer != -2 && known.decoder == "llama") {
    config.unsupported.push_back({Part::vision, "mm_vision_select_layer", std::to_string(layer),
                                  "with a SigLIP tower LLaVA-NeXT ignores it and LLaVA-MORE honours it; "
                                  "only -2, where they agree, is implemented"});
  }
  if (layer != -2 && known.decoder != "llama")
    config.ignored.push_back("mm_vision_select_layer " + std::to_string(layer) +
                             " (the reference takes all of a SigLIP tower's layers but the last)");
  if (config.vision.layers < 2)
    throw Error("a SigLIP tower of one layer has none left", fields.where(), "Correct the file.");
  config.vision.layers -= 1;
  select_vision_state(-1, feature, config);
}

}  // namespace

void read_native(Fields& fields, const ModelClass& known, const ModelOptions& options, ModelConfig& config) {
  read_text_config(fields, *find_decoder(known.decoder), options, config);
  if (fields.boolean("s2", false)) {
    fields.any("s2_scales");
    config.unsupported.push_back({Part::vision, "s2", "true",
                                  "features of several scales (S2) are not implemented; use an endpoint that serves "
                                  "the model"});
  }
  read_native_tower(fields.string("mm_vision_tower", "openai/clip-vit-large-patch14-336"), options, config);
  select_native_state(fields, known, config);
  if (!config.vision.class_row()) config.image.mean = config.image.std = {0.5, 0.5, 0.5};
  if (const int64_t d = fields.integer("mm_hidden_size", config.vision.hidden, 1, 1 << 20);
      config.vision_read && d != config.vision.hidden) {
    config.unsupported.push_back(
        {Part::vision, "mm_hidden_size", std::to_string(d), "the tower gives " + std::to_string(config.vision.hidden)});
  }

  config.projector = fields.string("mm_projector_type", "linear");
  const std::string& p = config.projector;
  if (p == "linear") {
    config.projector_layers = 1;
  } else if (p.starts_with("mlp") && p.ends_with("x_gelu") && p.size() == 10 && p[3] >= '1' && p[3] <= '9') {
    config.projector_layers = p[3] - '0';
  } else {
    config.unsupported.push_back({Part::projector, "mm_projector_type", p, "known are linear and mlp{k}x_gelu"});
  }

  const std::string merge = fields.string("mm_patch_merge_type", "flat");
  ImageConfig& image = config.image;
  image.base = merge.find("nobase") == std::string::npos;
  if (merge == "flat") image.merge = MergeType::flat;
  else if (merge == "spatial" || merge == "spatial_nobase") image.merge = MergeType::spatial;
  else if (merge == "spatial_unpad" || merge == "spatial_unpad_nobase" || merge == "spatial_nobase_unpad")
    image.merge = MergeType::spatial_unpad;
  else
    config.unsupported.push_back(
        {Part::image, "mm_patch_merge_type", merge, "known are flat, spatial and spatial_unpad, each with _nobase"});
  image.newline = image.merge == MergeType::spatial_unpad;

  const std::string aspect = fields.string("image_aspect_ratio", "square");
  if (aspect == "anyres") image.aspect_ratio = AspectRatio::anyres;
  else if (const auto most = most_tiles_of(aspect)) image.aspect_ratio = AspectRatio::anyres, image.most_tiles = *most;
  else if (aspect == "pad") image.aspect_ratio = AspectRatio::pad;
  else if (aspect == "square" || aspect == "original") image.aspect_ratio = config.whole();
  else
    config.unsupported.push_back(
        {Part::image, "image_aspect_ratio", aspect, "known are anyres, anyres_max_k, pad and square"});
  image.grid_order = GridOrder::wh;
  const Json* grid = fields.any("image_grid_pinpoints");
  if (image.aspect_ratio == AspectRatio::anyres) {
    if (grid == nullptr)
      throw Error("image_aspect_ratio is anyres but image_grid_pinpoints is missing", fields.where(),
                  "Correct the file.");
    // Of a tower that is not known (and refused) the tile's side is not known either; an unknown decoder is said before its grid.
    if (config.vision_read && config.text_read) image.grid = read_grid(*grid, config.vision.image_size, fields.where());
  }

  // Several images, as those who published numbers hand them over: OneVision's evaluation pads and stacks them, the
  // interleaved models' own script squeezes each.
  image.several = each_alone(image);
  if (config.vision.type == "siglip" && image.aspect_ratio == AspectRatio::anyres)
    image.several = image.most_tiles > 0 ? SeveralImages::stacked_pad : SeveralImages::list_square;
  read_native_clip(fields, config);

  config.prompt_limit =
      fields.integer("tokenizer_model_max_length", 0, 0, int64_t{1} << 40) * options.rope_factor.value_or(1);
  config.image_start_end = fields.boolean("mm_use_im_start_end", false);
  config.image_patch_token = fields.boolean("mm_use_im_patch_token", false);
  for (const std::string& key : fields.unread()) {
    if (is_training_field(key)) config.ignored.push_back(key);
    else if (key.starts_with("mm_"))
      config.unsupported.push_back(
          {Part::image, key, fields.json().find(key)->dump().substr(0, 60), "this multimodal field is not known"});
    else config.unknown.push_back(key);
  }
  read_preprocessor(config.vision_tower_folder.empty() ? config.folder : config.vision_tower_folder, config);
}

}  // namespace llava
