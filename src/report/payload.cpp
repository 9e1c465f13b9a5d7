#include "report/payload.hpp"

#include <nlohmann/json.hpp>
#include <algorithm>
#include <bit>
#include <cmath>

#include "report/decimate.hpp"
#include "report/escape.hpp"
#include "report/pack.hpp"
#include "report/panel.hpp"

namespace hillock::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t most_points_of_all = 400'000;
constexpr std::size_t most_points_at_least = 20'000;

Json series(std::span<const double> values, const Levels& levels, std::span<const std::uint16_t> reference) {
  const Packed p = pack(quantise(values, levels), reference);
  return {{"offset", levels.offset},
          {"step", levels.step},
          {"order", p.order},
          {"relative", p.relative},
          {"packed", p.base64}};
}

/// Start and interval where the times are those of a grid to a thousandth of the interval, else the times themselves
/// (float64, little-endian, deflated).
Json times(std::span<const double> t) {
  if (t.size() >= 2) {
    const double dt = (t.back() - t.front()) / static_cast<double>(t.size() - 1);
    bool grid = dt > 0;
    for (std::size_t i = 0; i < t.size() && grid; ++i)
      grid = std::abs(t[i] - (t.front() + static_cast<double>(i) * dt)) <= 1e-3 * dt;
    if (grid) {
      // 0.1, not 0.09999999999999787: the interval to nine digits, where that moves no sample by a thousandth.
      const double scale = std::pow(10.0, 8 - std::floor(std::log10(dt)));
      const double rounded = std::round(dt * scale) / scale;
      const bool near = std::abs(rounded - dt) * static_cast<double>(t.size()) <= 1e-3 * dt;
      return {{"start", t.front()}, {"step", near ? rounded : dt}};
    }
  }
  std::vector<unsigned char> bytes;
  bytes.reserve(8 * t.size());
  for (const double v : t) {
    const auto bits = std::bit_cast<std::uint64_t>(v);
    for (unsigned shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<unsigned char>(bits >> shift));
  }
  return {{"packed", base64_encode(deflate_bytes(bytes))}};
}

bool same_as_difference(const DataSet& set) {
  if (set.residuals.empty() || set.observed.empty() || set.best.empty()) return set.residuals.empty();
  const Range range = range_of(set.observed);
  const double tolerance = range.empty() ? 0 : 1e-6 * (range.high - range.low);
  for (std::size_t i = 0; i < set.residuals.size(); ++i) {
    const double difference = set.observed[i] - set.best[i];
    if (std::isnan(difference) != std::isnan(set.residuals[i])) return false;
    if (std::abs(difference - set.residuals[i]) > tolerance) return false;
  }
  return true;
}

Json data_set(const DataSet& set, std::size_t most) {
  const std::size_t per_bin = bin_size(set.time_ms.size(), most);
  const auto bins = [&](const std::vector<double>& v) { return min_max_bins(v, per_bin); };
  const std::vector<double> t = bin_times(set.time_ms, per_bin);

  Json out = {{"n", t.size()}, {"binned", per_bin}, {"time", times(t)}};
  out["observed_name"] = clean_utf8(set.observed_name.empty() ? "observed" : set.observed_name);
  out["observed_unit"] = clean_utf8(pretty_unit(set.observed_unit));
  out["command_name"] = clean_utf8(set.command_name.empty() ? "command" : set.command_name);
  out["command_unit"] = clean_utf8(pretty_unit(set.command_unit));
  Json windows = Json::array();
  for (const Gap& g : gaps_of(set.keep)) {
    const std::size_t first = per_bin == 1 ? g.first : 2 * (g.first / per_bin);
    const std::size_t last = per_bin == 1 ? g.last : 2 * ((g.last + per_bin - 1) / per_bin);
    windows.push_back({first, std::min(last, t.size())});
  }
  out["left_out"] = std::move(windows);

  Json packed = Json::object();
  if (!set.observed.empty()) {
    const std::vector<double> v = bins(set.observed);
    packed["observed"] = series(v, levels_for(range_of(v)), {});
  }
  if (!set.command.empty()) {
    const std::vector<double> v = bins(set.command);
    packed["command"] = series(v, levels_for(range_of(v)), {});
  }
  if (!same_as_difference(set)) {
    const std::vector<double> v = bins(set.residuals);
    packed["residual"] = series(v, levels_for(range_of(v)), {});
  }
  // Predictions lie near each other: one set of levels, and differences from the best fit.
  const std::pair<const char*, const std::vector<double>*> predictions[] = {
      {"best", &set.best},
      {"q05", &set.predictive.q05},
      {"q25", &set.predictive.q25},
      {"q50", &set.predictive.q50},
      {"q75", &set.predictive.q75},
      {"q95", &set.predictive.q95},
      {"p05", &set.parameters_only.q05},
      {"p95", &set.parameters_only.q95},
  };
  Range range = no_range();
  for (const auto& [name, values] : predictions)
    for (const double v : *values) range.include(v);
  const Levels levels = levels_for(range);
  const std::vector<std::uint16_t> reference =
      set.best.empty() ? std::vector<std::uint16_t>() : quantise(bins(set.best), levels);
  for (const auto& [name, values] : predictions) {
    if (values->empty()) continue;
    const bool is_reference = values == &set.best;
    packed[name] = series(bins(*values), levels, is_reference ? std::span<const std::uint16_t>() : reference);
  }
  out["series"] = std::move(packed);
  return out;
}

}  // namespace

std::string payload_json(const Document& document) {
  Json sets = Json::array();
  const std::size_t share =
      std::max(most_points_at_least, most_points_of_all / std::max<std::size_t>(1, document.data_sets.size()));
  for (const DataSet& set : document.data_sets) sets.push_back(data_set(set, share));
  const std::string text = Json{{"sets", std::move(sets)}}.dump();
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<') out += "\\u003c";
    else out += c;
  }
  return out;
}

}  // namespace hillock::report
