#include "study/check.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <cmath>

#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

const std::string herg = HILLOCK_SOURCE_DIR "/examples/herg/herg.model";

TEST(CheckModel, TheHergModelAsText) {
  const auto answer = check_model({herg, false});
  ASSERT_TRUE(answer) << render(answer.error());
  EXPECT_EQ(answer->text.substr(0, answer->text.find("cost of a step")),
            herg +
                ": a model without mistakes\n"
                "states (2)\n"
                "  a            [1]\n"
                "  r            [1]\n"
                "parameters (11)\n"
                "  p1           [1/ms]  loguniform(1e-07, 1000) 1/ms\n"
                "  p2           [1/mV]  uniform(1e-07, 0.4) 1/mV\n"
                "  p3           [1/ms]  loguniform(1e-07, 1000) 1/ms\n"
                "  p4           [1/mV]  uniform(1e-07, 0.4) 1/mV\n"
                "  p5           [1/ms]  loguniform(1e-07, 1000) 1/ms\n"
                "  p6           [1/mV]  uniform(1e-07, 0.4) 1/mV\n"
                "  p7           [1/ms]  loguniform(1e-07, 1000) 1/ms\n"
                "  p8           [1/mV]  uniform(1e-07, 0.4) 1/mV\n"
                "  p9           [uS]  loguniform(0.001, 10) uS\n"
                "  sigma        [nA]  loguniform(0.0001, 1) nA\n"
                "  tau          [ms]  loguniform(0.01, 1000) ms\n"
                "constants (3)\n"
                "  T            = 294.45 kelvin\n"
                "  R            = 8.314 joule/mole/kelvin\n"
                "  F            = 96485 coulomb/mole\n"
                "inputs (1)\n"
                "  V            [mV]\n"
                "observed (1)\n"
                "  I            [nA]  ar1 noise\n"
                "joint conditions (4)\n"
                "  max(k1) in [1.67e-5/ms, 1000/ms] for V in [-120*mV, 60*mV]\n"
                "  max(k2) in [1.67e-5/ms, 1000/ms] for V in [-120*mV, 60*mV]\n"
                "  max(k3) in [1.67e-5/ms, 1000/ms] for V in [-120*mV, 60*mV]\n"
                "  max(k4) in [1.67e-5/ms, 1000/ms] for V in [-120*mV, 60*mV]\n");
}

TEST(CheckModel, TheHergModelAsJson) {
  const auto answer = check_model({herg, false});
  ASSERT_TRUE(answer) << render(answer.error());
  const auto json = nlohmann::json::parse(answer->json);
  EXPECT_EQ(json["model"], herg);
  EXPECT_EQ(json["states"], (nlohmann::json::parse(R"([{"name":"a","unit":"1"},{"name":"r","unit":"1"}])")));
  ASSERT_EQ(json["parameters"].size(), 11U);
  EXPECT_EQ(json["parameters"][8],
            nlohmann::json::parse(R"({"name":"p9","unit":"uS","default":null,"prior":"loguniform(0.001, 10) uS"})"));
  EXPECT_EQ(json["inputs"], nlohmann::json::parse(R"([{"name":"V","unit":"mV"}])"));
  EXPECT_EQ(json["observed"], nlohmann::json::parse(R"([{"channel":"I","unit":"nA","noise":"ar1"}])"));
  EXPECT_EQ(json["requirements"].size(), 4U);
  EXPECT_EQ(json["constants"], nlohmann::json::parse(R"([{"name":"T","value":294.45,"unit":"kelvin"},
    {"name":"R","value":8.314,"unit":"joule/mole/kelvin"},{"name":"F","value":96485.0,"unit":"coulomb/mole"}])"));
  // Every integrator has a cost; more stages cost more; the gates' exact step needs at least the four rates' exp.
  const auto cost = [&](const char* name) {
    return json["cost"][name]["every_step"].get<int>() + json["cost"][name]["when_inputs_change"].get<int>();
  };
  EXPECT_LT(cost("euler"), cost("rk4"));
  EXPECT_LT(cost("rk4"), cost("dopri5"));
  EXPECT_GE(json["cost"]["exponential_euler"]["library_functions"].get<int>(), 4);
}

