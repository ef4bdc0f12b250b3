#include "program/request_set.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "models/image/anyres.h"
#include "models/image/tiles.h"
#include "support/error.h"
#include "support/json.h"
#include "support/safetensors.h"

namespace llava {

namespace {

struct Named {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  const void* data;
  size_t bytes;
};

void write_tensors(const std::string& path, const std::vector<Named>& tensors) {
  std::vector<Json::Member> members;
  size_t at = 0;
  for (const Named& t : tensors) {
    std::vector<Json> shape;
    for (const int64_t extent : t.shape) shape.push_back(Json::of(extent));
    members.push_back(
        {t.name, Json::object_of({{"dtype", Json::of(t.dtype)},
                                  {"shape", Json::array_of(std::move(shape))},
                                  {"data_offsets", Json::array_of({Json::of(static_cast<int64_t>(at)),
                                                                   Json::of(static_cast<int64_t>(at + t.bytes))})}})});
    at += t.bytes;
  }
  std::string header = Json::object_of(std::move(members)).dump();
  header.resize((header.size() + 8 + 63) / 64 * 64 - 8, ' ');
  const uint64_t length = header.size();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&length), sizeof length);
  file << header;
  for (const Named& t : tensors) file.write(static_cast<const char*>(t.data), static_cast<std::streamsize>(t.bytes));
  file.flush();
  if (!file) throw Error("the file could not be written", path, "Free disk space, or name another folder.");
}

/// `count` ids that depend on `seed` alone, between 3 and `end`.
std::vector<int32_t> words(uint64_t seed, int64_t count, int64_t end) {
  std::vector<int32_t> ids;
  uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;
  for (int64_t i = 0; i < count; ++i) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    ids.push_back(static_cast<int32_t>(3 + (x >> 33) % static_cast<uint64_t>(end - 3)));
  }
  return ids;
}

}  // namespace

Request RequestSet::request(size_t i, int64_t round) const {
  const Question& question = questions.at(i);
  const Image& image = images.at(question.image);
  const std::string name = "round " + std::to_string(round) + " image " + std::to_string(question.image);
  Request request;
  request.id = static_cast<uint64_t>(round) * questions.size() + i;
  request.tokens = question.tokens;
  request.images.push_back({image.width, image.height, image.rgb.data(), name});
  request.prefix = name;
  request.remaining = question.remaining;
  request.max_new_tokens = answer_tokens;
  return request;
}

RequestSet make_request_set(const ModelConfig& config, int64_t images, const std::vector<int64_t>& per_image,
                            int64_t width, int64_t height) {
  // Below everything special: converted checkpoints have the image's id behind the words.
  const int64_t end = std::min(config.logit_rows, config.image_token > 0 ? config.image_token : config.logit_rows) - 5;
  const std::vector<int32_t> system = words(0, 36, end);
  RequestSet set;
  for (int64_t p = 0; p < images; ++p) {
    set.images.push_back({width, height, drawn_image(width, height, static_cast<uint64_t>(p) + 1)});
    const int64_t count = per_image[static_cast<size_t>(p) % per_image.size()];
    for (int64_t q = 0; q < count; ++q) {
      RequestSet::Question question{static_cast<size_t>(p), count - 1 - q, system};
      question.tokens.push_back(kImageSlot);
      const auto number = static_cast<int64_t>(set.questions.size());
      const std::vector<int32_t> asked = words(static_cast<uint64_t>(number) + 1, 25 + number % 11, end);
      question.tokens.insert(question.tokens.end(), asked.begin(), asked.end());
      set.questions.push_back(std::move(question));
    }
  }
  return set;
}

