#include "support/safetensors.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>

#include "support/error.h"
#include "support/json.h"

namespace llava {

namespace {

constexpr size_t kLargestHeader = 100u << 20;  // the format's own limit
constexpr size_t kLargestIndex = 256u << 20;

size_t element_size(const std::string& dtype) {
  if (dtype == "F64" || dtype == "I64" || dtype == "U64") return 8;
  if (dtype == "F32" || dtype == "I32" || dtype == "U32") return 4;
  if (dtype == "BF16" || dtype == "F16" || dtype == "I16" || dtype == "U16") return 2;
  if (dtype == "I8" || dtype == "U8" || dtype == "BOOL" || dtype == "F8_E4M3" || dtype == "F8_E5M2") return 1;
  return 0;
}

[[noreturn]] void malformed(const std::string& problem, const std::string& where) {
  throw Error("malformed safetensors file: " + problem, where, "Download the file again.");
}

TensorEntry parse_entry(const Json& json, size_t data_start, size_t data_size, const std::string& where) {
  TensorEntry entry;
  const Json* dtype = json.find("dtype");
  const Json* shape = json.find("shape");
  const Json* offsets = json.find("data_offsets");
  if (dtype == nullptr || !dtype->is_string() || shape == nullptr || !shape->is_array() || offsets == nullptr ||
      offsets->items().size() != 2) {
    malformed("an entry needs dtype, shape and data_offsets", where);
  }
  entry.dtype = *dtype->string();
  const size_t element = element_size(entry.dtype);
  if (element == 0) malformed("unknown dtype '" + entry.dtype + "'", where);
  if (shape->items().size() > 8) malformed("more than 8 dimensions", where);
  size_t bytes = element;
  for (const Json& extent : shape->items()) {
    const auto value = extent.integer();
    if (!value || *value < 0) malformed("a dimension is not a non-negative integer", where);
    if (__builtin_mul_overflow(bytes, static_cast<size_t>(*value), &bytes)) malformed("the shape overflows", where);
    entry.shape.push_back(*value);
  }
  const auto begin = offsets->items()[0].integer();
  const auto end = offsets->items()[1].integer();
  if (!begin || !end || *begin < 0 || *end < *begin || static_cast<size_t>(*end) > data_size) {
    malformed("data_offsets lie outside the file", where);
  }
  if (static_cast<size_t>(*end - *begin) != bytes) malformed("data_offsets do not match shape and dtype", where);
  entry.offset = data_start + static_cast<size_t>(*begin);
  entry.bytes = bytes;
  return entry;
}

/// Shards without an index, as some scripts leave them: model-00001-of-00003.safetensors says itself how many there are. Empty when there
/// are none.
std::vector<std::string> shard_names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& item : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = item.path().filename().string();
    int part = 0;
    int count = 0;
    int length = 0;
    if (std::sscanf(name.c_str(), "model-%5d-of-%5d.safetensors%n", &part, &count, &length) != 2 ||
        static_cast<size_t>(length) != name.size())
      continue;
    for (int i = 1; i <= count; ++i) {
      std::array<char, 48> buffer{};
      std::snprintf(buffer.data(), buffer.size(), "model-%05d-of-%05d.safetensors", i, count);
      names.emplace_back(buffer.data());
    }
    break;
  }
  return names;
}

}  // namespace

std::map<std::string, TensorEntry> parse_safetensors_header(const uint8_t* data, size_t size,
                                                            const std::string& where) {
  if (size < 8) malformed("shorter than 8 bytes", where);
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | data[i];
  if (length > kLargestHeader || length > size - 8) {
    malformed(
        "the header length " + std::to_string(length) + " does not fit a file of " + std::to_string(size) + " bytes",
        where);
  }
  const Json header = Json::parse({reinterpret_cast<const char*>(data) + 8, static_cast<size_t>(length)}, where);
  if (!header.is_object()) malformed("the header is no object", where);
  const size_t data_start = 8 + static_cast<size_t>(length);
  std::map<std::string, TensorEntry> entries;
  for (const auto& [name, value] : header.members()) {
    if (name == "__metadata__") continue;
    const bool is_new =
        entries.emplace(name, parse_entry(value, data_start, size - data_start, where + ", tensor " + name)).second;
    if (!is_new) malformed("tensor " + name + " occurs twice", where);
  }
  std::vector<std::pair<size_t, size_t>> ranges;
  for (const auto& [name, entry] : entries) {
    if (entry.bytes > 0) ranges.emplace_back(entry.offset, entry.offset + entry.bytes);
  }
  std::sort(ranges.begin(), ranges.end());
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) malformed("two tensors overlap", where);
  }
  return entries;
}

bool TensorStore::exists(const std::string& folder) {
  return is_file(folder + "/model.safetensors.index.json") || is_file(folder + "/model.safetensors") ||
         !shard_names(folder).empty();
}

