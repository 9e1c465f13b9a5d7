#include "study/fit_predict.hpp"

#include <algorithm>
#include <cmath>

#include "verify/coverage.hpp"
#include "verify/expected_error.hpp"

namespace hillock::study {

Result<Predictions> predict(const ir::Model& model, const sim::Experiment& experiment, std::string_view integrator,
                            std::span<const double> best, const Array2& draws, const sim::RunOptions& run,
                            Progress& progress) {
  sim::Experiment everywhere = experiment;  // left-out samples are predicted too: they are shown, not counted
  everywhere.mask.assign(experiment.samples, 1);
  auto batch = sim::Batch::create(model, everywhere, {sim::Purpose::trace, integrator, {}}, run);
  if (!batch) return fail(std::move(batch.error()));
  const std::size_t n = experiment.samples;
  const std::size_t channels = model.observations.size();

  Predictions out;
  out.channels.resize(channels);
  Array2 one(1, best.size());
  std::copy(best.begin(), best.end(), one.values.begin());
  batch->outputs(one, [&](std::size_t, std::span<const double> values) {
    for (std::size_t o = 0; o < channels; ++o) {
      out.channels[o].best.resize(n);
      for (std::size_t i = 0; i < n; ++i) out.channels[o].best[i] = values[(i * channels + o) * 2];
    }
  });
  if (draws.rows == 0) return out;

  progress.begin("predict " + experiment.name, static_cast<double>(draws.rows));
  std::vector<std::vector<double>> square(channels, std::vector<double>(n));    // sum of squared deviations (Welford)
  std::vector<std::vector<double>> variance(channels, std::vector<double>(n));  // sum of noise variances
  std::vector<verify::PredictivePlace> places;
  std::vector<bool> has_data;
  for (std::size_t o = 0; o < channels; ++o) {
    out.channels[o].mean.assign(n, 0.0);
    const auto data = experiment.observed.find(model.observations[o].channel);
    has_data.push_back(data != experiment.observed.end());
    places.emplace_back(has_data[o] ? std::span<const double>(data->second) : std::span<const double>());
  }
  std::vector<double> trace(n);
  std::vector<double> sd(n);
  batch->outputs(draws, [&](std::size_t k, std::span<const double> values) {
    progress.update(static_cast<double>(k), "");
    if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) {
      ++out.failed;
      return;
    }
    ++out.draws;
    const auto count = static_cast<double>(out.draws);
    for (std::size_t o = 0; o < channels; ++o) {
      std::vector<double>& mean = out.channels[o].mean;
      for (std::size_t i = 0; i < n; ++i) {
        trace[i] = values[(i * channels + o) * 2];
        sd[i] = values[(i * channels + o) * 2 + 1];
        const double off = trace[i] - mean[i];
        mean[i] += off / count;
        square[o][i] += off * (trace[i] - mean[i]);
        variance[o][i] += sd[i] * sd[i];
      }
      out.channels[o].expected_rms.push_back(
          verify::expected_error(out.channels[o].best, trace, sd, experiment.mask, 1.0));
      if (has_data[o]) places[o].add(trace, sd);
    }
  });
  for (std::size_t o = 0; o < channels && out.draws > 0; ++o) {
    Prediction& p = out.channels[o];
    p.sd_parameters.resize(n);
    p.sd_total.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double parameters = out.draws > 1 ? square[o][i] / static_cast<double>(out.draws - 1) : 0.0;
      p.sd_parameters[i] = std::sqrt(parameters);
      p.sd_total[i] = std::sqrt(parameters + variance[o][i] / static_cast<double>(out.draws));
    }
    if (has_data[o]) p.place = places[o].place();
  }
  return out;
}

Result<std::vector<std::vector<double>>> innovations(const ir::Model& model, const sim::Experiment& experiment,
                                                     std::string_view integrator, std::span<const double> parameters,
                                                     const sim::RunOptions& run) {
  auto batch = sim::Batch::create(model, experiment, {sim::Purpose::innovations, integrator, {}}, run);
  if (!batch) return fail(std::move(batch.error()));
  const std::size_t channels = model.observations.size();
  std::vector<std::vector<double>> out(channels, std::vector<double>(experiment.samples, 0.0));
  Array2 one(1, parameters.size());
  std::copy(parameters.begin(), parameters.end(), one.values.begin());
  batch->outputs(one, [&](std::size_t, std::span<const double> values) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < experiment.samples; ++i) {
      if (experiment.mask[i] == 0) continue;
      for (std::size_t o = 0; o < channels; ++o) out[o][i] = values[(kept * channels + o) * 2];
      ++kept;
    }
  });
  return out;
}

Result<double> sum_of_squares(const ir::Model& model, const sim::Experiment& experiment, std::string_view integrator,
                              std::span<const double> parameters, const sim::RunOptions& run) {
  auto batch = sim::Batch::create(model, experiment, {sim::Purpose::squares, integrator, {}}, run);
  if (!batch) return fail(std::move(batch.error()));
  Array2 one(1, parameters.size());
  std::copy(parameters.begin(), parameters.end(), one.values.begin());
  Array2 carried;
  batch->sums(one, carried);
  return carried(0, batch->program().value[0]);
}

}  // namespace hillock::study
