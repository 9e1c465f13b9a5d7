#include "io/npy/npy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "io/test/temporary_folder.hpp"

namespace hillock::io {
namespace {

using test::get;
using test::put;
using test::python;
using test::TemporaryFolder;

// A .npy of version 1.0 with this header text and payload.
std::string npy(const std::string& header, const std::string& payload = {}, char major = 1, char minor = 0) {
  std::string out("\x93NUMPY", 6);
  out += major;
  out += minor;
  const std::size_t bytes = major == 1 ? 2 : 4;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>((header.size() >> (8 * i)) & 0xFFU);
  return out + header + payload;
}
std::string header(const std::string& descr, const std::string& shape, const std::string& order = "False") {
  return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}
template <class T>
std::string raw(std::initializer_list<T> values) {
  std::string out;
  for (const T value : values) out.append(reinterpret_cast<const char*>(&value), sizeof value);
  return out;
}

std::string code_of(const std::string& bytes) {
  const auto array = parse_npy(bytes, "x", "f.npy");
  return array ? "" : array.error().at(0).code;
}
std::string text_of(const std::string& bytes) {
  const auto array = parse_npy(bytes, "x", "f.npy");
  return array ? "" : render(array.error());
}

TEST(Npy, RoundTripIsExact) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<data::Array> arrays{
      {"x", {}, {-1.5}},
      {"x", {0}, {}},
      {"x", {3}, {0.1, -0.0, std::numeric_limits<double>::denorm_min()}},
      {"x", {2, 3}, {1, 2, 3, 4, nan, HUGE_VAL}},
      {"x", {1, 1, 1, 2, 1}, {1e308, -1e-308}},
      {"x", {0, 4}, {}},
  };
  for (const data::Array& array : arrays) {
    const auto back = parse_npy(format_npy(array), "x", "f.npy");
    ASSERT_TRUE(back.has_value()) << render(back.error());
    EXPECT_EQ(back->shape, array.shape);
    ASSERT_EQ(back->values.size(), array.values.size());
    if (!array.values.empty()) {
      EXPECT_EQ(std::memcmp(back->values.data(), array.values.data(), 8 * array.values.size()), 0);
    }
  }
  EXPECT_THROW((void)format_npy({"x", {2}, {1.0}}), Bug);
}

// What numpy writes, in every type, both byte orders, both memory orders and all header versions; and numpy reads ours.
TEST(Npy, AgreesWithNumpy) {
  const TemporaryFolder folder;
  ASSERT_EQ(python(folder, R"(
import numpy as np
def version(name, a, v):
    with open(name, 'wb') as f: np.lib.format.write_array(f, a, version=v)
types = ['f2','f4','f8','i1','i2','i4','i8','u1','u2','u4','u8']
for t in types:
    for order, o in (('<','le'),('>','be')):
        a = np.arange(24).reshape(2,3,4).astype(order + t)
        if t[0] != 'u': a[0,1,2] = -7
        np.save(f'{t}_{o}_c.npy', a)
        np.save(f'{t}_{o}_f.npy', np.asfortranarray(a))
np.save('bool.npy', np.array([True, False, True]))
np.save('scalar.npy', np.float32(0.1))
np.save('empty.npy', np.zeros((0, 3)))
np.save('half.npy', np.array([0.0, -0.0, 65504, 6e-8, 6.1e-5, np.inf, -np.inf, np.nan, 1/3], '<f2'))
np.save('half_as_double.npy', np.load('half.npy').astype('f8'))
version('v1.npy', np.arange(3.0), (1,0)); version('v2.npy', np.arange(3.0), (2,0)); version('v3.npy', np.arange(3.0), (3,0))
np.save('exact.npy', np.array([2**53, -2**53], 'i8'))
)"),
            0)
      << HILLOCK_PYTHON " with numpy is needed: python3-numpy";
  int checked = 0;
  for (const std::string type : {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"}) {
    for (const std::string order : {"le", "be"}) {
      for (const std::string memory : {"c", "f"}) {
        std::string name = type;
        name += "_" + order + "_" + memory;
        const auto file = read_npy(folder / (name + ".npy"));
        ASSERT_TRUE(file.has_value()) << render(file.error());
        const data::Array& array = file->arrays.at(0);
        EXPECT_EQ(array.name, name);
        EXPECT_EQ(array.shape, (std::vector<std::size_t>{2, 3, 4}));
        for (std::size_t i = 0; i < 24; ++i)
          EXPECT_EQ(array.values[i], i == 6 && type[0] != 'u' ? -7.0 : static_cast<double>(i)) << name << " at " << i;
        ++checked;
      }
    }
  }
  EXPECT_EQ(checked, 44);
  EXPECT_EQ(read_npy(folder / "bool.npy")->arrays[0].values, (std::vector<double>{1, 0, 1}));
  EXPECT_EQ(read_npy(folder / "scalar.npy")->arrays[0].values, (std::vector<double>{static_cast<double>(0.1F)}));
  EXPECT_TRUE(read_npy(folder / "scalar.npy")->arrays[0].shape.empty());
  EXPECT_EQ(read_npy(folder / "empty.npy")->arrays[0].shape, (std::vector<std::size_t>{0, 3}));
  EXPECT_EQ(read_npy(folder / "exact.npy")->arrays[0].values, (std::vector<double>{0x1p53, -0x1p53}));
  for (const char* name : {"v1.npy", "v2.npy", "v3.npy"})
    EXPECT_EQ(read_npy(folder / name)->arrays.at(0).values, (std::vector<double>{0, 1, 2})) << name;
  const auto half = read_npy(folder / "half.npy")->arrays[0].values;
  const auto wide = read_npy(folder / "half_as_double.npy")->arrays[0].values;
  ASSERT_EQ(half.size(), wide.size());
  for (std::size_t i = 0; i < half.size(); ++i) {
    if (std::isnan(wide[i])) EXPECT_TRUE(std::isnan(half[i]));
    else EXPECT_EQ(half[i], wide[i]) << i;
    EXPECT_EQ(std::signbit(half[i]), std::signbit(wide[i])) << i;
  }

  ASSERT_TRUE(write_npy(folder / "ours.npy", {"ours", {2, 2}, {1, 2, 3, 0.1}}).has_value());
  ASSERT_TRUE(write_npy(folder / "ours_scalar.npy", {"s", {}, {4}}).has_value());
  EXPECT_EQ(python(folder, R"(
import numpy as np
a = np.load('ours.npy', allow_pickle=False)
assert a.dtype == '<f8' and (a == [[1, 2], [3, 0.1]]).all()
assert np.load('ours_scalar.npy').shape == ()
)"),
            0);
}

TEST(Npy, RefusesTypesThatAreNoRealNumbersWithAWayOut) {
  EXPECT_EQ(text_of(npy(header("'|O'", "(3,)"), "pickle")),
            "f.npy: error: array 'x' holds Python objects; only numbers are read, a pickle never [npy-objects]\n"
            "    try: numpy.asarray(x, dtype=float) before saving, and numpy.save(..., allow_pickle=False) to be told "
            "at once\n");
  EXPECT_EQ(text_of(npy(header("'<c16'", "(1,)"), std::string(16, '\0'))),
            "f.npy: error: array 'x' holds complex numbers ('<c16') [npy-complex]\n    try: save x.real and x.imag as "
            "two arrays\n");
  EXPECT_EQ(
      text_of(npy(header("'<f16'", "(1,)"), std::string(16, '\0'))),
      "f.npy: error: array 'x' holds long doubles ('<f16'), which differ from machine to machine [npy-longdouble]\n"
      "    try: x.astype('float64')\n");
  EXPECT_EQ(text_of(npy(header("[('t', '<f8'), ('v', '<f8', (3,))]", "(1,)"), std::string(32, '\0'))),
            "f.npy: error: array 'x' has a structured type (named fields); plain numbers are read [npy-structured]\n"
            "    try: save each field as an array of its own: numpy.savez(file, a=x['a'], b=x['b'])\n");
  EXPECT_EQ(code_of(npy(header("'<U4'", "(1,)"), std::string(16, 'a'))), "npy-text");
  EXPECT_EQ(code_of(npy(header("'|S4'", "(1,)"), "abcd")), "npy-text");
  EXPECT_EQ(code_of(npy(header("'<M8[ns]'", "(1,)"), std::string(8, 'a'))), "npy-dates");
  EXPECT_EQ(code_of(npy(header("'<m8[ms]'", "(1,)"), std::string(8, 'a'))), "npy-dates");
  EXPECT_EQ(code_of(npy(header("'|V8'", "(1,)"), std::string(8, 'a'))), "npy-structured");
  for (const char* descr : {"'<f3'", "'<i16'", "'f8'", "'|f8'", "''", "'<'", "'<f'", "'<f8x'", "'<b2'", "'?'"})
    EXPECT_EQ(code_of(npy(header(descr, "(0,)"))), "npy-header") << descr;
}

TEST(Npy, ALengthThatDisagreesWithTheShape) {
  const std::string eight = raw<double>({1.0});
  EXPECT_EQ(text_of(npy(header("'<f8'", "(2,)"), eight)),
            "f.npy: error: array 'x' is cut off: shape (2) of '<f8' needs 16 bytes, the file holds 8 [npy-truncated]\n"
            "    try: copy or write the file again\n");
  EXPECT_EQ(text_of(npy(header("'<f8'", "(0, 3)"), eight)),
            "f.npy: error: array 'x' has bytes left over: shape (0, 3) of '<f8' needs 0 bytes, the file holds 8 "
            "[npy-length]\n"
            "    try: one array per .npy; several go into one .npz by numpy.savez\n");
  EXPECT_EQ(code_of(npy(header("'<f8'", "()"), eight)), "");
}

TEST(Npy, SizesThatOverflowOrExceedTheFile) {
  EXPECT_EQ(code_of(npy(header("'<f8'", "(4294967296, 4294967296)"))), "npy-shape");
  EXPECT_EQ(code_of(npy(header("'<f8'", "(2305843009213693952,)"))), "npy-shape");  // 2^61 * 8 = 2^64
  EXPECT_EQ(code_of(npy(header("'|u1'", "(18446744073709551615,)"))), "npy-truncated");
  EXPECT_EQ(code_of(npy(header("'|u1'", "(18446744073709551616,)"))), "npy-header");
  EXPECT_EQ(code_of(npy(header("'<f8'", "(4294967296, 4294967296, 0)"))), "");  // empty, whatever the other sizes
  EXPECT_EQ(code_of(npy(header("'<f8'", "(-1,)"))), "npy-header");
  std::string many = "(";
  for (int i = 0; i < 65; ++i) many += "1,";
  EXPECT_EQ(code_of(npy(header("'<f8'", many + ")"), raw<double>({1.0}))), "npy-header");
}

TEST(Npy, IntegersBeyondTwoToThe53AreNotRounded) {
  EXPECT_EQ(text_of(npy(header("'<i8'", "(2,)"), raw<std::int64_t>({1, 9007199254740993}))),
            "f.npy: error: array 'x' holds 9007199254740993 at index 1; integers beyond 2^53 have no exact double "
            "[number-too-large]\n    try: subtract an offset before saving, as a time of day from a clock count\n");
  EXPECT_EQ(code_of(npy(header("'<i8'", "(1,)"), raw<std::int64_t>({INT64_MIN}))), "number-too-large");
  EXPECT_EQ(code_of(npy(header("'<i8'", "(1,)"), raw<std::int64_t>({INT64_MAX}))), "number-too-large");
  EXPECT_EQ(code_of(npy(header("'<u8'", "(1,)"), raw<std::uint64_t>({UINT64_MAX}))), "number-too-large");
  EXPECT_EQ(code_of(npy(header("'>u8'", "(1,)"), raw<std::uint64_t>({1}))), "number-too-large");  // 2^56, swapped
  EXPECT_EQ(code_of(npy(header("'<i8'", "(1,)"), raw<std::int64_t>({-9007199254740992}))), "");
}

TEST(Npy, WhatIsNotNpy) {
  EXPECT_EQ(text_of(""), "f.npy: error: array 'x' is empty: it holds no bytes at all [npy-empty]\n");
  EXPECT_EQ(text_of("time,voltage\n"),
            "f.npy: error: array 'x' is no .npy data: it does not begin with \\x93NUMPY [npy-magic]\n"
            "    try: write it with numpy.save or numpy.savez\n");
  EXPECT_EQ(code_of(npy(header("'<f8'", "(0,)"), "", 4)), "npy-version");
  EXPECT_EQ(code_of(npy(header("'<f8'", "(0,)"), "", 1, 1)), "npy-version");
  EXPECT_EQ(code_of(npy(header("'<f8'", "(0,)"), "", 0)), "npy-version");
}

TEST(Npy, HeadersThatNumpyDoesNotWrite) {
  const std::string good = "{'descr': '<f8', 'fortran_order': False, 'shape': (0,), }";
  EXPECT_EQ(code_of(npy(good)), "");
  EXPECT_EQ(code_of(npy("{\"shape\":(0L,),\"descr\":\"<f8\",\"fortran_order\":True}")), "");  // any order; Python 2
  for (const std::string& bad : std::vector<std::string>{
           "", "{", "{}", "[]", "{'descr': '<f8'}", "{'descr': '<f8', 'fortran_order': 0, 'shape': (0,)}",
           "{'descr': '<f8', 'fortran_order': False, 'shape': 3}",
           "{'descr': '<f8', 'fortran_order': False, 'shape': (0,)",
           "{'descr': '<f8', 'fortran_order': False, 'shape': (0,), 'x': 1}", good + good,
           "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (0,)}",
           "{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': (0,)}", std::string(40, '\0'),
           std::string(10000, '('), "{'descr': " + std::string(10000, '[')})
    EXPECT_EQ(code_of(npy(bad)), "npy-header") << bad.substr(0, 80);
  // A header that claims 4 GB.
  std::string huge("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12);
  EXPECT_EQ(code_of(huge), "npy-header");
}

TEST(Npy, CutOffAtEveryByteIsAnError) {
  const std::string whole = format_npy({"x", {2, 3}, {1, 2, 3, 4, 5, 6}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_npy(std::string_view(whole).substr(0, size), "x", "f.npy").has_value()) << size;
  EXPECT_EQ(code_of(whole.substr(0, 30)), "npy-truncated");
  EXPECT_EQ(code_of(whole.substr(0, whole.size() - 1)), "npy-truncated");
}

TEST(Npy, AMissingFile) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_npy(folder / "no.npy").error().at(0).code, "file-missing");
}

}  // namespace
}  // namespace hillock::io
