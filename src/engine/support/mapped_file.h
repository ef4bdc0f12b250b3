#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace llava {

/// A file mapped read-only; unmapped by the destructor. The file must not be truncated while it is mapped.
class MappedFile {
 public:
  /// Throws Error when the path is missing, unreadable or no regular file. An empty file has data() == nullptr.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  const std::string& path() const { return path_; }
  /// Gives the pages that were read back to the system; they come again when they are read.
  void forget_pages() const;
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  std::string path_;
  const uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

/// True for a regular file (links followed).
bool is_file(const std::string& path);
bool is_folder(const std::string& path);

/// The whole file as text, at most `limit` bytes. Throws Error.
std::string read_text(const std::string& path, size_t limit);

/// The bytes of an image or raw file. Throws Error.
std::string read_bytes(const std::string& path);

/// A file name from inside a document, refused when it could leave its folder: no separators, not "." or "..", not
/// empty.
std::string confined_name(const std::string& name, const std::string& where);

}  // namespace llava
