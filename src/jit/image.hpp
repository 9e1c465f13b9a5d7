#pragma once
/// Machine code that runs wherever it is put: text and constants in one piece, every reference relative.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace hillock::jit {

struct Image {
  std::string bytes;        ///< as in memory, from the beginning of a page
  std::uint64_t entry = 0;  ///< where the function begins, in `bytes`
};

/// An Image as bytes and back. Nothing where the bytes are no image.
[[nodiscard]] std::string to_bytes(const Image& image);
[[nodiscard]] std::optional<Image> image_from(std::string_view bytes);

/// An Image in pages that can be run and not be written.
class LoadedImage {
 public:
  /// Null where the system gives no such pages.
  [[nodiscard]] static std::unique_ptr<LoadedImage> load(const Image& image);
  LoadedImage(const LoadedImage&) = delete;
  LoadedImage& operator=(const LoadedImage&) = delete;
  ~LoadedImage();
  [[nodiscard]] const void* entry() const;

 private:
  LoadedImage(void* pages, std::size_t size, std::uint64_t entry) : pages_(pages), size_(size), entry_(entry) {}
  void* pages_;
  std::size_t size_;
  std::uint64_t entry_;
};

}  // namespace hillock::jit
