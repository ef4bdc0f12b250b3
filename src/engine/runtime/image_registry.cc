#include "runtime/image_registry.h"

#include <algorithm>
#include <utility>

#include "models/image/tiles.h"
#include "support/error.h"

namespace llava {

namespace {

// Pillow calls an image of twice this many pixels a decompression bomb.
constexpr int64_t kMostPixels = 2 * 89'478'485;

void require_size(const RequestImage& image) {
  if (image.width >= 1 && image.height >= 1 && image.width <= kMostPixels && image.height <= kMostPixels &&
      image.width * image.height <= kMostPixels) {
    return;
  }
  throw RequestRefused(FailureCode::image, "an image of " + std::to_string(image.width) + "x" +
                                               std::to_string(image.height) +
                                               " pixels is empty or too large. Use images of 1 to 178956970 pixels.");
}

/// What make_tiles gives for it.
int64_t tile_bytes(const ModelConfig& config, const Arrangement& arrangement) {
  if (arrangement.reading.aspect == AspectRatio::any_size)
    return arrangement.resized.width * arrangement.resized.height * 3;
  return arrangement.tiles * 3 * config.vision.image_size * config.vision.image_size;
}

}  // namespace

std::vector<uint8_t> tiles_of(const ModelConfig& config, const Reading& reading, const RequestImage& image) {
  require_size(image);
  try {
    return make_tiles(config, reading.aspect, {image.width, image.height, image.rgb});
  } catch (const std::exception& failure) {
    throw RequestRefused(FailureCode::image, failure.what());
  }
}

ImageRegistry::ImageRegistry(const ModelConfig& config, int32_t threads, size_t keep_bytes, std::function<void()> ready)
    : config_(config), keep_bytes_(keep_bytes), ready_(std::move(ready)) {
  for (int32_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

ImageRegistry::~ImageRegistry() { close(); }

void ImageRegistry::close() {
  {
    const std::lock_guard guard(lock_);
    closing_ = true;
    queue_.clear();
    known_.clear();
    recent_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool ImageRegistry::take_failure() {
  const std::lock_guard guard(lock_);
  return std::exchange(failure_, false);
}

namespace {

std::string name_of(const RequestImage& image) {
  return image.digest + " " + std::to_string(image.width) + "x" + std::to_string(image.height) + " ";
}

std::string name_of(const Reading& reading) {
  return std::to_string(static_cast<int>(reading.aspect)) + (reading.newline ? "n" : "") + (reading.frame ? "f" : "") +
         (reading.last ? "l" : "") + (reading.time > 0 ? "t" + std::to_string(reading.time) : "") +
         (reading.early > 0 ? "e" + std::to_string(reading.early) : "");
}

}  // namespace

std::shared_ptr<ImageEntry> ImageRegistry::acquire(std::span<const RequestImage> images, const Reading& reading) {
  std::string key;
  for (const RequestImage& image : images) {
    require_size(image);
    key += name_of(image);
  }
  key += name_of(reading);
  const std::lock_guard guard(lock_);
  const auto [named, is_new] = ids_.emplace(key, static_cast<int32_t>(ids_.size()));
  const auto found = known_.find(named->second);
  if (found != known_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second);
    return recent_.front();
  }
  auto entry = std::make_shared<ImageEntry>();
  entry->id = named->second;
  const bool tiled = std::ranges::none_of(images, [](const RequestImage& image) { return image.tiles.empty(); });
  for (const RequestImage& image : images) {
    const Arrangement arrangement = arrange(config_, reading, image.width, image.height);
    entry->before.push_back(arrangement);
    if (tiled) {
      if (static_cast<int64_t>(image.tiles.size()) != tile_bytes(config_, arrangement))
        throw RequestRefused(FailureCode::request, "the tiles of an image are not those of this model and prompt");
      entry->tiles.insert(entry->tiles.end(), image.tiles.begin(), image.tiles.end());
    } else {
      if (image.rgb == nullptr) throw RequestRefused(FailureCode::request, "an image has tiles and another pixels");
      entry->sources.push_back({image.width, image.height, {}});
      entry->sources.back().rgb.assign(image.rgb, image.rgb + image.width * image.height * 3);
    }
  }
  entry->arrangement = entry->before.back();
  entry->before.pop_back();
  if (tiled) entry->state = ImageEntry::State::ready;
  else queue_.push_back(entry);
  recent_.push_front(entry);
  known_[entry->id] = recent_.begin();
  trim();
  if (!tiled) wake_.notify_one();
  return entry;
}

ImageEntry::State ImageRegistry::state(const ImageEntry& entry) const {
  const std::lock_guard guard(lock_);
  return entry.state;
}

void ImageRegistry::trim() {
  size_t kept = 0;
  for (auto at = recent_.begin(); at != recent_.end();) {
    const bool unused = at->use_count() == 1 && (*at)->state != ImageEntry::State::waiting;
    kept += unused ? (*at)->tiles.size() : 0;
    if (unused && kept > keep_bytes_) {
      known_.erase((*at)->id);
      at = recent_.erase(at);
    } else {
      ++at;
    }
  }
}

void ImageRegistry::work() {
  for (;;) {
    std::shared_ptr<ImageEntry> entry;
    {
      std::unique_lock guard(lock_);
      wake_.wait(guard, [this] { return closing_ || !queue_.empty(); });
      if (closing_) return;
      entry = std::move(queue_.front());
      queue_.pop_front();
    }
    std::vector<uint8_t> tiles;
    std::string error;
    try {
      for (const Image& image : entry->sources) {
        std::vector<uint8_t> made =
            make_tiles(config_, entry->arrangement.reading.aspect, {image.width, image.height, image.rgb.data()});
        if (tiles.empty()) tiles = std::move(made);
        else tiles.insert(tiles.end(), made.begin(), made.end());
      }
    } catch (const std::exception& failure) {
      error = failure.what();
    }
    {
      const std::lock_guard guard(lock_);
      std::vector<Image>().swap(entry->sources);  // `= {}` would keep the memory
      entry->tiles = std::move(tiles);
      entry->error = std::move(error);
      entry->state = entry->error.empty() ? ImageEntry::State::ready : ImageEntry::State::failed;
      if (entry->state == ImageEntry::State::failed) {
        failure_ = true;
        // Not remembered: the same image is tried again when it is asked for again.
        const auto found = known_.find(entry->id);
        if (found != known_.end()) {
          recent_.erase(found->second);
          known_.erase(found);
        }
      }
    }
    ready_();
  }
}

}  // namespace llava
