#include "infer/simulation_source.hpp"

#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"
#include "base/rng.hpp"

namespace hillock::infer {
namespace {

constexpr std::size_t most_at_once = 16384;  // simulations in one call
constexpr double log_root_two_pi = 0.91893853320467274178;

void append_rows(Array2& to, const Array2& more) {
  if (to.cols == 0) to.cols = more.cols;
  to.values.insert(to.values.end(), more.values.begin(), more.values.end());
  to.rows += more.rows;
}

}  // namespace

void SimulatedPairs::append(const SimulatedPairs& more) {
  append_rows(z, more.z);
  append_rows(x, more.x);
}

SimulatedPairs SimulatedPairs::chosen(std::span<const std::uint8_t> which) const {
  HILLOCK_CHECK(which.size() == z.rows, "a choice among other pairs");
  SimulatedPairs out;
  out.z.cols = z.cols, out.x.cols = x.cols;
  for (std::size_t k = 0; k < which.size(); ++k) {
    if (!which[k]) continue;
    out.z.values.insert(out.z.values.end(), z.row(k).begin(), z.row(k).end());
    out.x.values.insert(out.x.values.end(), x.row(k).begin(), x.row(k).end());
    ++out.z.rows, ++out.x.rows;
  }
  return out;
}

SimulationSource::SimulationSource(const SimulationProblem& problem, std::uint64_t first)
    : problem_(&problem), tally_(problem.simulator->statistics().size()), first_(first), number_(first) {}

void SimulationSource::allowed(const Array2& z, std::span<std::uint8_t> out) const {
  std::ranges::fill(out, std::uint8_t{1});
  if (problem_->allowed) problem_->allowed(problem_->space->from_standard_normal(z), out);
}

Result<Array2> SimulationSource::prior(std::size_t count) {
  const std::size_t d = dimension();
  const std::uint32_t stream = stream_id("simulation.prior");
  if (!problem_->allowed) {
    Array2 out = standard_normal_rows(problem_->seed, stream, drawn_, count, d);
    drawn_ += count;
    return out;
  }
  Array2 out(0, d);
  std::uint64_t tried = 0;
  while (out.rows < count) {
    if (tried > most_prior_tries * count) return fail(conditions_hardly_hold(tried, out.rows));
    const std::size_t more = std::max<std::size_t>(256, count - out.rows);
    const Array2 z = standard_normal_rows(problem_->seed, stream, drawn_, more, d);
    std::vector<std::uint8_t> good(more);
    allowed(z, good);
    std::size_t k = 0;
    for (; k < more && out.rows < count; ++k) {
      if (!good[k]) continue;
      out.values.insert(out.values.end(), z.row(k).begin(), z.row(k).end());
      ++out.rows;
    }
    drawn_ += k;
    tried += k;
  }
  return out;
}

Result<void> SimulationSource::run(const Array2& z, SimulatedPairs& out, const Progress& progress, Array2* failed_at) {
  const std::size_t statistics = problem_->simulator->statistics().size();
  if (out.z.cols == 0) out.z.cols = z.cols, out.x.cols = statistics;
  if (failed_at && failed_at->cols == 0) failed_at->cols = z.cols;
  for (std::size_t first = 0; first < z.rows; first += most_at_once) {
    if (progress.should_stop()) return {};
    const std::size_t count = std::min(most_at_once, z.rows - first);
    Array2 part(count, z.cols);
    std::copy_n(z.row(first).data(), count * z.cols, part.values.data());
    Simulations answer;
    const auto stop = [&] { return progress.should_stop(); };
    auto ran = problem_->simulator->run(problem_->space->from_standard_normal(part), number_, answer, stop);
    if (!ran) {
      if (progress.should_stop()) return {};
      return fail(std::move(ran.error()));
    }
    number_ += count;
    for (std::size_t k = 0; k < count; ++k) {
      tally_.add(answer, k);
      Array2* to = answer.failed[k] ? failed_at : &out.z;
      if (!to) continue;
      to->values.insert(to->values.end(), part.row(k).begin(), part.row(k).end());
      ++to->rows;
      if (answer.failed[k]) continue;
      out.x.values.insert(out.x.values.end(), answer.x.row(k).begin(), answer.x.row(k).end());
      ++out.x.rows;
    }
  }
  return {};
}

Result<void> no_embedding(const SimulationProblem& problem, const std::string& method) {
  if (problem.layout.kind == Embedding::none) return {};
  const char* what = problem.layout.kind == Embedding::trace ? "a trace" : "trials of a set";
  return fail("embedding-method", method + " takes statistics one by one, and some of these are " + what, "method",
              "npe and tsnpe learn what to make of it; without an embedding each value is a statistic of its own");
}

void standard_normal_density(const Array2& z, std::span<double> value) {
  for (std::size_t k = 0; k < z.rows; ++k) {
    double sum = 0.0;
    for (const double u : z.row(k)) sum += u * u;
    value[k] = -0.5 * sum - log_root_two_pi * static_cast<double>(z.cols);
  }
}

Array2 standard_normal_rows(std::uint64_t seed, std::uint32_t stream, std::uint64_t first, std::size_t count,
                            std::size_t dimension) {
  Array2 out(count, dimension);
  constexpr std::size_t piece = 1024;
  parallel_for((count + piece - 1) / piece, 0, [&](std::size_t p) {
    for (std::size_t k = p * piece; k < std::min(count, (p + 1) * piece); ++k) {
      Rng rng(seed, stream, first + k);
      for (double& u : out.row(k)) u = rng.normal();
    }
  });
  return out;
}

}  // namespace hillock::infer
