#include "study/fit_verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "infer/diagnostics.hpp"
#include "prob/marginal.hpp"
#include "verify/baselines.hpp"
#include "verify/block_bootstrap.hpp"
#include "verify/coverage.hpp"
#include "verify/identifiability.hpp"
#include "verify/knowledge.hpp"
#include "verify/optima.hpp"
#include "verify/rules.hpp"
#include "verify/sandwich.hpp"
#include "verify/whiteness.hpp"

namespace hillock::study {
namespace {

constexpr double z90 = 1.6448536269514722;  // central 90 % of a normal
constexpr std::size_t longest_lag = 4000;   // samples: 400 ms at 10 kHz
constexpr std::size_t time_bins = 32;       // as WhitenessOptions::time_bins

double variance(const std::vector<double>& values) {
  double mean = 0.0;
  for (const double v : values) mean += v / static_cast<double>(values.size());
  double sum = 0.0;
  for (const double v : values) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(values.size() - 1);
}

/// `count` rows, evenly spaced.
Array2 thinned(const Array2& rows, std::size_t count) {
  count = std::min(count, rows.rows);
  Array2 out(count, rows.cols);
  for (std::size_t k = 0; k < count; ++k) {
    const auto from = rows.row(k * rows.rows / count);
    std::copy(from.begin(), from.end(), out.row(k).begin());
  }
  return out;
}

/// Is the recording said to be of another cell than the one that was fitted?
bool of_another_cell(const DataSplit& train, const DataSplit& other) {
  return !train.cell.empty() && !other.cell.empty() && train.cell != other.cell;
}

/// What a recording of the same cell differs in from the one that was fitted. A command within 1 % of its range, root
/// mean square, all along, and constants within 1 %, are the same protocol once more: a repeat is never recorded quite
/// alike. Part of the protocol is the same protocol too; more than all of it is another.
verify::HeldOut protocol_of(const LoadedSplit& train, const LoadedSplit& other) {
  constexpr double alike = 0.01;
  const sim::Experiment& a = train.experiment;
  const sim::Experiment& b = other.experiment;
  for (const auto& [name, value] : b.constants) {
    const auto found = a.constants.find(name);
    if (found == a.constants.end() || std::fabs(value - found->second) > alike * std::fabs(found->second))
      return verify::HeldOut::other_protocol;
  }
  for (const auto& [name, value] : a.constants)
    if (!b.constants.contains(name)) return verify::HeldOut::other_protocol;
  const double last = static_cast<double>(b.samples - 1) * b.interval / a.interval;
  if (last > (1.0 + alike) * static_cast<double>(a.samples)) return verify::HeldOut::other_protocol;
  for (const auto& [name, values] : other.commands) {
    const std::vector<double>& fitted = train.commands.at(name);
    const auto [low, high] = std::minmax_element(fitted.begin(), fitted.end());
    double squares = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto at = static_cast<std::size_t>(std::llround(static_cast<double>(i) * b.interval / a.interval));
      const double off = values[i] - fitted[std::min(at, fitted.size() - 1)];
      squares += off * off;
    }
    if (std::sqrt(squares / static_cast<double>(values.size())) > alike * (*high - *low))
      return verify::HeldOut::other_protocol;
  }
  return verify::HeldOut::same_protocol;
}

class Verifier {
 public:
  Verifier(Evidence& evidence, verify::Verdict& verdict, Progress& progress)
      : e_(evidence),
        v_(verdict),
        progress_(progress),
        study_(*evidence.study),
        model_(*evidence.target->model),
        space_(*evidence.target->space),
        marginals_(space_) {}

  Result<Exhibits> run() {
    v_.study = study_.name;
    v_.inference = e_.posterior != nullptr ? e_.posterior->method : "none";
    if (auto done = predictions(); !done) return fail(std::move(done.error()));
    training_residuals();
    fit_box();
    if (auto done = parameters(); !done) return fail(std::move(done.error()));
    for (std::size_t s = 1; s < e_.splits.size(); ++s)
      for (std::size_t o = 0; o < model_.observations.size(); ++o)
        if (auto done = held_out(s, o); !done) return fail(std::move(done.error()));
    if (auto done = numerics(); !done) return fail(std::move(done.error()));
    if (auto done = what_is_known(); !done) return fail(std::move(done.error()));
    verify::Thresholds thresholds;
    thresholds.level = study_.verify.level;
    verify::judge(v_, thresholds);
    return std::move(out_);
  }

