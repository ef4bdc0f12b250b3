// llava-engine fuzz [DIR...]: mutated JSON, safetensors headers, configs and whole checkpoints. Anything but success or
// Error fails; run it from a build with sanitizers. Deterministic for a seed and a number of rounds; `--seconds` only
// bounds the time.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "models/weights.h"
#include "program/commands.h"
#include "support/error.h"
#include "support/json.h"
#include "support/safetensors.h"

namespace llava {

namespace {

/// SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t x = state_ += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
  }
  size_t below(size_t limit) { return limit == 0 ? 0 : static_cast<size_t>(next() % limit); }

 private:
  uint64_t state_;
};

const char* const kInteresting[] = {"0",
                                    "-1",
                                    "1e308",
                                    "-0.0",
                                    "9223372036854775807",
                                    "9223372036854775808",
                                    "18446744073709551615",
                                    "null",
                                    "true",
                                    "[]",
                                    "{}",
                                    "\"\"",
                                    "\"../../etc/passwd\"",
                                    "1e-400",
                                    "4294967296",
                                    "\"\\ud800\"",
                                    "[[1,2],[3]]",
                                    "0.5",
                                    "\"(1x1),(9999999x2)\"",
                                    "\"anyres\"",
                                    "-2",
                                    "65536"};

std::string mutate(std::string text, Random& random) {
  const size_t rounds = 1 + random.below(4);
  for (size_t i = 0; i < rounds && !text.empty(); ++i) {
    const size_t at = random.below(text.size());
    switch (random.below(7)) {
      case 0: text[at] = static_cast<char>(random.next()); break;
      case 1: text[at] = static_cast<char>(text[at] ^ (1 << random.below(8))); break;
      case 2: text.erase(at, 1 + random.below(16)); break;
      case 3: text.insert(at, text.substr(random.below(text.size()), random.below(32))); break;
      case 4: text.resize(at); break;
      case 5: text.insert(at, std::string(1 + random.below(300), "[{\" "[random.below(4)])); break;
      default: {
        // Another value behind a colon or a comma.
        const size_t colon = text.find_first_of(":,[", at);
        if (colon == std::string::npos) break;
        const size_t end = text.find_first_of(",}]\n", colon + 1);
        text.replace(colon + 1, end == std::string::npos ? 0 : end - colon - 1,
                     kInteresting[random.below(std::size(kInteresting))]);
      }
    }
  }
  return text;
}

std::string little_endian(uint64_t value) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

/// Header length, header, data: the length usually fits the mutated header, sometimes not.
std::string safetensors_image(const std::string& header, const std::string& data, Random& random) {
  const uint64_t length = random.below(8) == 0 ? random.next() >> random.below(64) : header.size();
  return little_endian(length) + header + data;
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

struct Seeds {
  std::vector<std::string> configs, preprocessors, headers, indices;
};

Seeds read_seeds(const std::vector<std::string>& folders) {
  Seeds seeds;
  seeds.configs = {
      R"({"model_type":"llava_next","text_config":{"model_type":"qwen2","hidden_size":64,"num_attention_heads":4,"rope_scaling":{"type":"yarn","factor":2.0}},)"
      R"("vision_config":{"hidden_size":64,"image_size":56,"patch_size":14},"image_grid_pinpoints":[[56,112]],"image_token_index":5})",
      R"({"model_type":"llava_qwen","mm_vision_tower":"openai/clip-vit-large-patch14-336","mm_projector_type":"mlp2x_gelu","image_aspect_ratio":"anyres",)"
      R"j("image_grid_pinpoints":"(1x1),...,(3x3)","hidden_size":64,"num_attention_heads":4,"mm_patch_merge_type":"spatial_unpad"})j"};
  seeds.preprocessors = {
      R"({"image_mean":[0.5,0.5,0.5],"size":336,"crop_size":{"height":336,"width":336},"resample":3})"};
  seeds.headers = {
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[16,24]}})"};
  seeds.indices = {
      R"({"metadata":{"total_size":24},"weight_map":{"a":"model-00001.safetensors","b":"model-00001.safetensors"}})"};
  for (const std::string& folder : folders) {
    if (is_file(folder + "/config.json")) seeds.configs.push_back(read_bytes(folder + "/config.json"));
    if (is_file(folder + "/preprocessor_config.json"))
      seeds.preprocessors.push_back(read_bytes(folder + "/preprocessor_config.json"));
    if (!is_file(folder + "/model.safetensors")) continue;
    const std::string file = read_bytes(folder + "/model.safetensors");
    uint64_t length = 0;
    for (int i = 7; i >= 0; --i) length = length << 8 | static_cast<uint8_t>(file[static_cast<size_t>(i)]);
    seeds.headers.push_back(file.substr(8, static_cast<size_t>(length)));
  }
  return seeds;
}

}  // namespace

