#include "inference/neuron.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "child.hpp"
#include "io/whole_file.hpp"
#include "need.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* study = R"toml([model]
file = "cell.model"

[data.train]
holds = "statistics"
file = "observation.csv"
duration = "100 ms"
sampling_interval = "0.025 ms"
input.I = { pieces = [ { until = "10 ms", value = "0 uA/cm**2" }, { value = "3.25 uA/cm**2" } ] }

[observe]
statistics = ["spike_count(V, from=10 ms)", "mean(V, until=10 ms)", "sd(V, until=10 ms)", "mean(V, from=10 ms)",
              "sd(V, from=10 ms)", "skewness(V, from=10 ms)", "kurtosis(V, from=10 ms)"DENDRITE]
)toml";

/// An answer of a spiking cell; any one within the prior's reach would do.
constexpr const char* observation =
    "count,rest,rest_sd,mean,sd,skewness,kurtosisMORE\n4,-70.5,0.4,-55,17,2.5,9VALUES\n";

struct Bounded {
  const char* name;
  const char* unit;
  double low, high;
};
constexpr Bounded bounded[] = {
    {"g_Na", "msiemens/cm**2", 0.5, 80},
    {"g_K", "msiemens/cm**2", 1e-4, 15},
    {"g_L", "msiemens/cm**2", 1e-4, 0.6},
    {"g_M", "msiemens/cm**2", 1e-4, 0.6},
    {"tau_max", "ms", 50, 3000},
    {"V_T", "mV", -90, -40},
    {"E_L", "mV", -100, -35},
    {"E_Na", "mV", 40, 70},
    {"E_K", "mV", -115, -80},
    {"C", "ufarad/cm**2", 0.5, 2},
    {"g_Na_d", "msiemens/cm**2", 1e-4, 8},
    {"g_K_d", "msiemens/cm**2", 1e-4, 4},
    {"g_L_d", "msiemens/cm**2", 1e-4, 0.6},
    {"g_M_d", "msiemens/cm**2", 1e-4, 0.6},
    {"E_L_d", "mV", -100, -35},
    {"C_d", "ufarad/cm**2", 0.5, 2},
    {"g_c", "msiemens/cm**2", 0.01, 2},
    {"share", "1", 0.1, 0.9},
    {"k_m", "1", 0.5, 2},
    {"k_h", "1", 0.5, 2},
    {"k_n", "1", 0.5, 2},
    {"k_p", "1", 0.5, 2},
    {"g_H", "msiemens/cm**2", 1e-4, 0.1},
    {"V_H", "mV", -95, -65},
};

constexpr const char* two_compartments = R"model(
input I : uA/cm**2
u = (V - V_T)/mV : 1
w = (V + 35*mV)/mV : 1
alpha_m = k_m*1.28/exprel(-(u - 13)/4)/ms : Hz
beta_m = k_m*1.4/exprel((u - 40)/5)/ms : Hz
alpha_h = k_h*0.128*exp(-(u - 17)/18)/ms : Hz
beta_h = k_h*4/(1 + exp(-(u - 40)/5))/ms : Hz
alpha_n = k_n*0.16/exprel(-(u - 15)/5)/ms : Hz
beta_n = k_n*0.5*exp(-(u - 10)/40)/ms : Hz
p_inf = 1/(1 + exp(-w/10)) : 1
tau_p = tau_max/(3.3*exp(w/20) + exp(-w/20))/k_p : second
u_d = (V_d - V_T)/mV : 1
w_d = (V_d + 35*mV)/mV : 1
alpha_md = k_m*1.28/exprel(-(u_d - 13)/4)/ms : Hz
beta_md = k_m*1.4/exprel((u_d - 40)/5)/ms : Hz
alpha_hd = k_h*0.128*exp(-(u_d - 17)/18)/ms : Hz
beta_hd = k_h*4/(1 + exp(-(u_d - 40)/5))/ms : Hz
alpha_nd = k_n*0.16/exprel(-(u_d - 15)/5)/ms : Hz
beta_nd = k_n*0.5*exp(-(u_d - 10)/40)/ms : Hz
p_inf_d = 1/(1 + exp(-w_d/10)) : 1
tau_pd = tau_max/(3.3*exp(w_d/20) + exp(-w_d/20))/k_p : second
q_inf = 1/(1 + exp((V_d - V_H)/(6*mV))) : 1
dV/dt = (g_L*(E_L - V) + g_Na*m**3*h*(E_Na - V) + g_K*n**4*(E_K - V) + g_M*p*(E_K - V) + (g_c*(V_d - V) + I)/share)/C : mV
dV_d/dt = (g_L_d*(E_L_d - V_d) + g_Na_d*md**3*hd*(E_Na - V_d) + g_K_d*nd**4*(E_K - V_d) + g_M_d*pd*(E_K - V_d) + g_H*q*(-30*mV - V_d) + g_c*(V - V_d)/(1 - share))/C_d : mV
dm/dt = alpha_m*(1 - m) - beta_m*m : 1
dh/dt = alpha_h*(1 - h) - beta_h*h : 1
dn/dt = alpha_n*(1 - n) - beta_n*n : 1
dp/dt = (p_inf - p)/tau_p : 1
dmd/dt = alpha_md*(1 - md) - beta_md*md : 1
dhd/dt = alpha_hd*(1 - hd) - beta_hd*hd : 1
dnd/dt = alpha_nd*(1 - nd) - beta_nd*nd : 1
dpd/dt = (p_inf_d - pd)/tau_pd : 1
dq/dt = (q_inf - q)/(50*ms) : 1
init V = -70 mV
init V_d = -70 mV
init m = alpha_m/(alpha_m + beta_m)
init h = alpha_h/(alpha_h + beta_h)
init n = alpha_n/(alpha_n + beta_n)
init p = p_inf
init md = alpha_md/(alpha_md + beta_md)
init hd = alpha_hd/(alpha_hd + beta_hd)
init nd = alpha_nd/(alpha_nd + beta_nd)
init pd = p_inf_d
init q = q_inf
threshold V > -10*mV
refractory V > -10*mV
)model";

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) stop(fmt::format("\"{}\" is not where it was", what));
  return text.replace(at, what.size(), by);
}