 private:
  const units::Unit& unit(std::size_t j) const { return model_.symbol(model_.parameters[j].symbol).unit; }
  std::span<const double> command(std::size_t split) const { return command_of(model_, e_.splits[split]); }
  double interval_ms(const LoadedSplit& s) const { return s.experiment.interval * 1e3; }

  Result<void> predictions() {
    Array2 draws(0, space_.size());
    if (e_.posterior != nullptr && e_.posterior->points.rows > 0)
      draws = space_.to_constrained(
          thinned(e_.posterior->points, static_cast<std::size_t>(study_.verify.predictive_draws)));
    v_.numerics.predictive_draws = static_cast<std::int64_t>(draws.rows);
    v_.numerics.failed_predictive = 0;
    for (const LoadedSplit& s : e_.splits) {
      auto predicted = predict(model_, s.experiment, e_.target->integrator, e_.best, draws, e_.target->run, progress_);
      if (!predicted) return fail(std::move(predicted.error()));
      e_.target->simulations += static_cast<std::int64_t>(draws.rows) + 1;
      v_.numerics.failed_predictive = std::max(v_.numerics.failed_predictive, predicted->failed);
      out_.predictions.push_back(std::move(*predicted));
    }
    return {};
  }

  std::vector<double> residuals(std::size_t split, std::size_t channel) const {
    const std::vector<double>& data = e_.splits[split].experiment.observed.at(model_.observations[channel].channel);
    const std::vector<double>& best = out_.predictions[split].channels[channel].best;
    std::vector<double> out(data.size());
    for (std::size_t i = 0; i < data.size(); ++i) out[i] = data[i] - best[i];
    return out;
  }

  void training_residuals() {
    for (std::size_t s = 0; s < e_.splits.size(); ++s) {
      const LoadedSplit& split = e_.splits[s];
      out_.autocorrelation.push_back(verify::autocorrelation(residuals(s, 0), split.experiment.mask,
                                                             std::min(longest_lag, split.experiment.samples / 4)));
      independence_.push_back(verify::independence(out_.autocorrelation.back(), interval_ms(split)));
    }
    const verify::Autocorrelation& acf = out_.autocorrelation.front();
    verify::Residuals& r = v_.residuals;
    r.sd = acf.sd / model_.observations.front().unit.factor;
    r.lag1 = acf.rho.size() > 1 ? acf.rho[1] : verify::not_computed;
    r.correlation_time_ms = independence_.front().correlation_time_ms;
    auto white = innovations(model_, e_.splits[0].experiment, e_.target->integrator, e_.mode, e_.target->run);
    if (!white) return;
    verify::WhitenessOptions options;
    options.level = study_.verify.level;
    const verify::SeriesLayout layout{e_.splits[0].experiment.samples, e_.splits[0].experiment.mask, command(0),
                                      interval_ms(e_.splits[0])};
    auto plan = verify::plan_whiteness(layout, options);
    if (!plan) {
      out_.notes.push_back("residual tests not run: " + plan.error().front().message);
      return;
    }
    for (const std::string& skipped : plan->not_run) out_.notes.push_back("residual test not run: " + skipped);
    double smallest = 1.0;
    bool any = false;
    for (std::size_t o = 0; o < white->size(); ++o) {
      auto found = verify::whiteness((*white)[o], *plan);
      if (!found) {
        out_.notes.push_back("residual tests not run: " + found.error().front().message);
        continue;
      }
      any = true;
      const std::string prefix = white->size() > 1 ? model_.observations[o].channel + ": " : "";
      for (const verify::WhitenessTest& test : found->tests) r.tests.emplace_back(prefix + test.name, test.p);
      smallest = std::min(smallest, found->p * static_cast<double>(white->size()));
    }
    if (any) r.whiteness_p = std::min(1.0, smallest);
  }

