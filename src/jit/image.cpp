#include "jit/image.hpp"

#include <sys/mman.h>

#include <cstring>

namespace hillock::jit {

std::string to_bytes(const Image& image) {
  std::string out(sizeof image.entry, '\0');
  std::memcpy(out.data(), &image.entry, sizeof image.entry);
  return out + image.bytes;
}

std::optional<Image> image_from(std::string_view bytes) {
  Image image;
  if (bytes.size() <= sizeof image.entry) return std::nullopt;
  std::memcpy(&image.entry, bytes.data(), sizeof image.entry);
  image.bytes = bytes.substr(sizeof image.entry);
  if (image.entry >= image.bytes.size()) return std::nullopt;
  return image;
}

std::unique_ptr<LoadedImage> LoadedImage::load(const Image& image) {
  const std::size_t size = image.bytes.size();
  void* pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return nullptr;
  std::memcpy(pages, image.bytes.data(), size);
  if (::mprotect(pages, size, PROT_READ | PROT_EXEC) != 0) {
    ::munmap(pages, size);
    return nullptr;
  }
  return std::unique_ptr<LoadedImage>(new LoadedImage(pages, size, image.entry));
}

LoadedImage::~LoadedImage() { ::munmap(pages_, size_); }

const void* LoadedImage::entry() const { return static_cast<const char*>(pages_) + entry_; }

}  // namespace hillock::jit
