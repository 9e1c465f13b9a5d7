#include "infer/density_choice.hpp"

#include <algorithm>
#include <optional>

#include "infer/paired_scores.hpp"

namespace hillock::infer {
namespace {

constexpr std::size_t most_rows_to_choose_from = 12'000;
// Of many pairs. Validation ended learning after up to six times as many steps for no better posterior (two moons and
// SLCP of 10^5 simulations).
constexpr std::int64_t steps_of_part = 2600, steps_anew = 10'000, steps_after_part = 7200;
constexpr double beyond_doubt = 5.0;  // standard errors

struct Rows {
  Array2 y, c;
  std::vector<std::uint8_t> core;

  /// Some from all over: rounds follow each other in time.
  [[nodiscard]] Rows thinned(std::size_t count) const {
    Rows out{Array2(count, y.cols), Array2(count, c.cols), {}};
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t from = k * y.rows / count;
      std::ranges::copy(y.row(from), out.y.row(k).begin());
      std::ranges::copy(c.row(from), out.c.row(k).begin());
      if (!core.empty()) out.core.push_back(core[from]);
    }
    return out;
  }
  [[nodiscard]] Rows core_alone() const {
    const auto count = static_cast<std::size_t>(std::ranges::count(core, 1));
    Rows out{Array2(count, y.cols), Array2(count, c.cols), {}};
    for (std::size_t k = 0, to = 0; k < y.rows; ++k) {
      if (!core[k]) continue;
      std::ranges::copy(y.row(k), out.y.row(to).begin());
      std::ranges::copy(c.row(k), out.c.row(to++).begin());
    }
    return out;
  }
};

}  // namespace

Result<ChosenDensity> learn_chosen_density(std::span<const std::string_view> kinds, const Array2& y, const Array2& c,
                                           const std::vector<std::uint8_t>& core, std::size_t most_rows,
                                           const EstimatorOptions& options, std::size_t most_epochs,
                                           const Progress& progress) {
  HILLOCK_CHECK(!kinds.empty(), "no kind of density to choose from");
  const bool many = y.rows >= most_rows_to_choose_from;
  const auto learn_on = [&](ConditionalEstimator& estimator, const Rows& rows, std::int64_t steps) {
    Pairs pairs = estimator.prepare(rows.y, rows.c);
    if (std::ranges::count(rows.core, 1) > 0) pairs.judged = rows.core;
    StoredSchedule schedule;
    schedule.most_epochs = most_epochs;
    if (many) schedule.planned_steps = steps;
    return estimator.learn_stored(pairs, schedule, progress);
  };
  const auto learn = [&](std::string_view kind, const Rows& rows, std::int64_t steps) -> Result<ChosenDensity> {
    EstimatorOptions o = options;
    o.density = kind;
    const bool cored = std::ranges::count(rows.core, 1) > 0;
    const Rows begin_with = cored ? rows.core_alone() : Rows();
    auto made = cored ? ConditionalEstimator::create(begin_with.y, begin_with.c, o)
                      : ConditionalEstimator::create(rows.y, rows.c, o);
    if (!made) return fail(std::move(made.error()));
    ChosenDensity out{std::move(*made), {}, o.density};
    out.training = learn_on(out.estimator, rows, steps);
    return out;
  };
  Rows all{y, c, core};
  const bool to_be_thinned = y.rows > most_rows;
  if (to_be_thinned) all = all.thinned(most_rows);
  // What is thinned only has to say where to simulate next.
  const std::int64_t steps_of_all = to_be_thinned ? steps_of_part : steps_anew;
  if (kinds.size() == 1) return learn(kinds.front(), all, steps_of_all);
  const bool part = all.y.rows > 2 * most_rows_to_choose_from;
  const Rows some = part ? all.thinned(most_rows_to_choose_from) : Rows();
  std::optional<ChosenDensity> best;
  for (const std::string_view kind : kinds) {
    auto next = learn(kind, part ? some : all, part ? steps_of_part : steps_of_all);
    if (!next) return next;
    if (!best) {
      best = std::move(*next);
    } else if (const auto& one = next->training.held_out, &other = best->training.held_out;
               clearly_better(one, other)) {
      next->decided = many && clearly_better(one, other, beyond_doubt);
      best = std::move(*next);
    }
    if (progress.should_stop()) break;
  }
  if (!part || progress.should_stop()) return std::move(*best);
  // What has learnt nothing from a part begins anew, with the regression of all.
  if (!best->training.left_start) return learn(best->kind, all, steps_anew);
  best->training = learn_on(best->estimator, all, steps_after_part);
  return std::move(*best);
}

}  // namespace hillock::infer
