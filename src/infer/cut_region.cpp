#include "infer/cut_region.hpp"

#include <algorithm>
#include <cmath>

#include "nn/saved_network.hpp"

namespace hillock::infer {
namespace {

constexpr const char* cuts_field = "cuts";
constexpr std::uint64_t most_cuts = 100;  // as many as there may be rounds

std::string prefix_of(std::size_t cut) { return "cut-" + std::to_string(cut) + "-"; }

/// What was saved with that prefix, without it.
nn::SavedNetwork part_of(const nn::SavedNetwork& network, const std::string& prefix) {
  nn::SavedNetwork out;
  for (const auto& [name, value] : network.fields)
    if (name.starts_with(prefix)) out.fields[name.substr(prefix.size())] = value;
  for (const nn::NamedArray& a : network.arrays)
    if (a.name.starts_with(prefix)) out.arrays.push_back({a.name.substr(prefix.size()), a.sizes, a.values});
  return out;
}

const std::vector<double>* numbers(const nn::SavedNetwork& network, std::string_view name) {
  const nn::NamedArray* a = nn::find_array(network, name);
  return a ? std::get_if<std::vector<double>>(&a->values) : nullptr;
}

}  // namespace

void density_given(const ConditionalEstimator& estimator, std::span<const double> inputs, const Array2& z,
                   std::span<double> value) {
  Array2 c(1, inputs.size());
  std::ranges::copy(inputs, c.values.begin());
  estimator.log_density(z, c, value);
}

void CutRegion::keep_inside(const Array2& z, std::span<std::uint8_t> marks) const {
  // The newest cut leaves out most.
  for (std::size_t c = cuts_.size(); c-- > 0;) {
    Array2 left(0, z.cols);
    for (std::size_t k = 0; k < z.rows; ++k) {
      if (marks[k] == 0) continue;
      left.values.insert(left.values.end(), z.row(k).begin(), z.row(k).end());
      ++left.rows;
    }
    if (left.rows == 0) return;
    std::vector<double> value(left.rows);
    density_given(*cuts_[c].estimator, cuts_[c].inputs, left, value);
    for (std::size_t k = 0, i = 0; k < z.rows; ++k)
      if (marks[k] != 0) marks[k] = value[i++] >= cuts_[c].threshold ? 1 : 0;
  }
}

void CutRegion::save(nn::SavedNetwork& network) const {
  if (cuts_.empty()) return;
  network.fields[cuts_field] = std::to_string(cuts_.size());
  for (std::size_t c = 0; c < cuts_.size(); ++c) {
    nn::SavedNetwork one;
    cuts_[c].estimator->save(one);
    one.arrays.push_back({"threshold", {1}, std::vector<double>{cuts_[c].threshold}});
    one.arrays.push_back({"inputs", {cuts_[c].inputs.size()}, cuts_[c].inputs});
    for (auto& [name, value] : one.fields) network.fields[prefix_of(c) + name] = value;
    for (nn::NamedArray& a : one.arrays)
      network.arrays.push_back({prefix_of(c) + a.name, std::move(a.sizes), std::move(a.values)});
  }
}

Result<CutRegion> CutRegion::load(const nn::SavedNetwork& network, std::size_t dimension, const std::string& where) {
  CutRegion out;
  if (!network.fields.contains(cuts_field)) return out;
  const auto damaged = [&] {
    return fail("network-damaged", "a part of the region of its simulations is missing", where);
  };
  const auto count = nn::whole_field(network, cuts_field);
  if (!count || *count == 0 || *count > most_cuts) return damaged();
  for (std::size_t c = 0; c < *count; ++c) {
    const nn::SavedNetwork one = part_of(network, prefix_of(c));
    const auto *threshold = numbers(one, "threshold"), *inputs = numbers(one, "inputs");
    if (!threshold || !inputs || threshold->size() != 1) return damaged();
    auto estimator = ConditionalEstimator::load(one, where);
    if (!estimator) return fail(std::move(estimator.error()));
    if (estimator->dimension() != dimension || estimator->context_dimension() != inputs->size()) return damaged();
    out.add({std::make_shared<ConditionalEstimator>(std::move(*estimator)), *inputs, threshold->front()});
  }
  return out;
}

}  // namespace hillock::infer
