#include "data/assemble.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace hillock::data {
namespace {

class Assembler {
 public:
  Assembler(const ArrayFile& file, const Assembly& assembly) : file_(file), assembly_(assembly) {}

  Result<Recording> run() {
    Recording out;
    out.source = file_.path;
    out.sha256 = file_.sha256;
    Sweep sweep;
    if (const Array* time = find_time()) read_time(*time, sweep);
    for (const Wanted& wanted : assembly_.channels) read_channel(wanted, sweep);
    for (const Wanted& wanted : assembly_.constants) read_constant(wanted, out);
    if (!errors_.empty()) return fail(std::move(errors_));
    out.sweeps.push_back(std::move(sweep));
    return out;
  }

 private:
  void say(std::string code, std::string message, std::string hint = {}) {
    errors_.push_back({std::move(code), std::move(message), std::nullopt, file_.path, std::move(hint)});
  }

  const Array* find(const std::string& name) {
    if (const Array* array = file_.find(name)) return array;
    const std::string near = nearest(name, file_.names());
    say("array-missing", fmt::format("there is no array '{}'; the file holds {}", name, fmt::join(file_.names(), ", ")),
        near.empty() ? "" : fmt::format("'{}'", near));
    return nullptr;
  }

  const Array* find_time() {
    if (!assembly_.time.empty()) return find(assembly_.time);
    std::vector<const Array*> candidates;
    for (const Array& array : file_.arrays)
      if (array.name == "time" || array.name.starts_with("time_")) candidates.push_back(&array);
    if (candidates.size() == 1) return candidates.front();
    say("time-missing",
        fmt::format("{} array is called time or time_<unit>; the file holds {}",
                    candidates.empty() ? "no" : "more than one", fmt::join(file_.names(), ", ")),
        "name the array of times");
    return nullptr;
  }

  std::optional<units::Unit> unit_of(const std::string& array, const std::optional<units::Unit>& given) {
    if (given) return given;
    if (std::optional<units::Unit> unit = unit_from_name(array)) return unit;
    say("unit-missing", fmt::format("array '{}' has no unit: its name does not end in _<unit>", array),
        "give the unit beside the array's name");
    return std::nullopt;
  }

  void read_time(const Array& array, Sweep& sweep) {
    if (array.shape.size() != 1) {
      say("array-dimensions",
          fmt::format("the time '{}' has {} dimensions; one is expected", array.name, array.shape.size()));
      return;
    }
    have_time_ = true;
    time_name_ = array.name;
    sweep.time = array.values;
    if (array.values.size() < 2)
      say("sweep-short",
          fmt::format("the time '{}' has {} samples; at least two are needed", array.name, array.values.size()));
    const std::optional<units::Unit> unit = unit_of(array.name, assembly_.time_unit);
    if (!unit) return;
    units::Dimension second;
    second.exponents[2] = 1.0;
    if (!(unit->dimension == second)) {
      say("unit-mismatch", fmt::format("the time '{}' is in {}, which is no unit of time", array.name, unit->name),
          "s, ms or us");
      return;
    }
    for (double& t : sweep.time) t = unit->to_si(t);
    time_unit_ = unit->name;
    for (std::size_t i = 0; i < array.values.size(); ++i) {
      if (!std::isfinite(array.values[i])) {
        say("not-a-number", fmt::format("the time '{}' is {} at sample {}", array.name, array.values[i], i));
        return;
      }
      if (i > 0 && !(array.values[i] > array.values[i - 1])) {
        say("time-not-increasing",
            fmt::format("the time '{}' does not increase from sample {} ({} {}) to sample {} ({} {})", array.name,
                        i - 1, array.values[i - 1], unit->name, i, array.values[i], unit->name),
            "one sweep per file, in order, without repeated times");
        return;
      }
    }
  }

  void check_finite(const Array& array) {
    const auto bad = [](double x) { return !std::isfinite(x); };
    const auto first = std::find_if(array.values.begin(), array.values.end(), bad);
    if (first == array.values.end()) return;
    const auto at = static_cast<std::size_t>(first - array.values.begin());
    const auto count = std::count_if(array.values.begin(), array.values.end(), bad);
    const Array* time = time_name_.empty() ? nullptr : file_.find(time_name_);
    const std::string when = time != nullptr && at < time->values.size() && !time_unit_.empty()
                                 ? fmt::format(" (at {} {})", time->values[at], time_unit_)
                                 : "";
    say("not-a-number",
        fmt::format("array '{}' is {} at sample {}{}; {} of its {} values are no numbers", array.name, *first, at, when,
                    count, array.values.size()),
        "cut or fill these samples before fitting");
  }

  void read_channel(const Wanted& wanted, Sweep& sweep) {
    const Array* array = find(wanted.array);
    if (array == nullptr) return;
    const std::optional<units::Unit> unit = unit_of(wanted.array, wanted.unit);
    if (array->shape.size() != 1) {
      say("array-dimensions",
          fmt::format("array '{}' has {} dimensions; a channel has one", array->name, array->shape.size()));
      return;
    }
    if (have_time_ && array->values.size() != sweep.time.size())
      say("array-length",
          fmt::format("array '{}' has {} values, the time '{}' has {}", array->name, array->values.size(), time_name_,
                      sweep.time.size()),
          "all channels and the time of a sweep have one value per sample");
    check_finite(*array);
    if (!unit) return;
    Channel channel{wanted.name, *unit, array->values};
    for (double& value : channel.values) value = unit->to_si(value);
    sweep.channels.push_back(std::move(channel));
  }

  void read_constant(const Wanted& wanted, Recording& out) {
    const Array* array = find(wanted.array);
    if (array == nullptr) return;
    const std::optional<units::Unit> unit = unit_of(wanted.array, wanted.unit);
    if (array->values.size() != 1) {
      say("constant-not-scalar",
          fmt::format("array '{}' has {} values; a constant has one", array->name, array->values.size()));
      return;
    }
    check_finite(*array);
    if (unit) out.constants[wanted.name] = unit->to_si(array->values.front());
  }

  const ArrayFile& file_;
  const Assembly& assembly_;
  Errors errors_;
  bool have_time_ = false;
  std::string time_name_;
  std::string time_unit_;
};

}  // namespace

Result<Recording> assemble(const ArrayFile& file, const Assembly& assembly) { return Assembler(file, assembly).run(); }

Result<Assembly> assembly_of_everything(const ArrayFile& file) {
  Assembly out;
  const Array* time = nullptr;
  for (const Array& array : file.arrays) {
    if (array.name != "time" && !array.name.starts_with("time_")) continue;
    if (time != nullptr) {
      time = nullptr;
      break;
    }
    time = &array;
  }
  if (time == nullptr)
    return fail("time-missing",
                fmt::format("not exactly one array is called time or time_<unit>; the file holds {}",
                            fmt::join(file.names(), ", ")),
                file.path, "name the array of times");
  out.time = time->name;
  for (const Array& array : file.arrays) {
    if (&array == time) continue;
    const std::optional<units::Unit> unit = unit_from_name(array.name);
    if (!unit) continue;
    const Wanted wanted{array.name.substr(0, array.name.rfind('_')), array.name, unit};
    if (array.shape.size() == 1 && array.values.size() == time->values.size()) out.channels.push_back(wanted);
    else if (array.values.size() == 1) out.constants.push_back(wanted);
  }
  return out;
}

}  // namespace hillock::data
