/// Integrators on a cell of the shelf: Hodgkin & Huxley with an M current, whose spikes exponential Euler moves.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <cmath>

#include "study/quantity_text.hpp"
#include "study/simulate.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

struct Cell {
  std::vector<double> spikes_ms;
  double last_v = 0.0;
};

Cell run(const std::string& integrator, double dt_ms, double duration_ms) {
  SimulateOptions options;
  options.model = HILLOCK_SOURCE_DIR "/models/conductance_based/hh_m_current.model";
  options.integrator = integrator;
  const auto time = [](double ms) {
    return read_quantity_text(std::to_string(ms) + " ms", "--time", "second").value();
  };
  options.dt = time(dt_ms);
  options.duration = time(duration_ms);
  options.inputs.push_back({"I", "3.25 uA/cm**2", {"--input", {}}});
  Silent silent;
  const auto answer = simulate_model(options, silent);
  if (!answer) {
    ADD_FAILURE() << render(answer.error());
    return {};
  }
  const auto json = nlohmann::json::parse(answer->json);
  Cell out;
  out.spikes_ms = json["spikes_ms"].get<std::vector<double>>();
  for (const auto& o : json["outputs"])
    if (o["name"] == "V") out.last_v = o["last"].get<double>();
  return out;
}

/// The largest difference of spike times, infinite where their number differs.
double moved(const Cell& a, const Cell& b) {
  if (a.spikes_ms.size() != b.spikes_ms.size()) return std::numeric_limits<double>::infinity();
  double out = 0.0;
  for (std::size_t i = 0; i < a.spikes_ms.size(); ++i) out = std::max(out, std::fabs(a.spikes_ms[i] - b.spikes_ms[i]));
  return out;
}

TEST(IntegratorsOnACell, ExponentialMidpointIsOfSecondOrderThroughASpike) {
  // V at 20 ms, after the first spike at 9 ms, against rk4 at a step of 1 us, whose error is (0.001/0.01)^4 of less
  // than 0.01 mV.
  const double exact = run("rk4", 0.001, 20.0).last_v;
  const auto error = [&](double dt) { return std::fabs(run("exponential_midpoint", dt, 20.0).last_v - exact); };
  const double coarse = error(0.01), fine = error(0.005);
  EXPECT_NEAR(std::log2(coarse / fine), 2.0, 0.15) << coarse << " " << fine;
}

TEST(IntegratorsOnACell, SpikeTimesConvergeAtStepsThatDifferTwentyfold) {
  const Cell converged = run("rk4", 0.001, 120.0);
  ASSERT_EQ(converged.spikes_ms.size(), 6U);
  // Exponential Euler at its usual step, and at a tenth of it.
  EXPECT_GT(moved(run("exponential_euler", 0.01, 120.0), converged), 0.9);
  EXPECT_GT(moved(run("exponential_euler", 0.001, 120.0), converged), 0.09);
  // Both within 0.05 ms, of which a step is the grid's.
  EXPECT_LT(moved(run("exponential_midpoint", 0.01, 120.0), converged), 0.05);
  EXPECT_LT(moved(run("rk4", 0.04, 120.0), converged), 0.05);
}

}  // namespace
}  // namespace hillock::study
