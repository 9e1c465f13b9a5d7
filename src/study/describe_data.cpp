#include "study/describe_data.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>

#include "io/recording_reader.hpp"
#include "study/toml.hpp"

namespace hillock::study {
namespace {

struct Described {
  const data::Array* array = nullptr;
  std::optional<units::Unit> unit;
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = low;
  std::size_t not_finite = 0;
  double repeats = 0.0;  ///< share of the samples that equal the one before: high for a command, low for a recording
};

Described describe(const data::Array& array) {
  Described out;
  out.array = &array;
  out.unit = data::unit_from_name(array.name);
  std::size_t same = 0;
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    const double value = array.values[i];
    if (!std::isfinite(value)) {
      ++out.not_finite;
      continue;
    }
    out.low = std::isnan(out.low) ? value : std::min(out.low, value);
    out.high = std::isnan(out.high) ? value : std::max(out.high, value);
    if (i > 0 && array.values[i - 1] == value) ++same;
  }
  if (array.values.size() > 1) out.repeats = static_cast<double>(same) / static_cast<double>(array.values.size() - 1);
  return out;
}

std::string shape_text(const data::Array& array) {
  if (array.values.size() == 1) return "1";
  std::string out;
  for (const std::size_t n : array.shape) out += (out.empty() ? "" : " x ") + std::to_string(n);
  return out.empty() ? "1" : out;
}

/// "voltage" for voltage_mV, made into a name that a model may use.
std::string model_name(const Described& item) {
  std::string name = item.array->name;
  if (const std::size_t cut = name.rfind('_'); item.unit && cut != std::string::npos && cut > 0)
    name = name.substr(0, cut);
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0 ? "x_" + name : name;
}

struct Timing {
  const Described* time = nullptr;
  std::optional<double> interval;  ///< seconds
  std::string trouble;
};

Timing timing_of(const std::vector<Described>& items) {
  Timing out;
  for (const Described& item : items)
    if (item.array->name.starts_with("time") && item.array->values.size() > 1 && out.time == nullptr) out.time = &item;
  if (out.time == nullptr || !out.time->unit) return out;
  data::Sweep sweep;
  for (const double value : out.time->array->values) sweep.time.push_back(out.time->unit->to_si(value));
  const auto interval = data::sampling_interval(sweep);
  if (interval) out.interval = *interval;
  else out.trouble = interval.error().front().message;
  return out;
}

std::string study_lines(const std::vector<Described>& items, const Timing& timing, const std::string& path) {
  std::string out = fmt::format("[data.train]\nfile = {}\n", toml_quoted(path));
  const auto reference = [](const Described& item) {
    return item.unit ? toml_quoted(item.array->name)
                     : fmt::format("{{ array = {}, unit = \"?\" }}", toml_quoted(item.array->name));
  };
  const auto times =
      std::ranges::count_if(items, [](const Described& item) { return item.array->name.starts_with("time"); });
  if (timing.time == nullptr) out += "sampling_interval = \"?\"\n";
  else if (times > 1) out += fmt::format("time = {}\n", toml_quoted(timing.time->array->name));
  if (timing.time != nullptr && !timing.time->unit) out += "time_unit = \"?\"\n";
  for (const Described& item : items) {
    if (&item == timing.time) continue;
    const std::string key = toml_key(model_name(item));
    constexpr double command_like = 0.05;
    if (item.array->values.size() == 1) out += fmt::format("const.{} = {}\n", key, reference(item));
    else if (item.array->shape.size() != 1)
      out += fmt::format("# {} has {} dimensions\n", item.array->name, item.array->shape.size());
    else out += fmt::format("{}.{} = {}\n", item.repeats > command_like ? "input" : "observe", key, reference(item));
  }
  return out;
}

}  // namespace

Answer describe_arrays(const data::ArrayFile& file, const std::string& path) {
  std::vector<Described> items;
  for (const data::Array& array : file.arrays) items.push_back(describe(array));
  const Timing timing = timing_of(items);

  std::size_t name_width = 4, shape_width = 1, unit_width = 1;
  for (const Described& item : items) {
    name_width = std::max(name_width, item.array->name.size());
    shape_width = std::max(shape_width, shape_text(*item.array).size());
    unit_width = std::max(unit_width, item.unit ? item.unit->name.size() : 1);
  }
  Answer answer;
  answer.text = fmt::format("{}  ({} arrays, sha256 {}...)\n", path, items.size(), file.sha256.substr(0, 12));
  nlohmann::ordered_json json{{"file", path}, {"sha256", file.sha256}, {"arrays", nlohmann::json::array()}};
  for (const Described& item : items) {
    std::string range = std::isnan(item.low)    ? "no numbers"
                        : item.low == item.high ? fmt::format("{:.6g}", item.low)
                                                : fmt::format("{:.6g} to {:.6g}", item.low, item.high);
    if (&item == timing.time && timing.interval)
      range += fmt::format(", every {:.6g} {}", item.unit->from_si(*timing.interval), item.unit->name);
    if (&item == timing.time && !timing.trouble.empty()) range += "; " + timing.trouble;
    if (item.not_finite > 0) range += fmt::format("; {} not finite", item.not_finite);
    answer.text += fmt::format("  {:<{}}  {:>{}}  {:<{}}  {}\n", item.array->name, name_width, shape_text(*item.array),
                               shape_width, item.unit ? item.unit->name : "?", unit_width, range);
    nlohmann::ordered_json row{{"name", item.array->name}, {"shape", item.array->shape}};
    row["unit"] = item.unit ? nlohmann::ordered_json(item.unit->name) : nlohmann::ordered_json(nullptr);
    row["min"] = std::isnan(item.low) ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(item.low);
    row["max"] = std::isnan(item.high) ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(item.high);
    row["not_finite"] = item.not_finite;
    json["arrays"].push_back(row);
  }
  json["sampling_interval_s"] =
      timing.interval ? nlohmann::ordered_json(*timing.interval) : nlohmann::ordered_json(nullptr);
  const std::string lines = study_lines(items, timing, path);
  json["study"] = lines;
  answer.text += "\nIn a study (the names before = are the model's; replace each \"?\"):\n\n" + lines;
  answer.json = json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return answer;
}

Result<Answer> describe_data(const std::string& path) {
  const auto file = io::read_arrays(path);
  if (!file) return std::unexpected(file.error());
  return describe_arrays(*file, path);
}

}  // namespace hillock::study
