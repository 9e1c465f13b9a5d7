/// PNG files of drawings, read back with zlib.

#include "report/raster.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "report/picture.hpp"

namespace hillock::report {
namespace {

struct Pixels {
  std::size_t width = 0, height = 0;
  std::vector<unsigned char> rgba;
  [[nodiscard]] std::size_t like(int r, int g, int b) const {
    std::size_t n = 0;
    for (std::size_t i = 0; i < rgba.size(); i += 4)
      if (std::abs(rgba[i] - r) + std::abs(rgba[i + 1] - g) + std::abs(rgba[i + 2] - b) < 24) ++n;
    return n;
  }
};

/// 8-bit RGB or RGBA, not interlaced, as cairo writes it (ISO/IEC 15948, clauses 9 and 11).
Pixels read_png(const std::string& file) {
  const auto number = [&](std::size_t at) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < 4; ++i) n = n << 8U | static_cast<unsigned char>(file[at + i]);
    return n;
  };
  EXPECT_EQ(file.substr(0, 8), std::string("\x89PNG\r\n\x1a\n", 8));
  Pixels out{number(16), number(20), {}};
  const std::size_t samples = file[25] == 6 ? 4 : 3;
  EXPECT_EQ(file[24], 8);
  std::string packed;
  for (std::size_t at = 8; at + 8 <= file.size(); at += 12 + number(at))
    if (file.compare(at + 4, 4, "IDAT") == 0) packed += file.substr(at + 8, number(at));
  const std::size_t row = samples * out.width;
  std::vector<unsigned char> raw((row + 1) * out.height);
  uLongf size = raw.size();
  EXPECT_EQ(uncompress(raw.data(), &size, reinterpret_cast<const Bytef*>(packed.data()), packed.size()), Z_OK);
  std::vector<unsigned char> before(row), now(row);
  for (std::size_t y = 0; y < out.height; ++y) {
    const unsigned char* line = raw.data() + y * (row + 1);
    for (std::size_t i = 0; i < row; ++i) {
      const int a = i >= samples ? now[i - samples] : 0, b = before[i], c = i >= samples ? before[i - samples] : 0;
      const int pa = std::abs(b - c), pb = std::abs(a - c), pc = std::abs(a + b - 2 * c);
      const int paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      const int guess[] = {0, a, b, (a + b) / 2, paeth};
      now[i] = static_cast<unsigned char>(line[i + 1] + guess[line[0]]);
    }
    for (std::size_t i = 0; i < row; i += samples)
      out.rgba.insert(out.rgba.end(), {now[i], now[i + 1], now[i + 2], samples == 4 ? now[i + 3] : std::uint8_t{255}});
    std::swap(before, now);
  }
  return out;
}

Picture picture(std::string title) {
  Picture p{std::move(title), "time [ms]", {}, false, false, {{"v [mV]", {}}}, {}};
  for (int i = 0; i < 500; ++i) {
    p.x.push_back(i);
    p.lines[0].values.push_back(std::sin(0.05 * i));
  }
  return p;
}

TEST(Raster, IsTheDrawingWithItsText) {
  const auto png = rasterise(draw(picture("")));
  if (!png && png.error().front().code == "png-absent") {
    // A machine without the library is told so, and what to do.
    EXPECT_NE(png.error().front().hint.find("librsvg2-2"), std::string::npos);
    return;
  }
  ASSERT_TRUE(png.has_value());
  const Pixels pixels = read_png(*png);
  EXPECT_EQ(pixels.width, 1440U);  // two for each of 720
  EXPECT_EQ(pixels.height, 480U);
  EXPECT_GT(pixels.like(255, 255, 255), pixels.width * pixels.height / 2);
  EXPECT_GT(pixels.like(0x1f, 0x5f, 0xae), 2000U);  // the line's blue, over 1200 pixels at least two wide
  // A title is nothing but text: a hundred letters of some dozens of pixels.
  const auto titled = rasterise(draw(picture(std::string(100, 'M'))));
  ASSERT_TRUE(titled.has_value());
  EXPECT_GT(read_png(*titled).like(0x1b, 0x1f, 0x26), pixels.like(0x1b, 0x1f, 0x26) + 2000U);
  EXPECT_EQ(read_png(*rasterise(draw(picture("")), 1.0)).width, 720U);
}

TEST(Raster, WhatIsNoDrawingIsAnErrorOrABugOfOurs) {
  EXPECT_THROW((void)rasterise("<svg></svg>"), Bug);
  const auto broken = rasterise("<svg width=\"10\" height=\"10\"><unclosed></svg>");
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().front().code, "png-absent");
}

}  // namespace
}  // namespace hillock::report
