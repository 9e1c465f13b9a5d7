#include "study/simulated_float32.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "study/code_cache.hpp"
#include "study/model_simulator.hpp"

namespace hillock::study {
namespace {

constexpr std::size_t most = 32;
constexpr std::uint64_t first_number = std::uint64_t{1} << 46U;  // no other simulations of a fit have these

}  // namespace

Result<Float32Change> float32_change(const ResolvedStudy& study, const RunOptions& options,
                                     const SimulatedProblem& problem, const Array2& parameters,
                                     const Progress& progress) {
  Float32Change out;
  const std::size_t n = std::min(most, parameters.rows);
  if (n == 0 || !problem.model()) return out;
  Array2 some(n, parameters.cols);
  for (std::size_t k = 0; k < n; ++k) std::ranges::copy(parameters.row(k * parameters.rows / n), some.row(k).begin());
  ResolvedStudy precise = study;
  precise.model.precision = "float64";
  auto backend = sim::choose_backend(options.isa);
  if (!backend) return fail(std::move(backend.error()));
  sim::RunOptions run{*backend, options.threads, simulation_seed(study.seed), code_store(options.cache)};
  run.stop = [&progress] { return progress.should_stop(); };
  auto other = ModelSimulator::create(precise, *problem.model(), problem.splits().front().experiment, run);
  if (!other) return fail(std::move(other.error()));
  infer::Simulations single, twice;
  if (auto ran = problem.simulator().run(some, first_number, single, run.stop); !ran) return fail(ran.error());
  if (auto ran = other->run(some, first_number, twice, run.stop); !ran) return fail(ran.error());
  out.largest = 0.0;
  for (std::size_t j = 0; j < problem.statistics().size(); ++j) {
    const ShownStatistic& shown = problem.statistics()[j];
    std::vector<double> values;
    double change = 0.0, size = 0.0;
    for (std::size_t k = 0; k < n; ++k) {
      const double a = shown.unit.from_si(single.x(k, j)), b = shown.unit.from_si(twice.x(k, j));
      if (!std::isfinite(a) || !std::isfinite(b)) continue;
      values.push_back(b);
      change = std::max(change, std::abs(a - b));
      size = std::max(size, std::abs(b));
    }
    if (values.empty()) continue;
    std::ranges::sort(values);
    const std::size_t edge = values.size() / 20;
    const double spread = std::max(values[values.size() - 1 - edge] - values[edge], 1e-3 * size);
    if (change > 0.0) out.largest = std::max(out.largest, change / spread);
    out.text += fmt::format("{}{} {:.2g}{}{}", out.text.empty() ? "" : ", ", shown.name, change,
                            shown.unit.name.empty() || shown.unit.name == "1" ? "" : " ",
                            shown.unit.name == "1" ? "" : shown.unit.name);
  }
  out.text =
      fmt::format("float32: {} of these simulations in float64 too; statistics differ by at most: {}", n, out.text);
  return out;
}

}  // namespace hillock::study
