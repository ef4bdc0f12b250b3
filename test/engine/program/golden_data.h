#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/image/resize.h"
#include "support/json.h"
#include "support/safetensors.h"

namespace llava {

/// A case folder's expectations: JSON, tensors, and its images as decoded RGB.
class GoldenCase {
 public:
  /// @param folder the checkpoint   @param expected_folder where expected.* and the images lie (a sibling for native
  /// layouts)
  /// @param images safetensors file of decoded RGB, [h, w, 3] or [h, w] per file name; "" = images.safetensors of the
  /// folder
  GoldenCase(std::string folder, std::string expected_folder, std::string images);

  const std::string& folder() const { return folder_; }
  const Json& json() const { return json_; }
  const TensorStore& expected() const { return *expected_; }
  const TensorStore* alternative() const { return alternative_ ? &*alternative_ : nullptr; }
  ImageView image(const std::string& file) const;
  const std::map<std::string, Image>& images() const { return images_; }

 private:
  std::string folder_;
  Json json_;
  std::optional<TensorStore> expected_;
  std::optional<TensorStore> alternative_;
  std::map<std::string, Image> images_;
};

/// Decoded images of a safetensors file, grey ones replicated to RGB.
std::map<std::string, Image> read_images(const std::string& path);

/// "wide" for "wide.png".
std::string stem_of(const std::string& file);

/// Largest |a - b| of two float arrays; NaN when either holds one.
double largest_difference(const float* a, const float* b, size_t count);

}  // namespace llava