TensorStore TensorStore::open_folder(const std::string& folder) {
  TensorStore store;
  store.where_ = folder;
  const std::string index_path = folder + "/model.safetensors.index.json";
  if (is_file(index_path)) {
    const Json index = Json::parse(read_text(index_path, kLargestIndex), index_path);
    const Json* map = index.find("weight_map");
    if (map == nullptr || !map->is_object() || map->members().empty()) {
      throw Error("the index has no weight_map", index_path, "Download the file again.");
    }
    std::set<std::string> names;
    for (const auto& [tensor, file] : map->members()) {
      if (!file.is_string())
        throw Error("a weight_map entry is no file name", index_path + ", tensor " + tensor,
                    "Download the file again.");
      names.insert(confined_name(*file.string(), index_path + ", tensor " + tensor));
    }
    for (const std::string& name : names) {
      if (!is_file(folder + "/" + name)) {
        throw Error("shard " + name + " is missing", index_path, "Download the whole checkpoint.");
      }
      store.add_file(folder + "/" + name);
    }
    for (const auto& [tensor, file] : map->members()) {
      if (!store.has(tensor))
        throw Error("tensor " + tensor + " is in the index but in no shard", index_path,
                    "Download the whole checkpoint.");
    }
    return store;
  }
  const std::string single = folder + "/model.safetensors";
  if (const std::vector<std::string> shards = shard_names(folder); !is_file(single) && !shards.empty()) {
    for (const std::string& name : shards) {
      if (!is_file(folder + "/" + name)) {
        throw Error("shard " + name + " is missing, and so is model.safetensors.index.json", folder,
                    "Download the whole checkpoint.");
      }
      store.add_file(folder + "/" + name);
    }
    return store;
  }
  if (!is_file(single)) {
    std::error_code ignored;
    for (const auto& item : std::filesystem::directory_iterator(folder, ignored)) {
      const std::string name = item.path().filename().string();
      if (name.starts_with("pytorch_model") && (name.ends_with(".bin") || name.ends_with(".bin.index.json"))) {
        throw Error("the checkpoint has only pickled weights (" + name + ")", folder,
                    "Convert it once, e.g. with transformers: model.save_pretrained(DIR, safe_serialization=True).");
      }
    }
    throw Error("no model.safetensors and no model.safetensors.index.json", folder,
                "Give the folder of a safetensors checkpoint.");
  }
  store.add_file(single);
  return store;
}

TensorStore TensorStore::open_file(const std::string& path) {
  TensorStore store;
  store.where_ = path;
  store.add_file(path);
  return store;
}

void TensorStore::forget_pages() const {
  for (const auto& file : files_) file->forget_pages();
}

void TensorStore::add_file(const std::string& path) {
  files_.push_back(std::make_unique<MappedFile>(path));
  const MappedFile& file = *files_.back();
  for (auto& [name, entry] : parse_safetensors_header(file.data(), file.size(), path)) {
    const size_t element = element_size(entry.dtype);
    const uint8_t* data = file.data() + entry.offset;
    if (entry.bytes > 0 && reinterpret_cast<uintptr_t>(data) % element != 0) {
      std::vector<uint64_t>& copy = realigned_[name];
      copy.resize((entry.bytes + 7) / 8);
      std::memcpy(copy.data(), data, entry.bytes);
    }
    if (!tensors_.emplace(name, Located{files_.size() - 1, std::move(entry)}).second) {
      throw Error("tensor " + name + " is in two files", path, "Keep one set of weights in the folder.");
    }
  }
}

HostTensor TensorStore::get(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end())
    throw Error("tensor " + name + " is missing", where_, "Check that the checkpoint is complete.");
  const TensorEntry& entry = found->second.entry;
  HostTensor tensor;
  tensor.name = name;
  tensor.shape = entry.shape;
  if (entry.dtype == "F32") tensor.dtype = DType::f32;
  else if (entry.dtype == "BF16") tensor.dtype = DType::bf16;
  else if (entry.dtype == "F16") tensor.dtype = DType::f16;
  else if (entry.dtype == "I64") tensor.dtype = DType::i64;
  else if (entry.dtype == "U8") tensor.dtype = DType::u8;
  else
    throw Error("tensor " + name + " has type " + entry.dtype, where_, "The engine reads F32, BF16 and F16 weights.");
  const auto copy = realigned_.find(name);
  tensor.data = copy != realigned_.end() ? static_cast<const void*>(copy->second.data())
                                         : files_[found->second.file]->data() + entry.offset;
  return tensor;
}

std::vector<std::pair<std::string, TensorEntry>> TensorStore::list() const {
  std::vector<std::pair<std::string, TensorEntry>> out;
  for (const auto& [name, located] : tensors_) out.emplace_back(name, located.entry);
  return out;
}

size_t TensorStore::total_bytes() const {
  size_t sum = 0;
  for (const auto& [name, located] : tensors_) sum += located.entry.bytes;
  return sum;
}

}  // namespace llava
