#include "io/netcdf/netcdf.hpp"

#include <fmt/format.h>
#include <netcdf.h>
#include <netcdf_mem.h>

#include <cstdlib>
#include <map>
#include <mutex>

#include "io/whole_file.hpp"

namespace hillock::io::netcdf {
namespace {

void must(int status, const std::string& what) {
  HILLOCK_CHECK(status == NC_NOERR, fmt::format("netCDF: {}: {}", what, nc_strerror(status)));
}

struct Known {
  int id = 0;
  std::size_t size = 0;
};
using Dimensions = std::map<std::string, Known>;  // those of the group and of the groups above it

void write_attribute(int group, int variable, const Attribute& attribute) {
  const char* name = attribute.name.c_str();
  int status = NC_NOERR;
  if (const auto* text = std::get_if<std::string>(&attribute.value)) {
    status = nc_put_att_text(group, variable, name, text->size(), text->c_str());
  } else if (const auto* real = std::get_if<double>(&attribute.value)) {
    status = nc_put_att_double(group, variable, name, NC_DOUBLE, 1, real);
  } else if (const auto* integer = std::get_if<std::int64_t>(&attribute.value)) {
    const long long value = *integer;
    status = nc_put_att_longlong(group, variable, name, NC_INT64, 1, &value);
  } else {
    const auto& list = std::get<std::vector<double>>(attribute.value);
    status = nc_put_att_double(group, variable, name, NC_DOUBLE, list.size(), list.data());
  }
  must(status, "attribute " + attribute.name);
}

void write_variable(int group, const Dimensions& dimensions, const Variable& variable) {
  std::vector<int> ids;
  std::size_t count = 1;
  for (const std::string& name : variable.dims) {
    const auto found = dimensions.find(name);
    HILLOCK_CHECK(found != dimensions.end(),
                  fmt::format("variable {} has the unknown dimension {}", variable.name, name));
    ids.push_back(found->second.id);
    count *= found->second.size;
  }
  const std::size_t values = std::visit([](const auto& list) { return list.size(); }, variable.values);
  HILLOCK_CHECK(values == count, fmt::format("variable {} has {} values, its shape {}", variable.name, values, count));

  const auto* reals = std::get_if<std::vector<double>>(&variable.values);
  const auto* integers = std::get_if<std::vector<std::int64_t>>(&variable.values);
  const nc_type type = reals != nullptr ? NC_DOUBLE : integers != nullptr ? NC_INT64 : NC_STRING;
  int id = 0;
  must(nc_def_var(group, variable.name.c_str(), type, static_cast<int>(ids.size()), ids.data(), &id),
       "variable " + variable.name);
  if (type != NC_STRING && !ids.empty()) must(nc_def_var_deflate(group, id, 1, 1, 4), "deflate");
  for (const Attribute& attribute : variable.attrs) write_attribute(group, id, attribute);
  if (reals != nullptr) {
    must(nc_put_var_double(group, id, reals->data()), "values of " + variable.name);
  } else if (integers != nullptr) {
    const std::vector<long long> wide(integers->begin(), integers->end());
    must(nc_put_var_longlong(group, id, wide.data()), "values of " + variable.name);
  } else {
    std::vector<const char*> texts;
    for (const std::string& text : std::get<std::vector<std::string>>(variable.values)) texts.push_back(text.c_str());
    must(nc_put_var_string(group, id, texts.data()), "values of " + variable.name);
  }
}

void write_group(int id, const Group& group, Dimensions dimensions) {
  for (const Dimension& dimension : group.dims) {
    HILLOCK_CHECK(dimension.size > 0, "the dimension " + dimension.name + " is empty");
    Known known{0, dimension.size};
    must(nc_def_dim(id, dimension.name.c_str(), dimension.size, &known.id), "dimension " + dimension.name);
    dimensions[dimension.name] = known;
  }
  for (const Attribute& attribute : group.attrs) write_attribute(id, NC_GLOBAL, attribute);
  for (const Variable& variable : group.vars) write_variable(id, dimensions, variable);
  for (const Group& child : group.groups) {
    int child_id = 0;
    must(nc_def_grp(id, child.name.c_str(), &child_id), "group " + child.name);
    write_group(child_id, child, dimensions);
  }
}

}  // namespace

std::string format(const Group& root) {
  static std::mutex one_at_a_time;  // netCDF and HDF5 are not thread-safe
  const std::lock_guard lock(one_at_a_time);
  int id = 0;
  // The file is made in memory: HDF5 cannot say "disk full", write_whole can.
  must(nc_create_mem("hillock", NC_NETCDF4, std::size_t{1} << 16U, &id), "create");
  NC_memio memory{};
  try {
    write_group(id, root, {});
  } catch (...) {
    nc_abort(id);
    throw;
  }
  must(nc_close_memio(id, &memory), "close");
  std::string bytes(static_cast<const char*>(memory.memory), memory.size);
  std::free(memory.memory);
  return bytes;
}

Result<void> write(const std::string& path, const Group& root) { return write_whole(path, format(root)); }

}  // namespace hillock::io::netcdf
