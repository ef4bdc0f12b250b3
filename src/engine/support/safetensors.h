#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/mapped_file.h"
#include "support/tensor.h"

namespace llava {

/// Where one tensor lies in its file. Checked: inside the file, size = shape x type, no overlap with another.
struct TensorEntry {
  std::string dtype;  // as written: "BF16", "F16", "F32", "I64", ...
  std::vector<int64_t> shape;
  size_t offset = 0;  // from the start of the file
  size_t bytes = 0;
};

/// Parses the header of a safetensors image: u64 length, JSON, data. Throws Error naming `where` for anything
/// malformed.
std::map<std::string, TensorEntry> parse_safetensors_header(const uint8_t* data, size_t size, const std::string& where);

/// The named tensors of a folder: model.safetensors, or the shards of model.safetensors.index.json (or of their names, without one); or of
/// one file.
/// Files stay mapped as long as this lives; tensors point into them.
class TensorStore {
 public:
  /// Throws Error: no weights, only .bin weights, a missing or malformed shard, a name in two shards.
  static TensorStore open_folder(const std::string& folder);
  static TensorStore open_file(const std::string& path);
  /// Whether the folder has safetensors weights at all.
  static bool exists(const std::string& folder);

  bool has(const std::string& name) const { return tensors_.count(name) > 0; }
  /// f32, bf16, f16, i64 or u8 data, aligned to its type. Throws Error when absent or of another type.
  HostTensor get(const std::string& name) const;
  /// Shape and type of every tensor, by name.
  std::vector<std::pair<std::string, TensorEntry>> list() const;
  size_t total_bytes() const;
  const std::string& where() const { return where_; }
  /// See MappedFile.
  void forget_pages() const;

 private:
  struct Located {
    size_t file = 0;
    TensorEntry entry;
  };

  void add_file(const std::string& path);

  std::string where_;
  std::vector<std::unique_ptr<MappedFile>> files_;
  std::map<std::string, Located> tensors_;
  // Tensors whose bytes are not aligned in the file (odd header length), copied once.
  std::map<std::string, std::vector<uint64_t>> realigned_;
};

}  // namespace llava