void write_study(const fs::path& folder, const std::string& model, const std::string& statistics,
                 const std::string& names, const std::string& values) {
  fs::create_directories(folder);
  need(io::write_whole((folder / "cell.model").string(), model));
  need(io::write_whole((folder / "study.toml").string(), replaced(study, "DENDRITE", statistics)));
  need(io::write_whole((folder / "observation.csv").string(),
                       replaced(replaced(observation, "MORE", names), "VALUES", values)));
}

}  // namespace

void write_eight_parameter_neuron(const fs::path& folder) {
  const std::string text =
      need(io::read_whole(std::string(HILLOCK_SOURCE_DIR) + "/models/conductance_based/hh_m_current.model", 1U << 20U));
  write_study(folder,
              replaced(text, "const C = 1 ufarad/cm**2",
                       "param C : ufarad/cm**2 = 1 ufarad/cm**2 ~ uniform(0.5 ufarad/cm**2, 2 ufarad/cm**2)"),
              "", "", "");
}

std::map<std::string, std::pair<double, double>> write_bounded_neuron(const fs::path& folder) {
  std::map<std::string, std::pair<double, double>> bounds;
  std::string model;
  for (const Bounded& p : bounded) {
    const std::string unit = std::string(p.unit) == "1" ? "" : std::string(" ") + p.unit;
    model += fmt::format("param {} : {} ~ uniform({:g}{}, {:g}{})\n", p.name, p.unit, p.low, unit, p.high, unit);
    bounds[p.name] = {p.low, p.high};
  }
  write_study(folder, model + two_compartments, ", \"mean(V_d, from=10 ms)\", \"sd(V_d, from=10 ms)\"",
              ",dendrite,dendrite_sd", ",-58,9");
  return bounds;
}

Json fit_neuron(const std::string& hillock, const fs::path& folder, const std::string& out,
                const std::vector<std::string>& sets) {
  std::vector<std::string> command = {
      hillock, "fit", (folder / "study.toml").string(), "--json", "--quiet", "--threads", "2", "--seed", "1"};
  for (const std::string& set : sets) command.insert(command.end(), {"--set", set});
  command.insert(command.end(), {"--out", (folder / out).string()});
  const ChildResult ran = run_child(command);
  if (ran.exit_code != 0)
    stop(fmt::format("{}: hillock fit ended with {}: {}{}", folder.string(), ran.exit_code, ran.err,
                     ran.out.substr(0, 2000)));
  Json verdict = Json::parse(ran.out, nullptr, false);
  if (!verdict.is_object() || !verdict.contains("simulated"))
    stop(fmt::format("{}: no verdict on a fit by simulation", folder.string()));
  verdict["run"] = {{"peak_mb", ran.peak_mb}, {"wall_s", ran.wall_s}, {"cpu_s", ran.cpu_s}};
  return verdict;
}

Json ask_draws(const std::vector<std::string>& words) {
  std::vector<std::string> command = {HILLOCK_PYTHON, std::string(HILLOCK_SOURCE_DIR) + "/bench/inference/draws.py"};
  command.insert(command.end(), words.begin(), words.end());
  const ChildResult ran = run_child(command);
  Json answer = Json::parse(ran.out, nullptr, false);
  if (ran.exit_code != 0 || !answer.is_object())
    stop(fmt::format("draws.py ended with {}: {}", ran.exit_code, ran.err));
  return answer;
}

}  // namespace hillock::bench
