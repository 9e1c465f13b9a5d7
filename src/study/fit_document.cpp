#include "study/fit_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "prob/marginal.hpp"
#include "study/posterior_axis.hpp"

namespace hillock::study {
namespace {

constexpr double z50 = 0.6744897501960817;
constexpr double z90 = 1.6448536269514722;
constexpr std::size_t shown_lags = 600;

report::Quantiles bands(const std::vector<double>& mean, const std::vector<double>& sd, const units::Unit& unit) {
  report::Quantiles q;
  if (mean.empty() || sd.empty()) return q;
  const auto at = [&](double z) {
    std::vector<double> out(mean.size());
    for (std::size_t i = 0; i < mean.size(); ++i) out[i] = unit.from_si(mean[i] + z * sd[i]);
    return out;
  };
  q.q05 = at(-z90), q.q25 = at(-z50), q.q50 = at(0.0), q.q75 = at(z50), q.q95 = at(z90);
  return q;
}

std::vector<double> shown(std::vector<double> values, const units::Unit& unit) {
  for (double& v : values) v = unit.from_si(v);
  return values;
}

report::DataSet data_set(const Evidence& e, const Exhibits& x, std::size_t s, std::size_t o) {
  const ir::Model& model = *e.target->model;
  const LoadedSplit& split = e.splits[s];
  const ir::Observation& observation = model.observations[o];
  const Prediction& p = x.predictions[s].channels[o];
  report::DataSet d;
  d.name = split.name + (model.observations.size() > 1 ? ": " + observation.channel : "");
  d.role = s == 0 ? "train" : "test";
  if (e.study->data[s].command_in_gaps == "interpolated" && !split.gaps.empty())
    d.note = "The command is interpolated across left-out samples.";
  for (std::size_t i = 0; i < split.experiment.samples; ++i) d.time_ms.push_back(split.experiment.time_of(i) * 1e3);
  d.observed_name = observation.channel;
  d.observed_unit = observation.unit.name;
  d.observed = shown(split.experiment.observed.at(observation.channel), observation.unit);
  d.keep = split.experiment.mask;
  if (const std::span<const double> command = command_of(model, split); !command.empty()) {
    const ir::Symbol& input = model.symbol(model.inputs.front());
    d.command_name = input.name;
    d.command_unit = input.unit.name;
    d.command = shown({command.begin(), command.end()}, input.unit);
  }
  d.best = shown(p.best, observation.unit);
  d.predictive = bands(p.mean, p.sd_total, observation.unit);
  d.parameters_only = bands(p.mean, p.sd_parameters, observation.unit);
  if (o == 0 && s < x.autocorrelation.size()) {
    const verify::Autocorrelation& acf = x.autocorrelation[s];
    const std::size_t lags = std::min(shown_lags, acf.rho.size());
    for (std::size_t k = 0; k < lags; ++k) {
      d.autocorrelation.lag_ms.push_back(static_cast<double>(k) * split.experiment.interval * 1e3);
      d.autocorrelation.value.push_back(acf.rho[k]);
    }
    if (acf.samples > 0) d.autocorrelation.white_band = 1.96 / std::sqrt(static_cast<double>(acf.samples));
  }
  return d;
}

report::Posterior posterior(const Evidence& e) {
  report::Posterior out;
  if (e.posterior == nullptr || e.posterior->points.rows == 0) return out;
  const prob::ParameterSpace& space = *e.target->space;
  const std::size_t wanted =
      std::min<std::size_t>(e.posterior->points.rows, static_cast<std::size_t>(e.study->report.pair_draws));
  Array2 picked(wanted, space.size());
  for (std::size_t k = 0; k < wanted; ++k) {
    const auto row = e.posterior->points.row(k * e.posterior->points.rows / wanted);
    std::copy(row.begin(), row.end(), picked.row(k).begin());
  }
  out.draws = space.to_constrained(picked);
  const prob::Marginals marginals(space);
  for (std::size_t j = 0; j < space.size(); ++j) {
    const units::Unit& unit = e.target->model->symbol(e.target->model->parameters[j].symbol).unit;
    for (std::size_t k = 0; k < wanted; ++k) out.draws(k, j) = unit.from_si(out.draws(k, j));
    out.axes.push_back(posterior_axis(space, marginals, j, unit, unit.from_si(e.best[j])));
  }
  return out;
}

}  // namespace

report::Document make_document(const Evidence& e, const Exhibits& x, const verify::Verdict& verdict) {
  report::Document d;
  d.title = e.study->report.title.empty() ? e.study->name : e.study->report.title;
  d.study = e.study->file;
  d.command = "hillock fit study.lock.toml";
  d.verdict = verdict;
  for (std::size_t s = 0; s < x.predictions.size(); ++s)
    for (std::size_t o = 0; o < e.target->model->observations.size(); ++o) d.data_sets.push_back(data_set(e, x, s, o));
  d.posterior = posterior(e);
  if (e.search != nullptr) {
    // In the error measure of the study.
    const double factor = e.search->errors.front() > 0.0 ? verdict.fit.error / e.search->errors.front() : 1.0;
    for (const double error : e.search->errors) d.start_errors.push_back(error * factor);
  }
  d.model_text = e.target->model->source_text;
  for (const LoadedSplit& s : e.splits)
    if (const std::size_t left_out = s.experiment.samples - s.experiment.kept(); left_out > 0)
      d.log.push_back({"data", fmt::format("{}: {} of {} samples are left out by the mask, in {} windows", s.name,
                                           left_out, s.experiment.samples, s.gaps.size())});
  if (e.search != nullptr)
    for (const std::string& note : e.search->notes) d.log.push_back({"search", note});
  if (e.posterior != nullptr)
    for (const std::string& note : e.posterior->notes) d.log.push_back({"posterior", note});
  for (const std::string& note : x.notes) d.log.push_back({"verify", note});
  for (const std::string& what : verdict.not_done) d.log.push_back({"not done", what});
  return d;
}

}  // namespace hillock::study
