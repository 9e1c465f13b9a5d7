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

/// What `simulate` says of the integrator that it took.
std::string taken(const std::string& text, const std::string& integrator, const std::string& dt) {
  const Scratch scratch;
  SimulateOptions options;
  options.model = scratch.write("m.model", text);
  options.integrator = integrator;
  options.dt = read_quantity_text(dt, "--dt", "second").value();
  options.duration = read_quantity_text("1 second", "--duration", "second").value();
  Silent silent;
  const auto answer = simulate_model(options, silent);
  if (!answer) return answer.error()[0].code;
  const auto json = nlohmann::json::parse(answer->json);
  const std::string name = json["integrator"].get<std::string>();
  return json.contains("integrator_reason") ? name + ": " + json["integrator_reason"].get<std::string>() : name;
}

TEST(SimulateAuto, ChoosesAndSaysWhy) {
  const std::string linear = "dx/dt = -x/(10*ms) : 1\ninit x = 1\n";
  const std::string cubic = "dx/dt = (1 - x**3)*second**-1*RATE : 1\n";
  const auto at_rate = [&](const std::string& rate) {
    std::string text = cubic;
    return text.replace(text.find("RATE"), 4, rate);
  };
  EXPECT_EQ(taken(linear, "", "1 ms"), "exponential_euler");  // by default: as it was
  EXPECT_EQ(taken(linear, "auto", "1 ms"), "exact: the equations are linear");
  EXPECT_EQ(taken(at_rate("1"), "auto", "1 ms"), "dopri5: the equations are not linear, smooth and free of noise");
  // df/dx = -3 x^2 rate from -0 to -3e4 per second: rk4 is stable to 2.785/3e4 s = 0.093 ms.
  EXPECT_EQ(taken(at_rate("1e4"), "auto", "1 ms"),
            "rodas4: the equations are stiff and not linear: rk4 needs steps below 0.093 ms");
  EXPECT_EQ(taken(at_rate("1"), "", "1 ms"),
            "dopri5: the equations are not linear, smooth and free of noise; exponential_euler needs each equation to "
            "be linear in its own state");
  EXPECT_EQ(taken(at_rate("1"), "exponential_euler", "1 ms"), "integrator-unfit");  // asked for by name
  EXPECT_EQ(taken("dx/dt = x*xi*second**-0.5 : 1\n", "auto", "1 ms"), "integrator-unfit");
}

}  // namespace
}  // namespace hillock::study