void write_request_set(const std::string& folder, const RequestSet& set, const ModelConfig& config) {
  std::filesystem::create_directories(folder);
  std::vector<Named> images, tiles;
  std::vector<std::vector<uint8_t>> cut;
  const int64_t side = config.vision.image_size;
  for (size_t p = 0; p < set.images.size(); ++p) {
    const RequestSet::Image& image = set.images[p];
    images.push_back({std::to_string(p), "U8", {image.height, image.width, 3}, image.rgb.data(), image.rgb.size()});
    cut.push_back(make_tiles(config, config.alone().aspect, {image.width, image.height, image.rgb.data()}));
    tiles.push_back({std::to_string(p),
                     "U8",
                     {static_cast<int64_t>(cut[p].size()) / (3 * side * side), 3, side, side},
                     cut[p].data(),
                     cut[p].size()});
  }
  write_tensors(folder + "/images.safetensors", images);
  write_tensors(folder + "/tiles.safetensors", tiles);
  std::vector<Json> questions;
  for (const RequestSet::Question& q : set.questions) {
    std::vector<Json> tokens;
    for (const int32_t id : q.tokens) tokens.push_back(Json::of(int64_t{id}));
    const RequestSet::Image& image = set.images[q.image];
    questions.push_back(
        Json::object_of({{"image", Json::of(static_cast<int64_t>(q.image))},
                         {"size", Json::array_of({Json::of(image.height), Json::of(image.width)})},
                         {"imageTokens", Json::of(arrange(config, config.alone(), image.width, image.height).tokens)},
                         {"tokens", Json::array_of(std::move(tokens))}}));
  }
  std::ofstream file(folder + "/requests.json");
  file << Json::object_of(
              {{"answerTokens", Json::of(set.answer_tokens)}, {"questions", Json::array_of(std::move(questions))}})
              .dump()
       << '\n';
  file.flush();
  if (!file)
    throw Error("the file could not be written", folder + "/requests.json", "Free disk space, or name another folder.");
}

RequestSet read_request_set(const std::string& folder) {
  const std::string path = folder + "/requests.json";
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const Json json = Json::parse(text.str(), path);
  const auto integer = [&](const Json* value) {
    const auto number = value == nullptr ? std::nullopt : value->integer();
    if (!number) throw Error("this is no request set", path, "Write one: llava-engine requests DIR --checkpoint C");
    return *number;
  };
  RequestSet set;
  set.answer_tokens = integer(json.find("answerTokens"));
  const TensorStore store = TensorStore::open_file(folder + "/images.safetensors");
  for (size_t p = 0; store.has(std::to_string(p)); ++p) {
    const HostTensor tensor = store.get(std::to_string(p));
    const auto* bytes = static_cast<const uint8_t*>(tensor.data);
    set.images.push_back({tensor.shape.at(1), tensor.shape.at(0), {bytes, bytes + tensor.bytes()}});
  }
  const Json* questions = json.find("questions");
  if (questions == nullptr) integer(nullptr);
  for (const Json& q : questions->items()) {
    RequestSet::Question question;
    question.image = static_cast<size_t>(integer(q.find("image")));
    if (question.image >= set.images.size()) integer(nullptr);
    if (q.find("tokens") == nullptr) integer(nullptr);
    for (const Json& id : q.find("tokens")->items()) question.tokens.push_back(static_cast<int32_t>(integer(&id)));
    set.questions.push_back(std::move(question));
  }
  for (size_t i = set.questions.size(); i-- > 1;) {
    if (set.questions[i - 1].image == set.questions[i].image)
      set.questions[i - 1].remaining = set.questions[i].remaining + 1;
  }
  return set;
}

std::vector<uint8_t> drawn_image(int64_t width, int64_t height, uint64_t seed) {
  std::vector<uint8_t> rgb(static_cast<size_t>(width * height * 3));
  uint64_t state = seed * 7919 + 17;
  for (int64_t y = 0; y < height; ++y) {
    for (int64_t x = 0; x < width; ++x) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      for (int64_t c = 0; c < 3; ++c) {
        const int64_t value =
            (x * (c + 1) + y * 2 + static_cast<int64_t>(seed) * 31) % 200 + static_cast<int64_t>(state >> 60);
        rgb[static_cast<size_t>((y * width + x) * 3 + c)] = static_cast<uint8_t>(value);
      }
    }
  }
  return rgb;
}

void write_matrix(const std::string& path, const std::string& name, const std::vector<std::vector<float>>& rows) {
  const size_t cols = rows.empty() ? 0 : rows[0].size();
  std::vector<float> values;
  for (const std::vector<float>& row : rows) values.insert(values.end(), row.begin(), row.end());
  write_tensors(path, {{name,
                        "F32",
                        {static_cast<int64_t>(rows.size()), static_cast<int64_t>(cols)},
                        values.data(),
                        values.size() * sizeof(float)}});
}

}  // namespace llava
