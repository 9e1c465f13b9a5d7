#include "study/picture_file.hpp"

#include "io/whole_file.hpp"
#include "report/raster.hpp"

namespace hillock::study {

bool is_picture(std::string_view path) { return path.ends_with(".svg") || path.ends_with(".png"); }

Result<void> write_picture(const std::string& path, const report::Picture& picture) {
  const std::string svg = report::draw(picture);
  if (!path.ends_with(".png")) return io::write_whole(path, svg);
  auto png = report::rasterise(svg);
  if (!png) return fail(std::move(png.error()));
  return io::write_whole(path, *png);
}

}  // namespace hillock::study
