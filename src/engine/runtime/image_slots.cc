#include "runtime/image_slots.h"

#include <algorithm>
#include <cstring>

#include "models/image/anyres.h"
#include "models/image/patches.h"
#include "support/error.h"

namespace llava {

namespace {

int64_t tile_bytes(const ModelConfig& config) { return 3 * config.vision.image_size * config.vision.image_size; }

/// One staging buffer: the tiles of a batch, and for each vector the four rows that it is made of and their weights.
int64_t staging_bytes(const ModelConfig& config, const ModelSizes& sizes, int64_t slots) {
  if (config.vision.any_size()) {
    // Patches of any size, and a cosine and a sine for each half of a head.
    const VisionConfig& v = config.vision;
    return most_state_rows(config) * (3 * v.patch_size * v.patch_size + 4 * v.head_size()) + 64;
  }
  return sizes.tiles * tile_bytes(config) + std::min(slots, sizes.tiles) * 32 * (most_tokens(config) + 64);
}

/// Frames that are pooled before the projector come out of the tower in another shape, and go through it by themselves.
bool pooled_before(const ModelConfig& config, const ImageEntry& entry) {
  return entry.arrangement.reading.frame && config.clip.place == PoolPlace::before_projector;
}

}  // namespace

int64_t ImageSlots::bytes(const ModelConfig& config, const ModelSizes& sizes, int64_t slots) {
  const auto element = static_cast<int64_t>(size_of(config.work));
  const int64_t projected = config.vision.any_size() ? 0 : sizes.tiles * config.vision.tower_rows();
  return (slots * most_tokens(config) + projected) * config.text.hidden * element +
         kStagings * staging_bytes(config, sizes, slots);
}

ImageSlots::ImageSlots(LlavaModel& model, int64_t slots) : model_(model), ops_(model.stages()[0]->ops()) {
  const ModelConfig& config = model.config();
  if (model.sizes().tiles < most_tiles(config))
    throw ContractViolation("the tower takes fewer tiles than one image has");
  for (int64_t i = 0; i < slots; ++i) {
    slots_.emplace_back();
    slots_.back().vectors = Matrix(ops_, most_tokens(config), config.text.hidden, config.work);
  }
  if (!config.vision.any_size())
    projected_ = Matrix(ops_, model.tower().output_rows(model.sizes().tiles), config.text.hidden, config.work);
  const auto bytes = static_cast<size_t>(staging_bytes(config, model.sizes(), slots));
  for (Staging& staging : staging_) {
    staging.host = ops_.allocate_host(bytes);
    staging.device = ops_.allocate(bytes);
  }
}

bool ImageSlots::pin(const std::shared_ptr<ImageEntry>& image) {
  Slot* oldest = nullptr;
  for (Slot& slot : slots_) {
    if (slot.image == image->id) {
      slot.pinned = true;
      slot.entry = image;
      slot.used = ++clock_;
      return true;
    }
    if (!slot.pinned && (oldest == nullptr || slot.used < oldest->used)) oldest = &slot;
  }
  if (oldest == nullptr) return false;
  oldest->image = image->id;
  oldest->pinned = true;
  oldest->encoded = false;
  oldest->entry = image;
  oldest->used = ++clock_;
  return true;
}

int64_t ImageSlots::encode_pinned() {
  int64_t encoded = 0;
  std::vector<Slot*> batch;
  int64_t tiles = 0;
  const auto flush = [&] {
    if (!batch.empty()) encode(batch);
    batch.clear();
    tiles = 0;
  };
  for (Slot& slot : slots_) {
    if (!slot.pinned || slot.encoded) continue;
    if (model_.config().vision.any_size()) {
      encode_any_size(slot);
      ++encoded;
      continue;
    }
    const bool other = !batch.empty() && pooled_before(model_.config(), *batch.back()->entry) !=
                                             pooled_before(model_.config(), *slot.entry);
    if (other || tiles + slot.entry->arrangement.tiles > model_.sizes().tiles) flush();
    batch.push_back(&slot);
    tiles += slot.entry->arrangement.tiles;
    ++encoded;
  }
  flush();
  return encoded;
}

void ImageSlots::encode(const std::vector<Slot*>& batch) {
  const ModelConfig& config = model_.config();
  Staging& staging = staging_[next_staging_];
  next_staging_ ^= 1;
  if (staging.uploaded != nullptr) ops_.synchronize(*staging.uploaded);
  size_t at = 0;
  int64_t tiles = 0;
  for (const Slot* slot : batch) {
    std::memcpy(staging.host.as<uint8_t>() + at, slot->entry->tiles.data(), slot->entry->tiles.size());
    at += slot->entry->tiles.size();
    tiles += slot->entry->arrangement.tiles;
  }
  const bool pooled = pooled_before(config, *batch.front()->entry);
  const int64_t rows_per_tile = pooled ? model_.tower().rows_per_pooled_tile() : model_.tower().rows_per_tile();
  const auto stage = [&](const auto& values) {
    at = (at + 63) / 64 * 64;
    if (values.empty()) return;  // no weights where rows are taken as they are
    std::memcpy(staging.host.as<uint8_t>() + at, values.data(), values.size() * 4);
    at += values.size() * 4;
  };
  std::vector<std::pair<size_t, Packing>> packings;  // and where they begin
  int64_t first_row = 0;
  for (const Slot* slot : batch) {
    Packing packed = packing(config, slot->entry->arrangement);
    for (int32_t& row : packed.source) row = row < 0 ? row : row + static_cast<int32_t>(first_row);
    first_row += slot->entry->arrangement.tiles * rows_per_tile;
    const size_t begin = (at + 63) / 64 * 64;
    stage(packed.source);
    stage(packed.weight);
    packings.emplace_back(begin, std::move(packed));
  }
  ops_.upload(staging.device.data(), staging.host.data(), at);
  staging.uploaded = ops_.record(Queue::compute);
  if (pooled) model_.tower().encode_pooled(staging.device.as<uint8_t>(), tiles, projected_.whole());
  else model_.tower().encode(staging.device.as<uint8_t>(), tiles, projected_.whole());
  for (size_t i = 0; i < batch.size(); ++i) {
    pack(*batch[i], packings[i].second, staging.device.as<uint8_t>() + packings[i].first);
    batch[i]->encoded = true;
  }
}

/// One image at a time, straight into its slot.
void ImageSlots::encode_any_size(Slot& slot) {
  const ImageEntry& entry = *slot.entry;
  Staging& staging = staging_[next_staging_];
  next_staging_ ^= 1;
  if (staging.uploaded != nullptr) ops_.synchronize(*staging.uploaded);
  std::vector<PatchGrid> grids;
  const auto add = [&](const Arrangement& a) { grids.push_back({a.rows, a.columns, 1, a.reading.time}); };
  for (const Arrangement& before : entry.before) add(before);
  add(entry.arrangement);
  const std::vector<float> angles = model_.any_size_tower().angles(grids);
  const size_t at = (entry.tiles.size() + 63) / 64 * 64;
  const size_t bytes = angles.size() * sizeof(float);
  if (at + bytes > staging.host.bytes()) throw ContractViolation("an image has more patches than were planned for");
  std::memcpy(staging.host.data(), entry.tiles.data(), entry.tiles.size());
  std::memcpy(staging.host.as<uint8_t>() + at, angles.data(), bytes);
  ops_.upload(staging.device.data(), staging.host.data(), at + bytes);
  staging.uploaded = ops_.record(Queue::compute);
  const auto* rotations = reinterpret_cast<const float*>(staging.device.as<uint8_t>() + at);
  model_.any_size_tower().encode(staging.device.as<uint8_t>(), grids, rotations, entry.arrangement.reading.early,
                                 slot.vectors.view(entry.arrangement.tokens));
  slot.encoded = true;
}

void ImageSlots::pack(const Slot& slot, const Packing& packing, const uint8_t* staged) {
  const int64_t tokens = packing.tokens();
  const View out = slot.vectors.view(tokens);
  const auto* source = reinterpret_cast<const int32_t*>(staged);
  if (!packing.mixed) return ops_.gather_rows(projected_.whole(), source, nullptr, tokens, model_.newline(), out);
  const size_t behind = (packing.source.size() * 4 + 63) / 64 * 64;
  const auto* weight = packing.weight.empty() ? nullptr : reinterpret_cast<const float*>(staged + behind);
  ops_.mix_rows(projected_.whole(), source, weight, tokens, model_.newline(), out);
}

View ImageSlots::vectors(const ImageEntry& image) const {
  for (const Slot& slot : slots_) {
    if (slot.image == image.id && slot.encoded) return slot.vectors.view(image.arrangement.tokens);
  }
  throw ContractViolation("the image is in no slot");
}

void ImageSlots::unpin() {
  for (Slot& slot : slots_) {
    slot.pinned = false;
    slot.entry = nullptr;
  }
}

}  // namespace llava
