#include "io/npz/npz.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "io/npy/npy.hpp"
#include "io/sha256.hpp"
#include "io/test/temporary_folder.hpp"

namespace hillock::io {
namespace {

using test::get;
using test::put;
using test::python;
using test::TemporaryFolder;

const std::vector<data::Array>& arrays() {
  static const std::vector<data::Array> list{{"time_ms", {3}, {0, 0.1, 0.2}}, {"temperature_C", {}, {21.3}}};
  return list;
}

std::string code_of(const std::string& bytes) {
  const auto file = parse_npz(bytes, "f.npz");
  return file ? "" : file.error().at(0).code;
}

TEST(Npz, RoundTripIsExactAndTheBytesAreTheSameEveryTime) {
  const TemporaryFolder folder;
  ASSERT_TRUE(write_npz(folder / "a.npz", arrays()).has_value());
  const auto file = read_npz(folder / "a.npz");
  ASSERT_TRUE(file.has_value()) << render(file.error());
  EXPECT_EQ(file->path, folder / "a.npz");
  EXPECT_EQ(file->sha256, sha256(get(folder / "a.npz")));
  EXPECT_EQ(file->names(), (std::vector<std::string>{"time_ms", "temperature_C"}));
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(file->arrays[i].shape, arrays()[i].shape);
    EXPECT_EQ(file->arrays[i].values, arrays()[i].values);
  }
  ::usleep(2'100'000);  // zip times count in steps of two seconds
  EXPECT_EQ(format_npz(arrays()), get(folder / "a.npz"));
}

TEST(Npz, AgreesWithNumpy) {
  const TemporaryFolder folder;
  ASSERT_EQ(python(folder, R"(
import numpy as np
d = dict(f=np.arange(1000, dtype='>f4') / 3, i=np.asfortranarray(np.arange(6, dtype='i2').reshape(2,3)), s=np.float64(21.3))
np.savez('stored.npz', **d)
np.savez_compressed('deflated.npz', **d)
np.savez('none.npz')
np.savez_compressed('zeros.npz', x=np.zeros(2_000_000))
)"),
            0)
      << HILLOCK_PYTHON " with numpy is needed: python3-numpy";
  for (const char* name : {"stored.npz", "deflated.npz"}) {
    const auto file = read_npz(folder / name);
    ASSERT_TRUE(file.has_value()) << render(file.error());
    ASSERT_EQ(file->names(), (std::vector<std::string>{"f", "i", "s"}));
    for (std::size_t i = 0; i < 1000; ++i)
      ASSERT_EQ(file->arrays[0].values[i], static_cast<double>(static_cast<float>(i) / 3.0F));
    EXPECT_EQ(file->arrays[1].values, (std::vector<double>{0, 1, 2, 3, 4, 5}));
    EXPECT_TRUE(file->arrays[2].shape.empty());
    EXPECT_EQ(file->arrays[2].values[0], 21.3);
  }
  EXPECT_EQ(read_npz(folder / "none.npz").error().at(0).code, "npz-empty");
  // A thousandfold compression of 16 MB is honest data.
  ASSERT_TRUE(read_npz(folder / "zeros.npz").has_value());
  EXPECT_EQ(read_npz(folder / "zeros.npz")->arrays[0].values.size(), 2'000'000U);

  ASSERT_TRUE(write_npz(folder / "ours.npz", arrays()).has_value());
  EXPECT_EQ(python(folder, R"(
import numpy as np
with np.load('ours.npz', allow_pickle=False) as d:
    assert list(d) == ['time_ms', 'temperature_C'] and (d['time_ms'] == [0, .1, .2]).all() and d['temperature_C'] == 21.3
)"),
            0);
}

TEST(Npz, AllBadArraysAreNamedAtOnce) {
  const TemporaryFolder folder;
  ASSERT_EQ(python(folder, R"(
import numpy as np
np.savez('bad.npz', good=np.arange(3.0), spikes=np.array([[1], [1, 2]], dtype=object), z=np.zeros(2, complex))
)"),
            0);
  const auto file = read_npz(folder / "bad.npz");
  ASSERT_FALSE(file.has_value());
  ASSERT_EQ(file.error().size(), 2U);
  EXPECT_EQ(file.error()[0].code, "npy-objects");
  EXPECT_NE(file.error()[0].message.find("'spikes'"), std::string::npos);
  EXPECT_EQ(file.error()[1].code, "npy-complex");
  EXPECT_NE(file.error()[1].message.find("'z'"), std::string::npos);
}

TEST(Npz, WhatIsNotAnNpz) {
  EXPECT_EQ(
      render(parse_npz("", "f.npz").error()),
      "f.npz: error: 'f.npz' is empty: it holds no bytes at all [file-empty]\n    try: copy or write the file again\n");
  EXPECT_EQ(
      render(parse_npz("time,V\n0,-80\n", "f.npz").error()),
      "f.npz: error: 'f.npz' is no .npz: a zip archive is expected, it begins with 'time,V\\x0a0,-80' [npz-not-zip]\n"
      "    try: write it with numpy.savez; a single array (numpy.save) is a .npy\n");
  EXPECT_EQ(code_of(format_npy(arrays()[0])), "npz-not-zip");
  EXPECT_EQ(code_of(format_npz({})), "npz-empty");
  const TemporaryFolder folder;
  EXPECT_EQ(read_npz(folder / "no.npz").error().at(0).code, "file-missing");
}

TEST(Npz, CutOffAtEveryByteIsAnError) {
  const std::string whole = format_npz(arrays());
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_NE(code_of(whole.substr(0, size)), "") << size;
  EXPECT_EQ(code_of(whole.substr(0, whole.size() / 2)), "npz-truncated");
}

// Each byte in turn set to other values: never a crash; and numbers never change silently (the checksum of each
// member).
TEST(Npz, AChangedByteIsAnErrorOrChangesNoNumber) {
  const std::string whole = format_npz(arrays());
  const auto good = parse_npz(whole, "f.npz");
  ASSERT_TRUE(good.has_value());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ flip);
      const auto file = parse_npz(bytes, "f.npz");
      if (!file) continue;
      for (const data::Array& array : file->arrays) {
        const data::Array* original = good->find(array.name);
        if (original != nullptr) {  // its name may be what changed
          EXPECT_EQ(array.values, original->values) << at;
        }
      }
    }
  }
}

