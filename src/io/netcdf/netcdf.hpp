#pragma once
/// Writing NetCDF-4: a file as a tree of groups in memory, then on disk, whole.
///
/// The same tree gives the same bytes: no times are stored, and dimensions, variables and groups lie in the order of
/// the tree. ArviZ's InferenceData is such a tree with one group per kind of draws.

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"

namespace hillock::io::netcdf {

struct Attribute {
  std::string name;
  std::variant<std::string, double, std::int64_t, std::vector<double>> value;
};

struct Dimension {
  std::string name;
  std::size_t size = 0;  ///< at least 1
};

/// An array, row-major; its shape is that of its dimensions.
struct Variable {
  std::string name;
  std::vector<std::string> dims;  ///< names of dimensions of its group or of a group above; none: a scalar
  std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::string>> values;
  std::vector<Attribute> attrs;
};

struct Group {
  std::string name;  ///< not used for the root
  std::vector<Dimension> dims;
  std::vector<Variable> vars;
  std::vector<Attribute> attrs;
  std::vector<Group> groups;
};

/// The bytes of the file. Doubles and integers are deflated, with the shuffle filter. A tree that is not consistent (an
/// unknown dimension, a number of values that is not the shape's, a name twice, an empty dimension) is our bug.
[[nodiscard]] std::string format(const Group& root);

/// Writes the file by way of a temporary name. Error codes: those of `write_whole`.
[[nodiscard]] Result<void> write(const std::string& path, const Group& root);

}  // namespace hillock::io::netcdf
