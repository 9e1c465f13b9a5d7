#include "io/recording_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>
#include <utility>

#include "io/csv/csv.hpp"
#include "io/npy/npy.hpp"
#include "io/npz/npz.hpp"
#include "io/sha256.hpp"
#include "io/whole_file.hpp"

namespace hillock::io {
namespace {

// Formats that we recognise and do not read, so that the message can name them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> recognised{{
    {"\x89HDF", "HDF5 (NWB, MATLAB 7.3 or NetCDF-4)"},
    {"MATLAB 5.0", "MATLAB"},
    {"CDF\x01", "NetCDF classic"},
    {"ABF", "Axon ABF"},
    {"\x1f\x8b", "gzip"},
    {"DATA", "HEKA"},
    {"DAT2", "HEKA"},
    {"%PDF", "PDF"},
}};

std::string extension_of(const std::string& path) {
  std::string out = std::filesystem::path(path).extension().string();
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

}  // namespace

Result<data::ArrayFile> read_arrays(const std::string& path) {
  const Result<std::string> bytes = read_whole(path, largest_input);
  if (!bytes) return fail(bytes.error());
  const std::string_view content = *bytes;
  const std::string extension = extension_of(path);
  const auto text = [](const std::string& name) {
    return name == ".csv" || name == ".tsv" || name == ".txt" || name == ".dat";
  };
  const auto as_npy = [&]() -> Result<data::ArrayFile> {
    Result<data::Array> array = parse_npy(content, std::filesystem::path(path).stem().string(), path);
    if (!array) return fail(std::move(array.error()));
    return data::ArrayFile{path, sha256(content), {std::move(*array)}};
  };

  if (content.starts_with("PK\x03\x04") || content.starts_with("PK\x05\x06")) return parse_npz(content, path);
  if (content.starts_with("\x93NUMPY")) return as_npy();
  for (const auto& [begin, name] : recognised)
    if (content.starts_with(begin) && !text(extension))
      return fail("format-unknown", fmt::format("'{}' is a file of the format {}, which is not read here", path, name),
                  path, "export it as .npz, .npy or .csv");
  if (extension == ".npz") return parse_npz(content, path);
  if (extension == ".npy") return as_npy();
  if (text(extension)) return parse_csv(content, path);
  return fail("format-unknown",
              fmt::format("'{}' is in no format that is read here: neither its content nor its ending '{}' says so",
                          path, extension),
              path, ".npz or .npy (numpy.savez, numpy.save), or a table as text: .csv, .tsv, .txt, .dat");
}

}  // namespace hillock::io
