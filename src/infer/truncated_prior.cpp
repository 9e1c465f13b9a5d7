#include "infer/truncated_prior.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/rng.hpp"
#include "infer/cut_walk.hpp"

namespace hillock::infer {
namespace {

constexpr double least_acceptance = 0.05;  // of rejection from the prior
constexpr std::size_t region_draws = 10'000;
constexpr std::size_t least_particles = 500, most_particles = 4000;

Array2 rows_of(const Array2& z, std::span<const std::uint8_t> which) {
  Array2 out(0, z.cols);
  for (std::size_t k = 0; k < z.rows; ++k) {
    if (which[k] == 0) continue;
    out.values.insert(out.values.end(), z.row(k).begin(), z.row(k).end());
    ++out.rows;
  }
  return out;
}

}  // namespace

void TruncatedPrior::cut(std::shared_ptr<const ConditionalEstimator> estimator, std::vector<double> inputs,
                         const Array2& known) {
  if (known.rows < options_.least_known * source_.dimension()) return;
  const std::uint64_t seed = source_.problem().seed;
  RegionCut next{std::move(estimator), std::move(inputs), 0.0};
  const Array2 z = next.estimator->draw(next.inputs, region_draws, seed + 17 * (region_.size() + 1));
  std::vector<double> value(z.rows);
  density_given(*next.estimator, next.inputs, z, value);
  std::ranges::sort(value);
  next.threshold = value[static_cast<std::size_t>(options_.epsilon * static_cast<double>(value.size()))];
  value.resize(known.rows);
  density_given(*next.estimator, next.inputs, known, value);
  std::ranges::sort(value, std::greater());
  const auto share = static_cast<std::size_t>((1.0 - options_.most_cut) * static_cast<double>(known.rows));
  const std::size_t kept = std::max({options_.least_kept, 5 * source_.dimension(), share});
  next.threshold = std::min(next.threshold, value[std::min(kept, known.rows) - 1]);
  region_.add(std::move(next));
  std::vector<std::uint8_t> in(known.rows);
  inside(known, in);
  seeds_ = rows_of(known, in);
  particles_ = Array2();
  const Array2 trial = standard_normal_rows(seed, stream_id("tsnpe.trial"), region_.size() * region_draws, region_draws,
                                            source_.dimension());
  in.resize(trial.rows);
  inside(trial, in);
  acceptance_ = static_cast<double>(std::ranges::count(in, 1)) / static_cast<double>(trial.rows);
}

void TruncatedPrior::inside(const Array2& z, std::span<std::uint8_t> out) const {
  source_.allowed(z, out);
  region_.keep_inside(z, out);
}

Result<Array2> TruncatedPrior::draw(std::size_t count, const Progress& progress) {
  capped_ = false;
  if (!is_cut()) return source_.prior(count);
  // Few particles cannot walk.
  if (acceptance_ >= least_acceptance || seeds_.rows < 4) return by_rejection(count);
  return by_particles(count, progress);
}

Result<Array2> TruncatedPrior::by_rejection(std::size_t count) {
  Array2 out(0, source_.dimension());
  for (std::size_t tries = 0; out.rows < count; ++tries) {
    // Where the acceptance is as high as it was measured, this cap is far.
    if (tries > 100) {
      capped_ = true;
      break;
    }
    const double likely = static_cast<double>(count - out.rows) / std::max(acceptance_, least_acceptance);
    auto z = source_.prior(static_cast<std::size_t>(1.2 * likely) + 64);
    if (!z) return z;
    std::vector<std::uint8_t> in(z->rows);
    inside(*z, in);
    for (std::size_t k = 0; k < z->rows && out.rows < count; ++k) {
      if (in[k] == 0) continue;
      out.values.insert(out.values.end(), z->row(k).begin(), z->row(k).end());
      ++out.rows;
    }
  }
  return out;
}

/// From the seeds, as evenly as it goes, in a random order: halves jump by each other's differences.
void TruncatedPrior::place_particles(std::size_t count) {
  const std::size_t n = std::clamp(count, least_particles, most_particles);
  particles_ = Array2(n, seeds_.cols);
  std::vector<std::size_t> from(n);
  for (std::size_t k = 0; k < n; ++k) from[k] = k % seeds_.rows;
  Rng rng(source_.problem().seed, stream_id("tsnpe.place"), region_.size());
  for (std::size_t k = n; k-- > 1;) std::swap(from[k], from[rng.below(k + 1)]);
  for (std::size_t k = 0; k < n; ++k) std::ranges::copy(seeds_.row(from[k]), particles_.row(k).begin());
}

Result<Array2> TruncatedPrior::by_particles(std::size_t count, const Progress& progress) {
  const auto density = [&](const Array2& z, std::span<double> value) {
    standard_normal_density(z, value);
    std::vector<std::uint8_t> in(z.rows);
    inside(z, in);
    for (std::size_t k = 0; k < z.rows; ++k)
      if (in[k] == 0) value[k] = -std::numeric_limits<double>::infinity();
  };
  Array2 out(0, source_.dimension());
  while (out.rows < count) {
    CutWalkOptions how;
    how.moves = particles_.rows == 0 ? std::max(options_.first_moves, source_.dimension()) : options_.moves;
    how.seed = source_.problem().seed * 7919 + ++walks_;
    if (particles_.rows == 0) place_particles(count);
    auto walked = cut_walk(particles_, density, how, progress);
    if (!walked) return fail(std::move(walked.error()));
    particles_ = std::move(walked->points);
    const std::size_t take = std::min(particles_.rows, count - out.rows);
    const auto end = particles_.values.begin() + static_cast<std::ptrdiff_t>(take * particles_.cols);
    out.values.insert(out.values.end(), particles_.values.begin(), end);
    out.rows += take;
  }
  return out;
}

}  // namespace hillock::infer