  /// Of the training data's first channel, over the kept samples.
  double range(std::size_t split, std::size_t channel) const {
    const LoadedSplit& s = e_.splits[split];
    return verify::kept_range(s.experiment.observed.at(model_.observations[channel].channel), s.experiment.mask);
  }

  /// The study's error measure of a root mean square in SI.
  double measure(double rms, double data_range, std::size_t channel) const {
    return study_.observe.error == "rms" ? rms / model_.observations[channel].unit.factor : rms / data_range;
  }

  void fit_box() {
    verify::Fit& f = v_.fit;
    const SearchResult& s = *e_.search;
    const bool relative = study_.observe.error != "rms";
    f.error_measure = relative ? "rms / range of the data" : "rms, " + model_.observations.front().unit.name;
    // With one channel the sums are in its unit; with several each is already divided by its range.
    const double rms = s.errors.front();
    f.error = model_.observations.size() > 1 ? rms : measure(rms, range(0, 0), 0);
    f.starts = static_cast<std::int64_t>(s.errors.size());
    std::vector<double> scale;
    for (const std::uint32_t j : e_.target->mechanism)
      scale.push_back(std::sqrt(marginals_.unconstrained_variance(j)) / 20.0);
    verify::OptimaOptions options;
    options.error_tolerance = study_.search.agreement;
    const verify::Optima optima = verify::count_optima(s.starts, s.errors, scale, options);
    f.starts_within_0_1_percent = optima.agreeing;
    f.starts_failed = optima.failed;
    f.distinct_optima = optima.distinct;
    f.screened = s.screened;
    f.screened_failed = s.screened_failed;
    f.samples = static_cast<std::int64_t>(e_.target->experiment.kept() * model_.observations.size());
    f.effective_samples = independence_.front().effective_samples;
  }

