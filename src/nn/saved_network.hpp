#pragma once
/// Networks as plain, versioned data: a text header that a person can read, then numbers, then a checksum. Nothing in
/// it is ever executed.
///
///   hillock-network 1                 format and its version
///   kind nsf                          fields: a word, a blank, the rest of the line
///   seed 7
///   array weights float32 2 3         arrays: name, type (float32 or float64), sizes
///   end
///   ... the numbers, little-endian, array by array; 8 bytes: FNV-1a of everything before them

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "nn/densities.hpp"

namespace hillock::nn {

struct NamedArray {
  std::string name;                ///< a word
  std::vector<std::size_t> sizes;  ///< row-major; their product is the number of values
  std::variant<std::vector<float>, std::vector<double>> values;
};

struct SavedNetwork {
  std::map<std::string, std::string> fields;  ///< by words, of one line each; not "array" and not "end"
  std::vector<NamedArray> arrays;             ///< names differ
};

/// Null, nothing: there is none of that name; or, of a field, no whole number.
[[nodiscard]] const NamedArray* find_array(const SavedNetwork& network, std::string_view name);
[[nodiscard]] std::optional<std::uint64_t> whole_field(const SavedNetwork& network, const std::string& name);

/// A network whose fields, names or sizes cannot be written is a bug of the caller's.
[[nodiscard]] std::string to_bytes(const SavedNetwork& network);

/// @param where  what the bytes are called in errors (a path)
/// Errors: "not-a-network" (wrong beginning), "network-version" (of a later Hillock), "network-damaged" (truncated,
/// sizes that do not fit, another checksum), "network-not-finite" (a number that no training gives).
[[nodiscard]] Result<SavedNetwork> network_from_bytes(std::string_view bytes, const std::string& where);

/// A density with the parameters of the members of its ensemble.
struct SavedDensity {
  std::string kind;  ///< of densities.hpp
  DensityShape shape;
  std::vector<std::vector<float>> members;
};

/// The fields kind, shape and the arrays member-0, member-1, ... Others may be added: they are left alone.
void put_density(SavedNetwork& network, const SavedDensity& density);

struct LoadedDensity {
  std::string kind;
  DensityShape shape;
  std::unique_ptr<ConditionalDensity> density;
  std::vector<std::vector<float>> members;  ///< as many parameters as the density's tape has
};

/// Errors: "network-field" (missing, or no number), those of make_density, "network-damaged" (no member, or another
/// number of parameters than the shape has).
[[nodiscard]] Result<LoadedDensity> get_density(const SavedNetwork& network, const std::string& where);

}  // namespace hillock::nn
