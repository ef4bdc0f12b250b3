#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/engine.h"

namespace llava {

/// Questions on drawn images, as an evaluation asks them: the questions of an image follow each other. Ids and
/// pixels are functions of their numbers, so that another program can be asked the same.
struct RequestSet {
  struct Image {
    int64_t width = 0;
    int64_t height = 0;
    std::vector<uint8_t> rgb;
  };
  struct Question {
    size_t image = 0;
    int64_t remaining = 0;        // questions on this image after this one
    std::vector<int32_t> tokens;  // kImageSlot where the image stands
  };
  std::vector<Image> images;
  std::vector<Question> questions;
  int64_t answer_tokens = 3;

  /// Question `i`. Images of two rounds count as different ones: nothing of an earlier round is found in a cache.
  Request request(size_t i, int64_t round) const;
};

/// `images` images of width x height. Image p has per_image[p % size] questions: 36 ids (the same in all), the
/// image, 25 to 35 ids.
RequestSet make_request_set(const ModelConfig& config, int64_t images, const std::vector<int64_t>& per_image,
                            int64_t width, int64_t height);

/// requests.json (questions; an image's place is an id of kImageSlot, `imageTokens` its vectors, `size` its height and
/// width), images.safetensors ("0", "1", ...: u8 [height, width, 3]), and for programs that do not cut images
/// themselves tiles.safetensors (u8 [tiles, 3, side, side]).
void write_request_set(const std::string& folder, const RequestSet& set, const ModelConfig& config);
RequestSet read_request_set(const std::string& folder);

/// An image of smooth shapes and noise.
std::vector<uint8_t> drawn_image(int64_t width, int64_t height, uint64_t seed);

/// Writes one float32 matrix as the only tensor `name` of a safetensors file.
void write_matrix(const std::string& path, const std::string& name, const std::vector<std::vector<float>>& rows);

}  // namespace llava
