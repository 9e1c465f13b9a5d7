#include "study/simulate_spike_times.hpp"

#include <fmt/format.h>

namespace hillock::study {

std::optional<std::vector<double>> spike_times_in(std::span<const double> values, std::size_t stride,
                                                  std::size_t counter, std::size_t kept) {
  std::vector<double> out;
  for (std::size_t i = 0; (i + 1) * stride < values.size(); ++i) {
    const double before = values[i * stride + counter], after = values[(i + 1) * stride + counter];
    if (after - before > static_cast<double>(kept)) return {};
    for (double n = before; n < after; n += 1.0)
      out.push_back(values[(i + 1) * stride + counter + 1 + static_cast<std::size_t>(n) % kept]);
  }
  return out;
}

Result<std::vector<double>> spike_times_by_finer_samples(const ir::Model& model, const sim::Experiment& experiment,
                                                         const std::vector<double>& point,
                                                         const sim::ProgramRequest& request,
                                                         const sim::RunOptions& options,
                                                         const std::function<bool()>& stop) {
  constexpr std::size_t closer = 8;
  constexpr std::size_t most_samples = 5000000;
  ir::Model counted = model;
  counted.observations.resize(1);
  Array2 at(1, point.size());
  at.values = point;
  sim::Experiment finer = experiment;
  std::optional<std::vector<double>> times;
  while (!times && (finer.samples - 1) * closer < most_samples) {
    finer.interval /= static_cast<double>(closer);
    finer.samples = (finer.samples - 1) * closer + 1;
    finer.mask.assign(finer.samples, 1);
    auto batch = sim::Batch::create(counted, finer, request, options);
    if (!batch) return fail(std::move(batch.error()));
    bool done = false;
    batch->outputs(
        at,
        [&](std::size_t, std::span<const double> values) {
          done = true;
          times = spike_times_in(values, batch->program().outputs_per_sample, 2, batch->program().spike_times);
        },
        stop);
    if (!done) return fail("interrupted", "stopped: the simulation was not done");
  }
  if (times) return std::move(*times);
  return fail("too-many-spikes",
              fmt::format("there are so many spikes that samples {:.3g} ms apart do not tell them from each other",
                          finer.interval * 1e3),
              "--dt", "does the reset bring the cell below its threshold? Else a shorter --duration");
}

}  // namespace hillock::study