TEST(CheckModel, FormatIsAFixedPointAndMeansTheSame) {
  const auto once = check_model({herg, true});
  ASSERT_TRUE(once) << render(once.error());
  EXPECT_EQ(nlohmann::json::parse(once->json)["model"], once->text);
  const Scratch scratch;
  const std::string path = scratch.write("again.model", once->text);
  const auto twice = check_model({path, true});
  ASSERT_TRUE(twice) << render(twice.error());
  EXPECT_EQ(twice->text, once->text);
  auto a = nlohmann::json::parse(check_model({herg, false})->json);
  auto b = nlohmann::json::parse(check_model({path, false})->json);
  a.erase("model"), b.erase("model");
  a.erase("speed"), b.erase("speed");  // measured
  EXPECT_EQ(a, b);
}

TEST(CheckModel, PriorsOfEveryKindInTheirUnit) {
  const Scratch scratch;
  const auto answer = check_model({scratch.write("p.model", R"(param a : mV ~ uniform(-60 mV, 20 mV)
param b : ms ~ lognormal(5 ms, 0.5)
param c : nS ~ halfnormal(3 nS)
param d : 1 = 0.25
param e2 : mV = 1 mV ~ normal(0 mV, 10 mV)
param f : nA
x = a + e2 : volt
observe y ~ normal(c*x*d, f + c*a*b/second)
)"),
                                   false});
  ASSERT_TRUE(answer) << render(answer.error());
  EXPECT_EQ(scratch.without_path(answer->text.substr(0, answer->text.find("cost of a step"))),
            "DIR/p.model: a model without mistakes\n"
            "parameters (6)\n"
            "  a            [mV]  uniform(-60, 20) mV\n"
            "  b            [ms]  lognormal(5, 0.5) ms\n"
            "  c            [nS]  halfnormal(3) nS\n"
            "  d            [1]  = 0.25\n"
            "  e2           [mV]  = 1 mV ~ normal(0, 10) mV\n"
            "  f            [nA]  no value and no prior\n"
            "observed (1)\n"
            "  y            [nA]  normal noise\n");
}

TEST(CheckModel, AllMistakesAtOnceWithTheirPlaces) {
  const Scratch scratch;
  const auto answer = check_model({scratch.write("bad.model", "dx/dt = (y - x)/ms : 1\ninput V : vlot\n"), false});
  ASSERT_FALSE(answer);
  EXPECT_EQ(scratch.without_path(render(answer.error())),
            "DIR/bad.model:1:10: error: there is no 'y' here [unknown-name]\n"
            "    dx/dt = (y - x)/ms : 1\n"
            "             ^\n"
            "DIR/bad.model:2:11: error: there is no unit 'vlot' [unit-unknown]\n"
            "    input V : vlot\n"
            "              ^~~~\n"
            "    try: 'volt'\n");
  const auto missing = check_model({scratch.path("none.model"), false});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().front().code, "file-missing");
  // What cannot be written prettily is an error there too.
  EXPECT_FALSE(check_model({scratch.write("worse.model", "dx/dt = ((x : 1\n"), true}));
}

