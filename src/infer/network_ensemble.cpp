#include "infer/network_ensemble.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/option_ranges.hpp"
#include "base/parallel.hpp"
#include "base/rng.hpp"

namespace hillock::infer {
namespace {

constexpr std::size_t chunk = 128;
constexpr std::size_t least_patience = 3, usual_patience = 12, most_patience = 24;  // epochs
constexpr std::size_t most_drops = 3;

void shuffle(std::vector<std::uint32_t>& rows, Rng& rng) {
  for (std::size_t i = rows.size(); i-- > 1;) std::swap(rows[i], rows[rng.below(i + 1)]);
}

std::vector<std::uint32_t> numbers(std::size_t count) {
  std::vector<std::uint32_t> out(count);
  std::iota(out.begin(), out.end(), 0U);
  return out;
}

}  // namespace

Result<void> EnsembleOptions::validate() const {
  OptionRanges ranges;
  ranges.need(members >= 1 && members <= 64, "members", static_cast<double>(members), "between 1 and 64");
  ranges.need(batch >= 2 && batch <= 1'000'000, "batch", static_cast<double>(batch), "between 2 and 1e6");
  ranges.need(rate > 0.0 && rate <= 1.0, "rate", rate, "above 0, at most 1");
  ranges.need(decay >= 0.0 && decay <= 10.0, "decay", decay, "between 0 and 10");
  ranges.need(average >= 0.0 && average < 1.0, "average", average, "at least 0, below 1");
  return std::move(ranges).result();
}

NetworkEnsemble::NetworkEnsemble(nn::Tape tape, nn::Var objective, std::size_t samples, const EnsembleOptions& options)
    : options_(options), samples_(samples), tape_(std::make_unique<const nn::Tape>(std::move(tape))) {
  nn::LearnerOptions how;
  how.rate = options.rate;
  how.decay = options.decay;
  how.average = options.average;
  how.chunk = chunk;
  how.group = samples;
  for (std::size_t m = 0; m < options.members; ++m) {
    learners_.emplace_back(*tape_, objective, tape_->initial(options.seed, m), how);
    best_.push_back(learners_.back().averaged());
  }
}

void NetworkEnsemble::plan_steps(std::int64_t steps) {
  for (nn::Learner& learner : learners_) learner.plan(steps);
}

/// One pass of a member over rows in a random order.
double NetworkEnsemble::pass_over(std::size_t member, std::vector<std::uint32_t>& rows, Rng& rng, const Feed& feed,
                                  const Progress& progress) {
  shuffle(rows, rng);
  double sum = 0.0;
  std::size_t seen = 0;
  const std::size_t batches = std::max<std::size_t>(1, rows.size() / options_.batch);
  for (std::size_t b = 0; b < batches; ++b) {
    if (progress.should_stop()) break;
    const std::size_t from = b * rows.size() / batches, to = (b + 1) * rows.size() / batches;
    const std::span<const std::uint32_t> batch(rows.data() + from, to - from);
    const auto write = [&](nn::Pass& pass, std::size_t first) {
      feed(pass, batch, first / samples_, pass.samples() / samples_);
    };
    const std::size_t count = batch.size() * samples_;
    sum += learners_[member].step(count, write) * static_cast<double>(count);
    seen += batch.size();
  }
  return sum / static_cast<double>(seen);  // NaN where it was stopped at once
}

double NetworkEnsemble::learn(std::size_t items, const Feed& feed, const Progress& progress) {
  std::vector<double> mean(members());
  const std::uint64_t block = blocks_++;
  parallel_for(members(), options_.threads, [&](std::size_t m) {
    Rng rng(options_.seed, stream_id("ensemble.fresh"), block * members() + m);
    std::vector<std::uint32_t> rows = numbers(items);
    mean[m] = pass_over(m, rows, rng, feed, progress);
    best_[m] = learners_[m].averaged();
  });
  return std::accumulate(mean.begin(), mean.end(), 0.0) / static_cast<double>(members());
}

void NetworkEnsemble::learn_member(std::size_t member, std::size_t items, const std::vector<std::uint32_t>& held,
                                   const Feed& feed, std::size_t most_epochs, const Progress& progress,
                                   std::vector<double>& training, std::vector<double>& validation) {
  nn::Learner& learner = learners_[member];
  Rng rng(options_.seed, stream_id("ensemble.stored"), member);
  std::vector<std::uint8_t> kept(items, 0);
  for (const std::uint32_t i : held) kept[i] = 1;
  std::vector<std::uint32_t> rows;
  for (std::uint32_t i = 0; i < items; ++i)
    if (!kept[i]) rows.push_back(i);
  if (rows.empty()) rows = held;
  const auto validate = [&] {
    const auto write = [&](nn::Pass& pass, std::size_t first) {
      feed(pass, held, first / samples_, pass.samples() / samples_);
    };
    return learner.evaluate(learner.averaged(), held.size() * samples_, write) * static_cast<double>(samples_);
  };
  double top = validate();
  best_[member] = learner.averaged();
  const std::size_t patience = options_.patience == 0 ? usual_patience
                                                      : std::clamp(options_.patience * options_.batch / rows.size(),
                                                                   least_patience, most_patience);
  std::size_t waited = 0, drops = 0;
  for (std::size_t epoch = 0; epoch < most_epochs && !progress.should_stop(); ++epoch) {
    const double mean = pass_over(member, rows, rng, feed, progress);
    if (std::isnan(mean) && progress.should_stop()) break;
    training.push_back(mean);
    const double now = validate();
    validation.push_back(now);
    const bool clearly = now > top + 1e-3;
    if (now > top) top = now, best_[member] = learner.averaged();
    waited = clearly ? 0 : waited + 1;
    if (waited < (drops == 0 ? patience : (patience + 1) / 2)) continue;
    waited = 0;
    if (++drops > most_drops) break;
    learner.scale_rate(0.3);
  }
}

StoredTraining NetworkEnsemble::learn_stored(std::size_t items, const std::vector<std::vector<std::uint32_t>>& held,
                                             const Feed& feed, std::size_t most_epochs, const Progress& progress) {
  HILLOCK_CHECK(held.size() == members(), "every member has items to validate with");
  // The rate falls by what validation says, not by a plan.
  plan_steps(std::int64_t{1} << 60);
  std::vector<std::vector<double>> training(members()), validation(members());
  parallel_for(members(), options_.threads, [&](std::size_t m) {
    learn_member(m, items, held[m], feed, most_epochs, progress, training[m], validation[m]);
  });
  StoredTraining out;
  out.stopped = progress.should_stop();
  std::size_t longest = 0;
  for (const auto& curve : training) {
    out.epochs.push_back(curve.size());
    longest = std::max(longest, curve.size());
  }
  // Who has ended stays where it ended.
  const auto mean_at = [&](const std::vector<std::vector<double>>& curves, std::size_t epoch) {
    double sum = 0.0;
    std::size_t n = 0;
    for (const auto& curve : curves)
      if (!curve.empty()) sum += curve[std::min(epoch, curve.size() - 1)], ++n;
    return sum / static_cast<double>(n);
  };
  for (std::size_t e = 0; e < longest; ++e) {
    out.training.push_back(mean_at(training, e));
    out.validation.push_back(mean_at(validation, e));
  }
  return out;
}

std::vector<std::vector<std::uint32_t>> held_out(std::size_t items, std::size_t members, double share,
                                                 std::uint64_t seed) {
  std::vector<std::uint32_t> order = numbers(items);
  Rng rng(seed, stream_id("ensemble.folds"));
  shuffle(order, rng);
  const auto wanted = static_cast<std::size_t>(share * static_cast<double>(items));
  const std::size_t count = std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(items, 1));
  std::vector<std::vector<std::uint32_t>> out(members);
  for (std::size_t m = 0; m < members; ++m) {
    const std::size_t from = (m * count) % std::max<std::size_t>(1, items - count + 1);
    out[m].assign(order.begin() + static_cast<std::ptrdiff_t>(from),
                  order.begin() + static_cast<std::ptrdiff_t>(from + count));
  }
  return out;
}

}  // namespace hillock::infer