  /// Covariances of the mechanism at the best fit if samples were independent, and corrected for their correlation.
  Result<verify::Sandwich> independent_and_corrected() {
    ir::Model plain = model_;
    for (std::size_t o = 0; o < plain.observations.size(); ++o) {
      const std::vector<double> r = residuals(0, o);
      double sum = 0.0;
      for (std::size_t i = 0; i < r.size(); ++i) sum += e_.splits[0].experiment.mask[i] != 0 ? r[i] * r[i] : 0.0;
      const double sd = std::sqrt(sum / static_cast<double>(e_.splits[0].experiment.kept()));
      plain.observations[o].family = ir::NoiseFamily::normal;
      plain.observations[o].sd = plain.graph.constant(sd > 0.0 ? sd : 1.0);
    }
    const std::vector<std::uint32_t>& mechanism = e_.target->mechanism;
    const std::size_t d = mechanism.size();
    const sim::Experiment& experiment = e_.splits[0].experiment;
    auto fisher =
        sim::Batch::create(plain, experiment, {sim::Purpose::fisher, e_.target->integrator, mechanism}, e_.target->run);
    if (!fisher) return fail(std::move(fisher.error()));
    auto scores =
        sim::Batch::create(plain, experiment, {sim::Purpose::scores, e_.target->integrator, mechanism}, e_.target->run);
    if (!scores) return fail(std::move(scores.error()));
    Array2 point(1, space_.size());
    std::copy(e_.best.begin(), e_.best.end(), point.values.begin());
    std::vector<double> slope;
    std::vector<double> precision;
    for (const std::uint32_t j : mechanism) {
      slope.push_back(space_.transform(j, space_.to_unconstrained(j, e_.best[j])).dx_du);
      precision.push_back(1.0 / marginals_.unconstrained_variance(j));
    }
    Array2 carried;
    fisher->sums(point, carried);
    Array2 information(d, d);
    std::size_t entry = 0;
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j <= i; ++j)
        information(i, j) = information(j, i) = carried(0, fisher->program().matrix[entry++]) * slope[i] * slope[j];
    const double correlation = independence_.front().correlation_time_ms / interval_ms(e_.splits[0]);
    const std::size_t block = verify::block_length(correlation, experiment.samples).samples;
    const std::size_t blocks = (experiment.samples + block - 1) / block;
    Array2 sums(blocks, d);
    scores->outputs(point, [&](std::size_t, std::span<const double> values) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < experiment.samples; ++i) {
        if (experiment.mask[i] == 0) continue;
        for (std::size_t j = 0; j < d; ++j) sums(i / block, j) += values[kept * d + j] * slope[j];
        ++kept;
      }
    });
    e_.target->gradients += 2;
    verify::SandwichOptions options;
    options.prior_precision = precision;
    return verify::sandwich(information, sums, options);
  }

  Result<void> parameters() {
    auto covariances = independent_and_corrected();
    if (!covariances)
      out_.notes.push_back("intervals corrected for correlation not computed: " + covariances.error().front().message);
    const std::vector<std::uint32_t>& mechanism = e_.target->mechanism;
    for (std::size_t j = 0; j < space_.size(); ++j) {
      const units::Unit& u = unit(j);
      verify::ParameterSummary p;
      p.name = space_.names()[j];
      p.unit = u.name;
      const auto place = std::find(mechanism.begin(), mechanism.end(), static_cast<std::uint32_t>(j));
      p.is_noise = place == mechanism.end();
      p.best = u.from_si(e_.best[j]);
      p.prior_q05 = u.from_si(marginals_.quantile(j, 0.05));
      p.prior_q95 = u.from_si(marginals_.quantile(j, 0.95));
      if (e_.posterior != nullptr && e_.posterior->points.rows > 1) {
        const std::vector<double> column = e_.posterior->points.column(j);
        const auto shown = [&](double level) {
          return u.from_si(space_.to_constrained(j, infer::quantile(column, level)));
        };
        p.q05 = shown(0.05);
        p.median = shown(0.5);
        p.q95 = shown(0.95);
        p.contraction = 1.0 - variance(column) / marginals_.unconstrained_variance(j);
        if (!e_.posterior->rhat.empty()) {
          p.rhat = e_.posterior->rhat[j];
          p.ess_bulk = e_.posterior->ess_bulk[j];
          p.ess_tail = e_.posterior->ess_tail[j];
        }
      }
      if (covariances && !p.is_noise) {
        const auto m = static_cast<std::size_t>(place - mechanism.begin());
        const double centre = space_.to_unconstrained(j, e_.best[j]);
        const double naive = std::sqrt(covariances->naive(m, m));
        const double corrected = std::sqrt(covariances->covariance(m, m));
        p.q05_independent = u.from_si(space_.to_constrained(j, centre - z90 * naive));
        p.q95_independent = u.from_si(space_.to_constrained(j, centre + z90 * naive));
        p.q05_corrected = u.from_si(space_.to_constrained(j, centre - z90 * corrected));
        p.q95_corrected = u.from_si(space_.to_constrained(j, centre + z90 * corrected));
      }
      v_.parameters.push_back(std::move(p));
    }
    if (e_.posterior != nullptr) {
      v_.numerics.draws = static_cast<std::int64_t>(e_.posterior->points.rows);
      v_.numerics.divergences = e_.posterior->divergences;
    }
    return {};
  }

  verify::BootstrapOptions blocks(std::size_t split) const {
    verify::BootstrapOptions options;
    const LoadedSplit& s = e_.splits[split];
    options.block =
        verify::block_length(independence_[split].correlation_time_ms / interval_ms(s), s.experiment.samples).samples;
    options.replicates = static_cast<std::size_t>(study_.verify.bootstrap);
    options.seed = static_cast<std::uint64_t>(study_.seed);
    return options;
  }

  /// The straight line in the command that fits the training data best: a conductance and a reversal, and nothing else.
  double line_error(std::size_t split, std::size_t channel, double data_range) const {
    const LoadedSplit& train = e_.splits[0];
    const LoadedSplit& test = e_.splits[split];
    const std::span<const double> x = command(0);
    const std::span<const double> x_test = command(split);
    if (x.empty() || x_test.empty()) return verify::not_computed;
    const std::vector<double>& y = train.experiment.observed.at(model_.observations[channel].channel);
    double n = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      if (train.experiment.mask[i] == 0) continue;
      n += 1.0, sx += x[i], sy += y[i], sxx += x[i] * x[i], sxy += x[i] * y[i];
    }
    const double spread = sxx - sx * sx / n;
    if (!(spread > 0.0)) return verify::not_computed;
    const double slope = (sxy - sx * sy / n) / spread;
    const double offset = (sy - slope * sx) / n;
    std::vector<double> line(x_test.size());
    for (std::size_t i = 0; i < line.size(); ++i) line[i] = offset + slope * x_test[i];
    return verify::relative_rms(line, test.experiment.observed.at(model_.observations[channel].channel),
                                test.experiment.mask, data_range);
  }

  double constant_error(std::size_t split, std::size_t channel, double data_range) const {
    const LoadedSplit& train = e_.splits[0];
    const std::vector<double>& y = train.experiment.observed.at(model_.observations[channel].channel);
    double sum = 0.0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += train.experiment.mask[i] != 0 ? y[i] : 0.0;
    const LoadedSplit& test = e_.splits[split];
    const std::vector<double> flat(test.experiment.samples, sum / static_cast<double>(train.experiment.kept()));
    return verify::relative_rms(flat, test.experiment.observed.at(model_.observations[channel].channel),
                                test.experiment.mask, data_range);
  }

  Result<void> held_out(std::size_t split, std::size_t channel) {
    const LoadedSplit& s = e_.splits[split];
    const Prediction& p = out_.predictions[split].channels[channel];
    const std::vector<double>& data = s.experiment.observed.at(model_.observations[channel].channel);
    const double data_range = range(split, channel);
    const bool relative = study_.observe.error != "rms";
    const double divisor = relative ? data_range : model_.observations[channel].unit.factor;
    const std::vector<double> r = residuals(split, channel);
    const verify::BootstrapOptions options = blocks(split);
    const std::string what =
        s.name + (model_.observations.size() > 1 ? " " + model_.observations[channel].channel : "");
    // Where samples are left out, a sampled command in the gaps is either what was recorded or a line across them.
    const DataSplit& source = study_.data[split];
    const bool interpolated = source.command_in_gaps == "interpolated";
    const bool differs =
        !s.gaps.empty() && std::any_of(source.inputs.begin(), source.inputs.end(), [](const InputSource& i) {
          return std::holds_alternative<SampledInput>(i.source);
        });

    verify::Generalisation g;
    g.kind = of_another_cell(study_.train(), source) ? verify::HeldOut::other_cell : protocol_of(e_.splits[0], s);
    g.name =
        what +
        (differs ? (interpolated ? ", command interpolated across left-out samples" : ", command as recorded") : "");
    const verify::ErrorWithSe error = verify::rms_error(r, s.experiment.mask, divisor, options);
    g.error = error.error;
    g.error_se = error.se;
    g.samples = static_cast<std::int64_t>(error.samples);
    g.block_ms = static_cast<double>(options.block) * interval_ms(s);
    if (p.expected_rms.size() > 1) {
      double mean = 0.0;
      for (const double rms : p.expected_rms) mean += rms / static_cast<double>(p.expected_rms.size());
      g.expected_error = mean / divisor;
      g.expected_error_se = std::sqrt(variance(p.expected_rms)) / divisor;
    }
    if (!p.place.empty()) {
      const verify::Coverage half = verify::coverage_from_place(p.place, s.experiment.mask, 0.5, options);
      const verify::Coverage most = verify::coverage_from_place(p.place, s.experiment.mask, 0.9, options);
      g.coverage_50 = half.covered, g.coverage_50_se = half.se;
      g.coverage_90 = most.covered, g.coverage_90_se = most.se;
    }
    g.baselines.push_back({"mean of these data (no model)", verify::mean_baseline(data, s.experiment.mask, divisor)});
    g.baselines.push_back({"mean of the training data (no model)", constant_error(split, channel, divisor)});
    if (!command(split).empty())
      g.baselines.push_back(
          {"ohmic: a straight line in " + model_.symbol(model_.inputs.front()).name + ", fitted to the training data",
           line_error(split, channel, divisor)});
    v_.generalisation.push_back(g);

    if (!differs) return {};
    // The other treatment, for comparison.
    DataSplit flipped = source;
    flipped.command_in_gaps = interpolated ? "recorded" : "interpolated";
    auto loaded = load_experiment(study_, flipped, model_);
    if (!loaded) return fail(std::move(loaded.error()));
    auto other = predict(model_, loaded->experiment, e_.target->integrator, e_.best, Array2(0, space_.size()),
                         e_.target->run, progress_);
    if (!other) return fail(std::move(other.error()));
    e_.target->simulations += 1;
    std::vector<double> again(data.size());
    for (std::size_t i = 0; i < data.size(); ++i) again[i] = data[i] - other->channels[channel].best[i];
    const verify::ErrorWithSe beside = verify::rms_error(again, s.experiment.mask, divisor, options);
    verify::Generalisation h;
    h.name = what + (interpolated ? ", command as recorded" : ", command interpolated across left-out samples");
    h.kind = g.kind;
    h.error = beside.error;
    h.error_se = beside.se;
    h.block_ms = g.block_ms;
    h.samples = g.samples;
    h.gating = false;
    v_.generalisation.push_back(h);
    return {};
  }

  Result<void> numerics() {
    progress_.begin("numerics", 3.0);
    verify::Numerics& n = v_.numerics;
    n.integrator = e_.target->integrator;
    const sim::Experiment& experiment = e_.splits[0].experiment;
    n.dt_ms = experiment.interval * 1e3 / experiment.substeps;
    const double base = e_.search->best_sum;
    const auto change = [&](double other) { return std::fabs(std::sqrt(other / base) - 1.0); };
    if (study_.verify.half_step) {
      sim::Experiment finer = e_.target->experiment;
      finer.substeps *= 2;
      auto sum = sum_of_squares(model_, finer, e_.target->integrator, e_.best, e_.target->run);
      if (!sum) return fail(std::move(sum.error()));
      e_.target->simulations += 1;
      n.half_step_change = change(*sum);
    }
    progress_.update(1.0, "");
    n.other_integrator = study_.verify.other_integrator;
    if (study_.verify.other_integrator != "none" && study_.verify.other_integrator != e_.target->integrator) {
      auto sum = sum_of_squares(model_, e_.target->experiment, study_.verify.other_integrator, e_.best, e_.target->run);
      if (!sum) return fail(std::move(sum.error()));
      e_.target->simulations += 1;
      n.other_integrator_change = change(*sum);
    }
    progress_.update(2.0, "");
    gradient_check();
    return {};
  }

  /// Tangents against central differences, a little away from the best fit, where the gradient is not zero.
  void gradient_check() {
    const std::size_t d = e_.target->mechanism.size();
    const double away = 0.05;
    const double h = 1e-4;  // truncation h^2 ~ 1e-8, rounding 1e-13/h ~ 1e-9, relative
    Array2 centre(1, d);
    for (std::size_t m = 0; m < d; ++m) centre(0, m) = e_.search->starts(0, m) + (m % 2 == 0 ? away : -away);
    std::vector<double> cost(1);
    Array2 gradient;
    Array2 normal;
    e_.problem->linearise(centre, cost, gradient, normal);
    Array2 points(2 * d, d);
    for (std::size_t m = 0; m < d; ++m)
      for (std::size_t i = 0; i < d; ++i) {
        points(2 * m, i) = centre(0, i) + (i == m ? h : 0.0);
        points(2 * m + 1, i) = centre(0, i) - (i == m ? h : 0.0);
      }
    std::vector<double> costs(2 * d);
    e_.problem->cost(points, costs);
    double largest = 0.0;
    for (std::size_t m = 0; m < d; ++m) largest = std::max(largest, std::fabs(gradient(0, m)));
    double worst = 0.0;
    for (std::size_t m = 0; m < d; ++m)
      worst = std::max(worst, std::fabs((costs[2 * m] - costs[2 * m + 1]) / (2.0 * h) - gradient(0, m)) / largest);
    v_.numerics.gradient_check = worst;
  }

  Result<void> what_is_known() {
    std::optional<verify::Identifiability> found;
    if (e_.density != nullptr) {
      verify::IdentifiabilityInput input;
      const std::vector<std::uint32_t>& mechanism = e_.target->mechanism;
      std::vector<double> u(space_.size());
      for (std::size_t j = 0; j < u.size(); ++j) u[j] = space_.to_unconstrained(j, e_.mode[j]);
      const Array2 information = e_.density->information(u);
      if (!space_.independent())
        out_.notes.push_back(fmt::format(
            "identifiability: priors that depend on other parameters count with their marginals ({} draws), "
            "as if they were independent",
            prob::Marginals::draws));
      std::vector<double> slope;  // du / d(scale)
      for (const std::uint32_t j : mechanism) {
        const bool positive = space_.lower(j) >= 0.0 && e_.mode[j] > 0.0;
        const double dx = space_.transform(j, u[j]).dx_du;
        slope.push_back(positive ? e_.mode[j] / dx : 1.0 / dx);
        input.names.push_back(space_.names()[j]);
        input.scales.push_back(positive ? verify::Scale::log : verify::Scale::linear);
        // The spread of its marginal prior on that scale, from quantiles.
        constexpr int places = 400;
        std::vector<double> values;
        for (int i = 0; i < places; ++i) {
          const double x = marginals_.quantile(j, (i + 0.5) / places);
          values.push_back(positive ? std::log(x) : x);
        }
        input.prior_sd.push_back(std::sqrt(variance(values)));
      }
      input.information = Array2(mechanism.size(), mechanism.size());
      for (std::size_t a = 0; a < mechanism.size(); ++a)
        for (std::size_t b = 0; b < mechanism.size(); ++b)
          input.information(a, b) = information(mechanism[a], mechanism[b]) * slope[a] * slope[b];
      auto result = verify::identifiability(input);
      if (result) found = std::move(*result);
      else out_.notes.push_back("identifiability not computed: " + result.error().front().message);
    }
    std::vector<verify::Regime> regimes;
    for (std::size_t i = 0; i < model_.inputs.size() && i < 1; ++i) {
      const ir::Symbol& input = model_.symbol(model_.inputs[i]);
      verify::Regime regime;
      regime.what = "command " + input.name;
      regime.unit = input.unit.name;
      const auto bounds = [&](std::span<const double> values, double& low, double& high) {
        const auto [a, b] = std::minmax_element(values.begin(), values.end());
        low = std::isnan(low) ? input.unit.from_si(*a) : std::min(low, input.unit.from_si(*a));
        high = std::isnan(high) ? input.unit.from_si(*b) : std::max(high, input.unit.from_si(*b));
      };
      bounds(command(0), regime.trained_low, regime.trained_high);
      for (std::size_t s = 1; s < e_.splits.size(); ++s) bounds(command(s), regime.tested_low, regime.tested_high);
      for (const ir::Requirement& r : model_.requirements)
        if (r.bound && *r.bound == model_.inputs[i]) {
          regime.asked_low = std::isnan(regime.asked_low) ? input.unit.from_si(r.from)
                                                          : std::min(regime.asked_low, input.unit.from_si(r.from));
          regime.asked_high = std::isnan(regime.asked_high) ? input.unit.from_si(r.to)
                                                            : std::max(regime.asked_high, input.unit.from_si(r.to));
        }
      regimes.push_back(regime);
    }
    verify::KnowledgeOptions options;
    options.detectable_amplitude = verify::detectable_sine_amplitude(e_.splits[0].experiment.kept(), time_bins,
                                                                     study_.verify.level, options.detectable_power);
    v_.knowledge = verify::knowledge(v_.parameters, found ? &*found : nullptr, regimes, v_.generalisation, options);
    return {};
  }

  Evidence& e_;
  verify::Verdict& v_;
  Progress& progress_;
  const ResolvedStudy& study_;
  const ir::Model& model_;
  const prob::ParameterSpace& space_;
  const prob::Marginals marginals_;
  Exhibits out_;
  std::vector<verify::Independence> independence_;
};

}  // namespace

std::span<const double> command_of(const ir::Model& model, const LoadedSplit& split) {
  if (model.inputs.empty()) return {};
  return split.commands.at(model.symbol(model.inputs.front()).name);
}

Result<Exhibits> verify_fit(Evidence& evidence, verify::Verdict& verdict, Progress& progress) {
  return Verifier(evidence, verdict, progress).run();
}

}  // namespace hillock::study