TEST(CheckModel, SpikesAndNoise) {
  const Scratch scratch;
  const auto answer = check_model({scratch.write("cell.model",
                                                 "const tau = 20 ms\n"
                                                 "dv/dt = -v/tau + 2*mV*xi*tau**-0.5 : mV (unless refractory)\n"
                                                 "dw/dt = -w/tau : mV\nthreshold v > 20*mV\nreset v = 0*mV; w += 1*mV\n"
                                                 "refractory 2*ms\n"),
                                   false});
  ASSERT_TRUE(answer) << render(answer.error());
  for (const char* part : {"noise in the equations (1)\n  xi           drives v\n",
                           "spikes\n  reset        v, w\n  refractory   no spike meanwhile, and these stand still: v\n",
                           "rk4                    cannot be used: rk4 has no place for the noise xi\n",
                           "dopri5                 cannot be used: dopri5 has no place for the noise xi\n"})
    EXPECT_NE(answer->text.find(part), std::string::npos) << part << answer->text;
  const auto json = nlohmann::json::parse(answer->json);
  EXPECT_EQ(json["noises"], nlohmann::json::parse(R"([{"name":"xi","drives":"v"}])"));
  EXPECT_EQ(json["spikes"], nlohmann::json::parse(R"({"reset":"v, w","refractory":true,"held":"v"})"));
  // Half a block of random numbers, 50 operations, and Box and Muller's: at every step, not once.
  EXPECT_GT(json["cost"]["euler"]["every_step"].get<int>(), 80);
  EXPECT_LT(json["cost"]["euler"]["once"].get<int>(), 10);
}

TEST(CheckModel, StandingStillCostsAChoiceAndNotTheFactorsOfTheStep) {
  const Scratch scratch;
  const auto cost = [&](const std::string& flag) {
    const auto answer =
        check_model({scratch.write("cell.model", "const tau = 20 ms\ndv/dt = (20*mV - v - w)/tau : mV" + flag +
                                                     "\ndw/dt = -w/(100*ms) : mV\nthreshold v > "
                                                     "10*mV\nreset v = 0*mV\nrefractory 2*ms\n"),
                     false});
    return nlohmann::json::parse(answer->json)["cost"]["exponential_euler"]["every_step"].get<int>();
  };
  EXPECT_EQ(cost(" (unless refractory)"), cost("") + 1);
}

TEST(CheckModel, SaysWhereAQuotientWasMadeSafe) {
  const Scratch scratch;
  const std::string path = scratch.write("m.model",
                                         "input v : mV\n"
                                         "a = 0.1/ms/mV*(v + 40*mV)/(1 - exp(-(v + 40*mV)/(10*mV))) : 1/second\n"
                                         "b = 0.125*exp(-(v + 50*mV)/(80*mV))/ms : 1/second\n"
                                         "dn/dt = a*(1 - n) - b*n : 1\n");
  const auto answer = check_model({path, false});
  ASSERT_TRUE(answer) << render(answer.error());
  EXPECT_NE(
      answer->text.find("notes (1)\n  line 2: 0/0 at one point is taken as its limit there: computed with exprel\n"
                        "    a = 0.1/ms/mV*"),
      std::string::npos)
      << answer->text;
  EXPECT_EQ(nlohmann::json::parse(answer->json)["notes"].size(), 1U);
}

TEST(CheckModel, WhatIsNotRunYetIsRefusedByNameButFormatted) {
  const Scratch scratch;
  const std::string path = scratch.write("noise.model", "dv/dt = -v/(10*ms) : volt (event-driven)\n");
  const auto refused = check_model({path, false});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().front().code, "not-yet-run") << render(refused.error());
  EXPECT_NE(refused.error().front().message.find("event-driven"), std::string::npos) << render(refused.error());
  const auto pretty = check_model({path, true});
  ASSERT_TRUE(pretty) << render(pretty.error());
  EXPECT_NE(pretty->text.find("event-driven"), std::string::npos);
}

/// Two relaxations, of 1 ms and 50 us, into each other; spikes of the slow one.
std::string two_rates(const std::string& drive) {
  return "param tau : ms = 1 ms\nparam slow : ms = 40 ms\n" + drive +
         "dx/dt = (drive - x)/slow : 1\ndy/dt = (x - y)/tau : 1\nthreshold x > 1\nreset x = 0\n";
}

