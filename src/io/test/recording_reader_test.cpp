#include "io/recording_reader.hpp"

#include <gtest/gtest.h>

#include "io/npy/npy.hpp"
#include "io/npz/npz.hpp"
#include "io/sha256.hpp"
#include "io/test/temporary_folder.hpp"

namespace hillock::io {
namespace {

using test::put;
using test::TemporaryFolder;

std::string code_of(const std::string& path) {
  const auto file = read_arrays(path);
  return file ? "" : file.error().at(0).code;
}

TEST(ReadArrays, ChoosesByContentWhateverTheName) {
  const TemporaryFolder folder;
  const data::Array array{"V_mV", {2}, {1, 2}};
  put(folder / "a.npz", format_npz({array}));
  put(folder / "a.zip", format_npz({array}));
  put(folder / "V_mV.npy", format_npy(array));
  put(folder / "V_mV", format_npy(array));
  put(folder / "a.csv", "V (mV)\n1\n2\n");
  put(folder / "a.TXT", "V (mV)\n1\n2\n");
  for (const char* name : {"a.npz", "a.zip", "V_mV.npy", "V_mV", "a.csv", "a.TXT"}) {
    const auto file = read_arrays(folder / name);
    ASSERT_TRUE(file.has_value()) << render(file.error());
    ASSERT_EQ(file->names(), std::vector<std::string>{"V_mV"}) << name;
    EXPECT_EQ(file->arrays[0].values, (std::vector<double>{1, 2})) << name;
    EXPECT_EQ(file->path, folder / name);
    EXPECT_EQ(file->sha256, sha256(test::get(folder / name))) << name;
  }
}

TEST(ReadArrays, ANameThatPromisesAFormatGetsThatFormatsError) {
  const TemporaryFolder folder;
  put(folder / "a.npz", "no zip");
  put(folder / "a.npy", "no npy");
  put(folder / "empty.npz", "");
  put(folder / "empty.csv", "");
  EXPECT_EQ(code_of(folder / "a.npz"), "npz-not-zip");
  EXPECT_EQ(code_of(folder / "a.npy"), "npy-magic");
  EXPECT_EQ(code_of(folder / "empty.npz"), "file-empty");
  EXPECT_EQ(code_of(folder / "empty.csv"), "csv-empty");
  EXPECT_EQ(code_of(folder / "none.npz"), "file-missing");
  EXPECT_EQ(code_of(folder / "."), "file-unreadable");
}

TEST(ReadArrays, AnythingElseIsNamedWithWhatIsRead) {
  const TemporaryFolder folder;
  put(folder / "a.xyz", "hello");
  EXPECT_EQ(
      render(read_arrays(folder / "a.xyz").error()),
      folder / "a.xyz" + ": error: '" + folder / "a.xyz" +
          "' is in no format that is read here: neither its content nor its ending '.xyz' says so [format-unknown]\n"
          "    try: .npz or .npy (numpy.savez, numpy.save), or a table as text: .csv, .tsv, .txt, .dat\n");
  put(folder / "cell.nwb", "\x89HDF\r\n\x1a\n");
  EXPECT_EQ(
      render(read_arrays(folder / "cell.nwb").error()),
      folder / "cell.nwb" + ": error: '" + folder / "cell.nwb" +
          "' is a file of the format HDF5 (NWB, MATLAB 7.3 or NetCDF-4), which is not read here [format-unknown]\n"
          "    try: export it as .npz, .npy or .csv\n");
  put(folder / "a.abf", "ABF2");
  EXPECT_EQ(code_of(folder / "a.abf"), "format-unknown");
}

}  // namespace
}  // namespace hillock::io
