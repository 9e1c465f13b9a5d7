/// librsvg 2.46 or later with cairo, by their C interface. The declarations are of functions whose ABI these libraries
/// keep (their sonames say so): https://gnome.pages.gitlab.gnome.org/librsvg/Rsvg-2.0,
/// https://www.cairographics.org/manual.

#include "report/raster.hpp"

#include <dlfcn.h>
#include <sys/types.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <memory>

namespace hillock::report {
namespace {

struct GlibError {
  std::uint32_t domain;
  int code;
  char* message;
};
struct Viewport {
  double x, y, width, height;
};

/// What is used of the libraries; opened once, never closed.
class Libraries {
 public:
  static const Libraries& loaded() {
    static const Libraries it;
    return it;
  }
  [[nodiscard]] bool complete() const { return complete_; }
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

  void* (*rsvg_handle_new_from_data)(const std::uint8_t*, std::size_t, GlibError**) = nullptr;
  int (*rsvg_handle_render_document)(void*, void*, const Viewport*, GlibError**) = nullptr;
  void (*g_object_unref)(void*) = nullptr;
  void (*g_error_free)(GlibError*) = nullptr;
  void* (*cairo_image_surface_create)(int, int, int) = nullptr;
  int (*cairo_surface_status)(void*) = nullptr;
  void* (*cairo_create)(void*) = nullptr;
  void (*cairo_destroy)(void*) = nullptr;
  void (*cairo_surface_destroy)(void*) = nullptr;
  int (*cairo_surface_write_to_png_stream)(void*, int (*)(void*, const unsigned char*, unsigned), void*) = nullptr;

 private:
  Libraries() {
    // Of a library the search goes on in those that it needs: cairo, GObject, GLib.
    void* library = dlopen("librsvg-2.so.2", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      trouble_ = dlerror();
      return;
    }
    complete_ = true;
    const auto take = [&](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
      if (function == nullptr) complete_ = false, trouble_ = std::string("librsvg has no ") + name;
    };
    take(rsvg_handle_new_from_data, "rsvg_handle_new_from_data");
    take(rsvg_handle_render_document, "rsvg_handle_render_document");
    take(g_object_unref, "g_object_unref");
    take(g_error_free, "g_error_free");
    take(cairo_image_surface_create, "cairo_image_surface_create");
    take(cairo_surface_status, "cairo_surface_status");
    take(cairo_create, "cairo_create");
    take(cairo_destroy, "cairo_destroy");
    take(cairo_surface_destroy, "cairo_surface_destroy");
    take(cairo_surface_write_to_png_stream, "cairo_surface_write_to_png_stream");
  }
  bool complete_ = false;
  std::string trouble_;
};

/// The number of an attribute of the outermost element: our drawings have width="720".
double attribute(std::string_view svg, std::string_view name) {
  const std::string_view element = svg.substr(0, svg.find('>'));
  const std::string key = " " + std::string(name) + "=\"";
  const std::size_t at = element.find(key);
  double value = 0.0;
  if (at != std::string_view::npos)
    std::from_chars(element.data() + at + key.size(), element.data() + element.size(), value);
  return value;
}

int append(void* out, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), length);
  return 0;  // CAIRO_STATUS_SUCCESS
}

Error absent(const std::string& why) {
  return {"png-absent",
          "pictures cannot be written as .png here: " + why,
          {},
          "--out",
          "--out picture.svg; on Debian: apt-get install librsvg2-2 fonts-dejavu-core"};
}

}  // namespace

Result<std::string> rasterise(std::string_view svg, double scale) {
  const double width = attribute(svg, "width"), height = attribute(svg, "height");
  HILLOCK_CHECK(width > 0.0 && height > 0.0 && scale > 0.0, "a drawing without a size");
  const Libraries& lib = Libraries::loaded();
  if (!lib.complete()) return fail(absent(lib.trouble()));

  GlibError* error = nullptr;
  const auto failed = [&](const char* what) {
    std::string why = what;
    if (error != nullptr) {
      why += std::string(": ") + error->message;
      lib.g_error_free(error);
    }
    return fail(absent(why));
  };
  const std::unique_ptr<void, void (*)(void*)> handle(
      lib.rsvg_handle_new_from_data(reinterpret_cast<const std::uint8_t*>(svg.data()), svg.size(), &error),
      lib.g_object_unref);
  if (!handle) return failed("librsvg does not read the drawing");
  const Viewport viewport{0.0, 0.0, std::round(width * scale), std::round(height * scale)};
  constexpr int with_alpha = 0;  // CAIRO_FORMAT_ARGB32
  const std::unique_ptr<void, void (*)(void*)> surface(
      lib.cairo_image_surface_create(with_alpha, static_cast<int>(viewport.width), static_cast<int>(viewport.height)),
      lib.cairo_surface_destroy);
  if (lib.cairo_surface_status(surface.get()) != 0) return failed("there is no room for so many pixels");
  {
    const std::unique_ptr<void, void (*)(void*)> pen(lib.cairo_create(surface.get()), lib.cairo_destroy);
    if (lib.rsvg_handle_render_document(handle.get(), pen.get(), &viewport, &error) == 0)
      return failed("librsvg could not draw");
  }
  std::string out;
  if (lib.cairo_surface_write_to_png_stream(surface.get(), append, &out) != 0)
    return failed("cairo could not write the pixels");
  return out;
}

}  // namespace hillock::report