TEST(CheckModel, StiffnessAndTheStepOfSpikeTimes) {
  const Scratch scratch;
  const auto answer = check_model({scratch.write("two.model", two_rates("const drive = 2\n")), false, {}, {}});
  ASSERT_TRUE(answer) << render(answer.error());
  const auto json = nlohmann::json::parse(answer->json);
  // The Jacobian is triangular with -1/slow and -1/tau. Euler and rk2 are stable to 2 tau, rk4 to 2.7853 tau (the real
  // zero of 1 + z/2 + z^2/6 + z^3/24).
  EXPECT_NEAR(json["stiffness"]["rate_per_s"].get<double>(), 1000.0, 1e-9);
  EXPECT_NEAR(json["stiffness"]["longest_step_ms"]["euler"].get<double>(), 2.0, 1e-9);
  EXPECT_NEAR(json["stiffness"]["longest_step_ms"]["rk2"].get<double>(), 2.0, 1e-9);
  EXPECT_NEAR(json["stiffness"]["longest_step_ms"]["rk4"].get<double>(), 2.78529356, 1e-7);
  EXPECT_EQ(json["auto"]["integrator"], "exact");
  // An interval is slow log 2 = 27.73 ms: 7 in 200 ms. On a grid each is a whole number of steps: the seventh spike is
  // 7 (278 - 277.26) steps late at 0.1 ms, less the one by which a spike carries the start of its step, and so on.
  const auto& spikes = json["spike_steps"];
  EXPECT_EQ(spikes["spikes"], 7);
  EXPECT_EQ(spikes["converged"], "rodas4");
  const auto& tried = spikes["integrators"]["exact"]["tried"];
  for (const auto& t : tried) {
    const double step = t["step_ms"].get<double>(), interval = 40.0 * std::log(2.0);
    double worst = 0.0;
    for (int n = 1; n <= 7; ++n)
      worst = std::max(worst, std::fabs(n * step * std::ceil(interval / step) - step - n * interval));
    EXPECT_NEAR(t["moved_ms"].get<double>(), worst, 1e-4) << step;
    EXPECT_EQ(t["moved_ms"].get<double>() <= 0.05, &t == &tried.back()) << step;
  }
  EXPECT_EQ(spikes["integrators"]["exact"]["step_ms"], tried.back()["step_ms"]);
  EXPECT_NE(answer->text.find("fastest time constant  1 ms"), std::string::npos) << answer->text;
  EXPECT_NE(answer->text.find("within 0.05 ms of rodas4's (7 in 200 ms)"), std::string::npos) << answer->text;
  // The suggested step is one of those that hold, and no other one is cheaper.
  double least = 1e300;
  std::string cheapest;
  for (const auto& [name, row] : spikes["integrators"].items())
    if (row["step_ms"].is_number()) {
      const double work = json["cost"][name]["every_step"].get<double>() / row["step_ms"].get<double>();
      if (work < least) least = work, cheapest = name;
    }
  ASSERT_FALSE(cheapest.empty());
  EXPECT_NE(answer->text.find("cheapest for spike times within 0.05 ms: --integrator " + cheapest + " "),
            std::string::npos)
      << answer->text;
}