// The local header and the central directory of a zip hold a member's size at fixed places.
void set_size(std::string& bytes, std::uint32_t size) {
  const std::size_t central = bytes.find("PK\x01\x02");
  ASSERT_NE(central, std::string::npos);
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[22 + i] = static_cast<char>((size >> (8 * i)) & 0xFFU);
    bytes[central + 24 + i] = static_cast<char>((size >> (8 * i)) & 0xFFU);
  }
}

TEST(Npz, ABombIsRefusedBeforeItIsUnpacked) {
  std::string bytes = format_npz({{"x", {1000}, std::vector<double>(1000)}});
  set_size(bytes, 0xFFFFFF00U);
  const auto file = parse_npz(bytes, "f.npz");
  ASSERT_FALSE(file.has_value());
  EXPECT_EQ(file.error().at(0).code, "npz-too-large");
  EXPECT_NE(file.error().at(0).message.find("claims to unpack to 4294967040 bytes"), std::string::npos)
      << file.error().at(0).message;
}

TEST(Npz, ASizeThatIsNotTheMembersIsDamage) {
  std::string longer = format_npz({{"x", {1000}, std::vector<double>(1000)}});
  std::string shorter = longer;
  set_size(longer, 100'000'000U);
  EXPECT_EQ(code_of(longer), "npz-damaged");
  set_size(shorter, 100U);
  EXPECT_EQ(code_of(shorter), "npz-damaged");
}

TEST(Npz, AnUnknownCompressionAndEncryptionAreNamed) {
  const TemporaryFolder folder;
  ASSERT_EQ(python(folder, R"(
import zipfile, numpy as np
np.save('x.npy', np.arange(3.0))
b = bytearray()
with zipfile.ZipFile('z.zip', 'w') as z: z.write('x.npy')
b = bytearray(open('z.zip', 'rb').read())
c = b.index(b'PK\x01\x02')
m = bytearray(b); m[8] = 77; m[c + 10] = 77
open('method.npz', 'wb').write(m)
e = bytearray(b); e[6] |= 1; e[c + 8] |= 1
open('encrypted.npz', 'wb').write(e)
with zipfile.ZipFile('twice.npz', 'w') as z: z.write('x.npy'); z.write('x.npy')
with zipfile.ZipFile('other.npz', 'w') as z: z.writestr('readme.txt', 'no array')
)"),
            0);
  EXPECT_EQ(read_npz(folder / "method.npz").error().at(0).code, "npz-damaged");
  EXPECT_EQ(read_npz(folder / "encrypted.npz").error().at(0).code, "npz-damaged");
  EXPECT_EQ(read_npz(folder / "twice.npz").error().at(0).code, "npz-name-twice");
  EXPECT_EQ(read_npz(folder / "other.npz").error().at(0).code, "npz-empty");
}

TEST(Npz, ReadsTheHergRecordings) {
  const std::string path = HILLOCK_SHARED_DIR "/data/herg_voltage_clamp/cell_1_sine_wave.npz";
  if (::access(path.c_str(), R_OK) != 0) GTEST_SKIP() << "the shared recordings are not here: " << path;
  const auto file = read_npz(path);
  ASSERT_TRUE(file.has_value()) << render(file.error());
  ASSERT_NE(file->find("current_nA"), nullptr);
  EXPECT_EQ(file->find("current_nA")->values.size(), 80000U);
  EXPECT_EQ(file->find("voltage_mV")->values[2501], -120.0);
  EXPECT_EQ(file->find("voltage_mV")->values[2500], -80.0);
  EXPECT_EQ(file->find("temperature_C")->values, (std::vector<double>{21.3}));
}

}  // namespace
}  // namespace hillock::io