int fuzz_command(const CommandLine& line) {
  const int64_t seconds = line.integer("seconds", 10);
  Random random(static_cast<uint64_t>(line.integer("seed", 1)));
  const Seeds seeds = read_seeds(line.words);
  std::string pattern = (std::filesystem::temp_directory_path() / "llava-fuzz-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw Error("no temporary folder can be made", pattern, "Check TMPDIR.");
  const std::filesystem::path folder = pattern;
  const auto pick = [&](const std::vector<std::string>& list) -> const std::string& {
    return list[random.below(list.size())];
  };
  int64_t accepted = 0;
  int64_t refused = 0;
  int64_t failed = 0;
  const auto attempt = [&](const char* what, const std::string& input, const auto& act) {
    try {
      act();
      ++accepted;
    } catch (const Error& error) {
      ++refused;
      if (error.where().empty() || error.fix().empty()) ++failed;
    } catch (const std::exception& error) {
      std::printf("FAILED %s: %s\n%s\n", what, error.what(), input.substr(0, 2000).c_str());
      ++failed;
    }
  };
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start < std::chrono::seconds(seconds)) {
    const std::string config = mutate(pick(seeds.configs), random);
    attempt("JSON", config, [&] {
      const Json json = Json::parse(config, "fuzz");
      Json::parse(json.dump(), "fuzz, written again");
    });
    const std::string image =
        safetensors_image(mutate(pick(seeds.headers), random), std::string(random.below(64), 'x'), random);
    attempt("safetensors", image,
            [&] { parse_safetensors_header(reinterpret_cast<const uint8_t*>(image.data()), image.size(), "fuzz"); });

    const bool single = random.below(2) == 0;
    std::filesystem::remove(folder / "model.safetensors");
    std::filesystem::remove(folder / "model.safetensors.index.json");
    write_file(folder / "config.json", random.below(4) == 0 ? pick(seeds.configs) : config);
    write_file(folder / "preprocessor_config.json",
               random.below(2) == 0 ? mutate(pick(seeds.preprocessors), random) : pick(seeds.preprocessors));
    write_file(folder / "generation_config.json",
               mutate(R"({"eos_token_id":[1,2],"repetition_penalty":1.05})", random));
    write_file(folder / (single ? "model.safetensors" : "model-00001.safetensors"), image);
    if (!single) write_file(folder / "model.safetensors.index.json", mutate(pick(seeds.indices), random));
    attempt("checkpoint", config, [&] {
      ModelOptions options;
      options.path = folder.string();
      const ModelConfig read = read_config(options);
      require_supported(read);
      count_parameters(read);
      const CheckpointWeights weights(read);
    });
  }
  std::filesystem::remove_all(folder);
  std::printf("%lld accepted, %lld refused, %lld failed\n", static_cast<long long>(accepted),
              static_cast<long long>(refused), static_cast<long long>(failed));
  // Mutations that are all refused at the first byte would test nothing.
  return failed == 0 && accepted > 0 && refused > 0 ? 0 : 3;
}

}  // namespace llava
