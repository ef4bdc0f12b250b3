#include "runtime/image_slots.h"

#include <algorithm>
#include <cstring>

#include "support/error.h"

namespace llava {

namespace {

int64_t tile_bytes(const ModelConfig& config) { return 3 * config.vision.image_size * config.vision.image_size; }

/// One staging buffer: the tiles of a tower pass, and where each row of theirs goes.
int64_t staging_bytes(const ModelConfig& config, const ModelSizes& sizes) {
  return sizes.tiles * (tile_bytes(config) + 4 * (ImageSlots::most_tokens(config) + 64));
}

}  // namespace

int64_t ImageSlots::most_tiles(const ModelConfig& config) {
  int64_t most = 1;
  if (!config.anyres()) return most;
  for (const auto& [a, b] : config.image.grid)
    most = std::max(most, 1 + a / config.vision.image_size * (b / config.vision.image_size));
  return most;
}

int64_t ImageSlots::most_tokens(const ModelConfig& config) {
  const int64_t tile = config.vision.tower_rows();
  int64_t most = tile;
  if (!config.anyres()) return most + 1;
  const int64_t side = config.vision.side();
  for (const auto& [a, b] : config.image.grid) {
    const int64_t columns = a / config.vision.image_size * side;
    const int64_t rows = b / config.vision.image_size * side;
    // Either reading of the pair; flat merges keep every tower row at most.
    most = std::max(
        {most, tile + rows * (columns + 1), tile + columns * (rows + 1), (1 + rows * columns / (side * side)) * tile});
  }
  return most;
}

int64_t ImageSlots::bytes(const ModelConfig& config, const ModelSizes& sizes, int64_t slots) {
  const auto element = static_cast<int64_t>(size_of(config.work));
  return (slots * most_tokens(config) + sizes.tiles * config.vision.tower_rows()) * config.text.hidden * element +
         kStagings * staging_bytes(config, sizes);
}

ImageSlots::ImageSlots(LlavaModel& model, int64_t slots) : model_(model), ops_(model.stages()[0]->ops()) {
  const ModelConfig& config = model.config();
  if (model.sizes().tiles < most_tiles(config))
    throw ContractViolation("the tower takes fewer tiles than one image has");
  for (int64_t i = 0; i < slots; ++i) {
    slots_.emplace_back();
    slots_.back().vectors = Matrix(ops_, most_tokens(config), config.text.hidden, config.work);
  }
  projected_ = Matrix(ops_, model.sizes().tiles * model.tower().rows_per_tile(), config.text.hidden, config.work);
  const auto bytes = static_cast<size_t>(staging_bytes(config, model.sizes()));
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
    if (tiles + slot.entry->arrangement.tiles > model_.sizes().tiles) flush();
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
  at = (at + 63) / 64 * 64;
  std::vector<std::pair<size_t, int64_t>> indices;  // offset and count of each image's packing
  const int64_t rows_per_tile = model_.tower().rows_per_tile();
  int64_t first_row = 0;
  for (const Slot* slot : batch) {
    std::vector<int32_t> source = packing(config, slot->entry->arrangement);
    for (int32_t& row : source) row = row < 0 ? row : row + static_cast<int32_t>(first_row);
    first_row += slot->entry->arrangement.tiles * rows_per_tile;
    std::memcpy(staging.host.as<uint8_t>() + at, source.data(), source.size() * sizeof(int32_t));
    indices.emplace_back(at, static_cast<int64_t>(source.size()));
    at += (source.size() * sizeof(int32_t) + 63) / 64 * 64;
  }
  ops_.upload(staging.device.data(), staging.host.data(), at);
  staging.uploaded = ops_.record(Queue::compute);
  model_.tower().encode(staging.device.as<uint8_t>(), tiles, projected_.whole());
  for (size_t i = 0; i < batch.size(); ++i) {
    const auto* source = reinterpret_cast<const int32_t*>(staging.device.as<uint8_t>() + indices[i].first);
    ops_.gather_rows(projected_.whole(), source, nullptr, indices[i].second, model_.newline(),
                     batch[i]->vectors.view(indices[i].second));
    batch[i]->encoded = true;
  }
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