TEST(CheckModel, DependenciesSpeedLengthAndSuggestions) {
  const Scratch scratch;
  const auto answer = check_model({scratch.write("cell.model",
                                                 "param g : 1/ms = 0.1/ms\n"
                                                 "param idle : mV = 1 mV\n"
                                                 "const E = -70 mV\n"
                                                 "input I : mV/ms\n"
                                                 "k = g*(1 + w) : 1/ms\n"
                                                 "dv/dt = k*(E - v) + I : mV\n"
                                                 "dw/dt = -50*w/ms : 1\n"
                                                 "init v = E\n"
                                                 "init w = 1\n"
                                                 "observe v ~ normal(v, 1 mV)\n"),
                                   false,
                                   {},
                                   {{"I", "0*mV/ms", {"--input", {}}}}});
  ASSERT_TRUE(answer) << render(answer.error());
  const auto json = nlohmann::json::parse(answer->json);
  const auto reads = [&](const char* what) {
    for (const auto& d : json["dependencies"])
      if (d["what"] == what) return d["reads"].dump() + d["parameters"].dump();
    return std::string("missing");
  };
  EXPECT_EQ(reads("dv/dt"), R"(["I","v","w"]["g"])");  // through the sub-expression
  EXPECT_EQ(reads("dw/dt"), R"(["w"][])");
  EXPECT_EQ(reads("observe v"), R"(["v"][])");
  EXPECT_EQ(json["unread"], nlohmann::json::array({"idle"}));
  // dv/dt: 1 + w, g*, E - v, *, + I; dw/dt: -50 w, over 0.001: some ten operations of a few bits each.
  EXPECT_GT(json["description_length"]["bits"].get<double>(), 40.0);
  EXPECT_LT(json["description_length"]["bits"].get<double>(), 200.0);
  EXPECT_EQ(json["speed"]["integrator"], "exponential_euler");
  const double rate = json["speed"]["simulations_per_s"], step = json["speed"]["step_ns"];
  EXPECT_NEAR(rate * step * 1000.0, 1e9, 1.0);  // 1000 steps a simulation
  EXPECT_GT(rate, 100.0);
  std::string said;
  for (const auto& s : json["suggestions"]) said += s.get<std::string>() + "\n";
  EXPECT_NE(said.find("nothing reads idle: leave it out"), std::string::npos) << said;
  EXPECT_NE(said.find("a fit keeps what has no prior at its default: g, idle"), std::string::npos) << said;
  // rk4 is stable to 2.785/(50/ms).
  EXPECT_NE(said.find("explicit steps above 0.0557 ms blow up: exponential_midpoint"), std::string::npos) << said;
  EXPECT_NE(answer->text.find("dependencies (what changes; parameters)\n  dv/dt        I, v, w; g\n"),
            std::string::npos)
      << answer->text;
}

TEST(CheckModel, SaysWhichParametersMoveAnEdgeInTime) {
  const Scratch scratch;
  const std::string path = scratch.write(
      "edge.model",
      "param onset : ms = 3 ms\nparam g : 1 = 1\ndv/dt = (g*int(t > onset) - v)/(10*ms) : 1\ninit v = 0\n");
  const auto answer = check_model({path, false, {}, {}});
  ASSERT_TRUE(answer) << render(answer.error());
  EXPECT_NE(answer->text.find("  onset moves an edge in time: with fixed steps the states are a staircase in it"),
            std::string::npos)
      << answer->text;
}

TEST(CheckModel, SaysWhatIsMissingForARun) {
  const Scratch scratch;
  const std::string path = scratch.write("two.model", two_rates("input drive : 1\n"));
  const auto answer = check_model({path, false, {}, {}});
  ASSERT_TRUE(answer) << render(answer.error());
  EXPECT_NE(answer->text.find("stiffness and steps are unknown, as values are missing\n"
                              "  the model has an input drive, and nothing says what it is: --input drive=\"... 1\"\n"),
            std::string::npos)
      << answer->text;
  const auto given =
      check_model({path, false, {{"tau", "0.5 ms", {"--set", {}}}}, {{"drive", "0.5", {"--input", {}}}}});
  ASSERT_TRUE(given) << render(given.error());
  EXPECT_NE(given->text.find("fastest time constant  0.5 ms"), std::string::npos) << given->text;
  EXPECT_NE(given->text.find("no spikes in 200 ms"), std::string::npos) << given->text;
  EXPECT_EQ(check_model({path, false, {}, {{"current", "0.5", {"--input", {}}}}}).error()[0].code, "name-unknown");
}

}  // namespace
}  // namespace hillock::study
