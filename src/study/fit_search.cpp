#include "study/fit_search.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.hpp"
#include "optim/cma_es.hpp"
#include "optim/levenberg_marquardt.hpp"
#include "study/moving_edges.hpp"

namespace hillock::study {
namespace {

constexpr std::int64_t evaluations_per_iteration = 50;  // CMA-ES: 200 iterations allow 10 000 evaluations a start
constexpr double farthest = 30.0;                       // logistic(-30) = 1e-13
constexpr std::int64_t draws_per_screened =
    400;  // how many prior draws may miss a joint condition, for one that meets it

/// Prior draws that meet the joint conditions: the first `wanted` of them, in the order of their draw index.
struct Drawn {
  Array2 parameters;
  std::int64_t tried = 0;
};

Drawn draw_from_prior(const Target& target, std::uint64_t seed, std::int64_t wanted, const Progress& progress) {
  const prob::ParameterSpace& space = *target.space;
  Drawn out{Array2(0, space.size()), 0};
  constexpr std::size_t chunk = 2048;
  constexpr std::size_t chunks_at_once = 16;
  while (static_cast<std::int64_t>(out.parameters.rows) < wanted && out.tried < wanted * draws_per_screened &&
         !progress.should_stop()) {
    std::vector<Array2> drawn(chunks_at_once);
    std::vector<std::vector<char>> good(chunks_at_once);
    parallel_for(chunks_at_once, target.run.threads, [&](std::size_t c) {
      Requirements requirements(*target.model, target.experiment.constants);
      drawn[c] = space.sample(seed, static_cast<std::uint64_t>(out.tried) + c * chunk, chunk);
      good[c].resize(chunk);
      for (std::size_t k = 0; k < chunk; ++k)
        good[c][k] = !requirements.any() || requirements.hold(drawn[c].row(k)) ? 1 : 0;
    });
    for (std::size_t c = 0; c < chunks_at_once; ++c)
      for (std::size_t k = 0; k < chunk && static_cast<std::int64_t>(out.parameters.rows) < wanted; ++k) {
        ++out.tried;
        if (good[c][k] == 0) continue;
        const auto row = drawn[c].row(k);
        out.parameters.values.insert(out.parameters.values.end(), row.begin(), row.end());
        ++out.parameters.rows;
      }
  }
  return out;
}

Array2 mechanism_points(const Target& target, const Array2& parameters, std::span<const std::size_t> rows) {
  Array2 out(rows.size(), target.mechanism.size());
  for (std::size_t k = 0; k < rows.size(); ++k)
    for (std::size_t m = 0; m < target.mechanism.size(); ++m) {
      const std::uint32_t j = target.mechanism[m];
      out(k, m) = target.space->to_unconstrained(j, parameters(rows[k], j));
    }
  return out;
}

Result<optim::Minima> descend(SquaresProblem& problem, const Array2& starts, const SearchOptions& options,
                              Progress& progress) {
  optim::LevenbergMarquardtOptions lm;
  lm.max_iterations = static_cast<int>(options.max_iterations);
  lm.cost_tolerance = options.tolerance;
  lm.creep = 1e-4;  // of the squares; starts that agree are to be within 2e-3
  lm.max_step = 1.0;
  lm.pull.weight = 0.03;  // with this and the decay, 47 or 48 of 48 starts agree on six hERG recordings and three seeds
  lm.pull.decay = 0.7;
  progress.begin("search", 0.0);
  return optim::levenberg_marquardt(problem, starts, lm, progress);
}

/// Where the starts ended.
struct Ends {
  Array2 points;               ///< mechanism coordinates
  std::vector<double> sums;    ///< of weighted squares
  std::vector<double> errors;  ///< rms; NaN where the start failed, or ended where a joint condition does not hold
  std::int64_t unmet = 0;      ///< of the latter
  bool all_outside = false;    ///< none that could be evaluated meets the joint conditions
};

Result<Ends> optimise(SquaresProblem& problem, const Target& target, const Array2& starts, const SearchOptions& options,
                      std::uint64_t seed, Progress& progress) {
  Result<optim::Minima> found;
  if (options.method == "cma_es") {
    progress.begin("search, CMA-ES", 0.0);
    optim::CmaEsOptions cma;
    cma.seed = seed;
    cma.evaluations = options.max_iterations * evaluations_per_iteration;
    found = optim::cma_es(problem, starts, cma, progress);
  } else {
    found = descend(problem, starts, options, progress);
  }
  if (!found) return fail(std::move(found.error()));
  Ends out;
  out.points = starts;
  for (std::size_t k = 0; k < starts.rows; ++k) {
    const optim::Minimum& m = found->starts[k];
    // Far out on the unconstrained scale the parameter is its bound to the last digit, and has no way back.
    if (m.x.size() == starts.cols)
      for (std::size_t j = 0; j < starts.cols; ++j) out.points(k, j) = std::clamp(m.x[j], -farthest, farthest);
    out.sums.push_back(2.0 * m.cost);
  }
  Requirements requirements(*target.model, target.experiment.constants);
  const Array2 full = problem.full(out.points);
  const auto samples = static_cast<double>(target.experiment.kept() * target.model->observations.size());
  std::int64_t evaluated = 0;
  for (std::size_t k = 0; k < starts.rows; ++k) {
    out.errors.push_back(std::sqrt(out.sums[k] / samples));
    if (!std::isfinite(out.errors[k])) {
      out.errors[k] = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    ++evaluated;
    // An end point outside the joint conditions is no answer, however small its error.
    if (requirements.any() && !requirements.hold(full.row(k))) {
      ++out.unmet;
      out.errors[k] = std::numeric_limits<double>::quiet_NaN();
    }
  }
  out.all_outside = evaluated > 0 && out.unmet == evaluated;
  return out;
}

Error nothing_succeeded(const Target& target, const Drawn& drawn, std::int64_t failed) {
  Error error;
  error.where = "prior";
  if (drawn.parameters.rows == 0) {
    error.code = "requirement-unmeetable";
    error.message = fmt::format("none of {} draws from the prior meets the model's joint conditions", drawn.tried);
    error.hint = "wider conditions, or priors inside them; the conditions are:";
    for (const ir::Requirement& r : target.model->requirements) error.hint += " " + r.text + ";";
  } else {
    error.code = "no-draw-succeeded";
    error.message = fmt::format(
        "every one of {} draws from the prior failed: the simulation became infinite or not a number", failed);
    error.hint =
        "narrower priors, a smaller model.dt, or model.integrator = \"exponential_euler\"; "
        "`hillock simulate` shows one trace";
  }
  return error;
}

}  // namespace

Result<SearchResult> search(SquaresProblem& problem, Target& target, const SearchOptions& options, std::uint64_t seed,
                            Progress& progress) {
  SearchResult out;
  if (const std::string edges = about_moving_edges(*target.model, target.integrator, target.mechanism); !edges.empty())
    out.notes.push_back("search: " + edges);
  progress.begin("screen", static_cast<double>(options.screen));
  const Drawn drawn = draw_from_prior(target, seed, options.screen, progress);
  out.drawn = drawn.tried;
  out.screened = static_cast<std::int64_t>(drawn.parameters.rows);
  if (out.screened == 0) {
    if (progress.should_stop()) {
      out.stopped = true;
      return out;
    }
    return fail(nothing_succeeded(target, drawn, 0));
  }
  if (out.screened < options.screen)
    out.notes.push_back(fmt::format("search: only {} of {} prior draws met the joint conditions; {} were wanted",
                                    out.screened, out.drawn, options.screen));
  std::vector<double> sums(drawn.parameters.rows);
  problem.sums_of_squares(drawn.parameters, sums, &progress);
  std::vector<std::size_t> order(sums.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t k) { return std::isfinite(sums[k]) ? sums[k] : INFINITY; };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  const auto good =
      static_cast<std::size_t>(std::count_if(sums.begin(), sums.end(), [](double s) { return std::isfinite(s); }));
  out.screened_failed = out.screened - static_cast<std::int64_t>(good);
  if (good == 0) {
    if (progress.should_stop()) {
      out.stopped = true;
      return out;
    }
    return fail(nothing_succeeded(target, drawn, out.screened_failed));
  }
  order.resize(std::min(good, static_cast<std::size_t>(options.starts)));
  const Array2 starts = mechanism_points(target, drawn.parameters, order);

  auto ended = optimise(problem, target, starts, options, seed, progress);
  if (!ended) return fail(std::move(ended.error()));
  if (ended->all_outside && !progress.should_stop()) {
    // The data pull every start out of the joint conditions: the best inside lies on their edge.
    out.notes.push_back(
        "search: every start ended where a joint condition does not hold; searched again with the conditions "
        "as walls");
    problem.walls = true;
    ended = optimise(problem, target, starts, options, seed, progress);
    problem.walls = false;
    if (!ended) return fail(std::move(ended.error()));
  }
  out.stopped = progress.should_stop();
  out.unmet = ended->unmet;
  const Array2& ends = ended->points;
  const std::vector<double>& errors = ended->errors;
  const Array2 full = problem.full(ends);
  std::vector<std::size_t> place(errors.size());
  std::iota(place.begin(), place.end(), std::size_t{0});
  const auto key = [&](std::size_t k) { return std::isfinite(errors[k]) ? errors[k] : INFINITY; };
  std::stable_sort(place.begin(), place.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  out.starts = Array2(ends.rows, ends.cols);
  for (std::size_t k = 0; k < place.size(); ++k) {
    std::copy(ends.row(place[k]).begin(), ends.row(place[k]).end(), out.starts.row(k).begin());
    out.errors.push_back(errors[place[k]]);
  }
  if (!std::isfinite(out.errors.front())) {
    if (out.stopped) return out;
    return fail(nothing_succeeded(target, drawn, out.screened_failed));
  }
  if (out.unmet > 0)
    out.notes.push_back(
        fmt::format("search: {} of {} starts ended where a joint condition does not hold, and do not count", out.unmet,
                    place.size()));
  const auto best = full.row(place.front());
  out.best.assign(best.begin(), best.end());
  out.best_sum = ended->sums[place.front()];
  return out;
}

// JSON keeps doubles to the bit (17 digits); NaN is null.
std::string to_text(const SearchResult& r) {
  nlohmann::json j;
  j["rows"] = r.starts.rows;
  j["cols"] = r.starts.cols;
  j["starts"] = r.starts.values;
  j["errors"] = r.errors;
  j["best"] = r.best;
  j["best_sum"] = r.best_sum;
  j["counts"] = {r.screened, r.drawn, r.screened_failed, r.unmet};
  j["notes"] = r.notes;
  return j.dump();
}

Result<SearchResult> search_from_text(const std::string& text) {
  SearchResult r;
  const auto j = nlohmann::json::parse(text, nullptr, false);
  const auto broken = [] {
    return fail("checkpoint-broken", "the search's checkpoint cannot be read", "results", "run without --resume");
  };
  if (j.is_discarded()) return broken();
  try {
    r.starts = Array2(j.at("rows"), j.at("cols"));
    r.starts.values = j.at("starts").get<std::vector<double>>();
    for (const auto& e : j.at("errors"))
      r.errors.push_back(e.is_null() ? std::numeric_limits<double>::quiet_NaN() : e.get<double>());
    r.best = j.at("best").get<std::vector<double>>();
    r.best_sum = j.at("best_sum");
    r.screened = j.at("counts").at(0);
    r.drawn = j.at("counts").at(1);
    r.screened_failed = j.at("counts").at(2);
    r.unmet = j.at("counts").at(3);
    r.notes = j.at("notes").get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception&) {
    return broken();
  }
  if (r.starts.values.size() != r.starts.rows * r.starts.cols) return broken();
  return r;
}

}  // namespace hillock::study
