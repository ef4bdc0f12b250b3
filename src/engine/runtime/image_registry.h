#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "models/image/anyres.h"
#include "models/image/resize.h"
#include "runtime/types.h"

namespace llava {

/// An image on its way to the tower: arrangement at once, uint8 tiles when a worker has made them.
struct ImageEntry {
  int32_t id = 0;  // equal digests, sizes and readings have equal ids, for the life of the registry
  Arrangement arrangement;
  std::vector<Arrangement> before;  // of the images that its vectors begin in (hub)
  std::vector<uint8_t> tiles;       // [tiles, 3, S, S], or patches, of those first; valid once state is ready

  enum class State { waiting, ready, failed };
  State state = State::waiting;  // guarded by the registry's lock; read through ImageRegistry::state
  std::string error;
  std::vector<Image> sources;  // until the tiles are made
};

/// The tiles of an image's pixels, made on this thread. Throws RequestRefused.
std::vector<uint8_t> tiles_of(const ModelConfig& config, const Reading& reading, const RequestImage& image);

/// Resizes and tiles images on its own threads, ahead of the model, and keeps recent tiles for requests that share an
/// image. Thread-safe.
class ImageRegistry {
 public:
  /// @param config outlives this   @param keep_bytes of tiles that nobody uses at the moment
  /// @param ready called from a worker whenever an image becomes ready or fails
  ImageRegistry(const ModelConfig& config, int32_t threads, size_t keep_bytes, std::function<void()> ready);
  ~ImageRegistry();

  /// The entry of the last of some images of a prompt; those before it are what its vectors begin in (hub). Copies their
  /// pixels and starts the work, or their tiles, unless the digests are known. Throws RequestRefused for bad images.
  std::shared_ptr<ImageEntry> acquire(std::span<const RequestImage> images, const Reading& reading);
  ImageEntry::State state(const ImageEntry& entry) const;
  /// Whether any image has failed since the last call.
  bool take_failure();
  /// Ends the threads and frees the tiles. Idempotent; acquire() stays legal but nothing becomes ready any more.
  void close();

 private:
  void work();
  void trim();

  const ModelConfig& config_;
  size_t keep_bytes_;
  std::function<void()> ready_;
  mutable std::mutex lock_;
  std::condition_variable wake_;
  bool closing_ = false;
  bool failure_ = false;
  std::map<std::string, int32_t> ids_;  // digest, size and reading -> id, kept for good
  std::map<int32_t, std::list<std::shared_ptr<ImageEntry>>::iterator> known_;  // by id
  std::list<std::shared_ptr<ImageEntry>> recent_;                              // most recently used first
  std::deque<std::shared_ptr<ImageEntry>> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace llava
