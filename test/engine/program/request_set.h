#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/engine.h"

namespace llava {

/// Questions on drawn pictures, as an evaluation asks them: the questions of a picture follow each other. Ids and
/// pixels are functions of their numbers, so that another program can be asked the same.
struct RequestSet {
  struct Picture {
    int64_t width = 0;
    int64_t height = 0;
    std::vector<uint8_t> rgb;
  };
  struct Question {
    size_t picture = 0;
    int64_t remaining = 0;        // questions on this picture after this one
    std::vector<int32_t> tokens;  // kImageSlot where the picture stands
  };
  std::vector<Picture> pictures;
  std::vector<Question> questions;
  int64_t answer_tokens = 3;

  /// Question `i`. Pictures of two rounds count as different ones: nothing of an earlier round is found in a cache.
  Request request(size_t i, int64_t round) const;
};

/// `pictures` pictures of width x height. Picture p has per_picture[p % size] questions: 36 ids (the same in all), the
/// picture, 25 to 35 ids.
RequestSet make_request_set(const ModelConfig& config, int64_t pictures, const std::vector<int64_t>& per_picture,
                            int64_t width, int64_t height);

/// requests.json (questions; a picture's place is an id of kImageSlot, `imageTokens` its vectors, `size` its height and
/// width), pictures.safetensors ("0", "1", ...: u8 [height, width, 3]), and for programs that do not cut pictures
/// themselves tiles.safetensors (u8 [tiles, 3, side, side]).
void write_request_set(const std::string& folder, const RequestSet& set, const ModelConfig& config);
RequestSet read_request_set(const std::string& folder);

/// A picture of smooth shapes and noise.
std::vector<uint8_t> drawn_picture(int64_t width, int64_t height, uint64_t seed);

/// Writes one float32 matrix as the only tensor `name` of a safetensors file.
void write_matrix(const std::string& path, const std::string& name, const std::vector<std::vector<float>>& rows);

}  // namespace llava
