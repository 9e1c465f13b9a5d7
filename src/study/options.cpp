#include "study/options.hpp"

#include <fmt/format.h>
#include <array>

#include "infer/simulation_method.hpp"
#include "sim/integrate/step.hpp"
#include "study/toml.hpp"

namespace hillock::study {
namespace {

using Text = std::string;
using Whole = std::int64_t;

template <class T>
constexpr bool is_map = std::is_same_v<T, std::vector<PriorText>> || std::is_same_v<T, std::vector<NamedQuantity>> ||
                        std::is_same_v<T, std::vector<Observed>> || std::is_same_v<T, std::vector<InputSource>> ||
                        std::is_same_v<T, std::vector<ConstantSource>>;

Limits required() {
  Limits limits;
  limits.required = true;
  return limits;
}
Limits between(double low, double high) {
  Limits limits;
  limits.low = low;
  limits.high = high;
  return limits;
}
Limits inside(double low, double high) {
  Limits limits = between(low, high);
  limits.open = true;
  return limits;
}
Limits one_of(std::vector<std::string_view> choices) {
  Limits limits;
  limits.choices = std::move(choices);
  return limits;
}
/// The integrators' names, and more.
Limits integrators(std::initializer_list<std::string_view> more) {
  std::vector<std::string_view> choices = sim::integrator_names();
  choices.insert(choices.end(), more);
  return one_of(std::move(choices));
}
/// Optimisers of models with a likelihood, and the methods that only simulate.
std::vector<std::string_view> search_methods() {
  std::vector<std::string_view> out{"levenberg_marquardt", "cma_es", "auto"};
  for (const infer::SimulationMethod& m : infer::simulation_methods()) out.push_back(m.name);
  return out;
}
Limits positive(std::string_view dimension) {
  Limits limits = inside(0.0, std::numeric_limits<double>::infinity());
  limits.dimension = dimension;
  return limits;
}

}  // namespace

const std::vector<Option<ResolvedStudy>>& study_options() {
  using S = ResolvedStudy;
  static const std::vector<Option<S>> rows{
      {"study.name",
       +[](S& s) -> Text& { return s.name; },
       {},
       "the name of the study file's folder",
       "What the study is called; its results go to results/<name>."},
      {"study.seed", +[](S& s) -> Whole& { return s.seed; }, between(0, 9.0e18), "",
       "The seed of every random number: the same study, seed and program give the same bits."},
      {"study.results",
       +[](S& s) -> Text& { return s.results; },
       {},
       "results/<name>",
       "The folder for the results, relative to the working directory (also --out)."},

      {"model.file",
       +[](S& s) -> PathText& { return s.model.file; },
       {},
       "this or model.command",
       "The model as equations, relative to the study file."},
      {"model.command",
       +[](S& s) -> TextList& { return s.model.command; },
       {},
       "this or model.file",
       "The model as a program that simulates: its words, such as [\"./simulate\"] (docs/external.md)."},
      {"model.folder",
       +[](S& s) -> Text& { return s.model.folder; },
       {},
       "the study file's folder",
       "Where the command runs."},
      {"model.protocol", +[](S& s) -> Text& { return s.model.protocol; }, one_of({"json", "binary"}), "",
       "How the command is spoken to: lines of JSON, or frames of numbers."},
      {"model.statistics",
       +[](S& s) -> TextList& { return s.model.statistics; },
       {},
       "those that the program names",
       "The statistics that the command is asked for, in the order of its answers."},
      {"model.workers", +[](S& s) -> Whole& { return s.model.workers; }, between(0, 1024), "one per thread",
       "Copies of the command that run at a time; the answers do not depend on it."},
      {"model.time_limit",
       +[](S& s) -> ClockTime& { return s.model.time_limit; },
       {},
       "",
       "How long one simulation by the command may take before it has failed."},
      {"model.start_limit",
       +[](S& s) -> ClockTime& { return s.model.start_limit; },
       {},
       "",
       "How long the command may take until it is ready."},
      {"model.integrator", +[](S& s) -> Text& { return s.model.integrator; }, integrators({"linear", "auto"}), "",
       "How the differential equations are solved; exponential_euler is exact for gates at a held input."},
      {"model.precision", +[](S& s) -> Text& { return s.model.precision; }, one_of({"float64", "float32"}), "",
       "What simulations keep states in, for methods that learn from simulations; float32 is about twice as fast, and "
       "what it "
       "changes is measured and said."},
      {"model.dt", +[](S& s) -> std::optional<QuantityText>& { return s.model.dt; }, positive("second"),
       "the sampling interval", "The time step; a whole number of steps must fit into the sampling interval."},
      {"model.const",
       +[](S& s) -> std::vector<NamedQuantity>& { return s.model.constants; },
       {},
       "",
       "Another value for one of the model's constants, in all recordings."},

      {"prior",
       +[](S& s) -> std::vector<PriorText>& { return s.priors; },
       {},
       "",
       "Another prior for a parameter, written as in the model: \"loguniform(1e-7/ms, 1e3/ms)\". It may depend on "
       "parameters that the model declares earlier. With model.command, these are the parameters, in the order as "
       "written."},

      {"observe.error", +[](S& s) -> Text& { return s.observe.error; }, one_of({"rms_over_range", "rms"}), "",
       "The error that is reported: root mean square of model minus data, over the data's range or in its unit."},
      {"observe.statistics",
       +[](S& s) -> std::vector<ListedText>& { return s.observe.statistics; },
       {},
       "the values of all channels at all kept samples",
       "What methods that only simulate compare, as features: [\"spike_count(V, from=on)\", \"value(I, at=2 ms)\"]. A "
       "channel is read as it is recorded, with its noise."},

      {"search.method", +[](S& s) -> Text& { return s.search.method; }, one_of(search_methods()), "",
       "The optimiser that runs from each start, for models with a likelihood (levenberg_marquardt, cma_es); or a "
       "method "
       "that needs simulations only, and learns the posterior of observe.statistics from them; auto chooses among "
       "these "
       "and says why."},
      {"search.simulations", +[](S& s) -> Whole& { return s.search.simulations; }, between(0, 1e12), "",
       "How many simulations a method that learns from them may spend; 0: 100000, or as many as --budget has time "
       "for."},
      {"search.rounds", +[](S& s) -> Whole& { return s.search.rounds; }, between(0, 100), "",
       "Rounds of tsnpe, nle and nre, each with simulations nearer to the data; 0: by the budget, 3 to 10."},
      {"search.density", +[](S& s) -> Text& { return s.search.density; },
       one_of({"auto", "maf", "nsf", "nsf_coupling", "mdn", "gaussian", "bernoulli", "flow_matching", "transformer"}),
       "",
       "The network that the density is: maf, a masked autoregressive flow; nsf, one with splines; nsf_coupling, its "
       "coupling layers draw faster; mdn, a mixture of normal distributions; flow_matching, a velocity field; "
       "transformer, one over parameters and data as tokens."},
      {"search.members", +[](S& s) -> Whole& { return s.search.members; }, between(0, 64), "",
       "Networks that are averaged; 0: 2, or 4 for few simulations."},
      {"search.embedding", +[](S& s) -> Text& { return s.search.embedding; }, one_of({"auto", "none", "trace", "set"}),
       "",
       "What npe and tsnpe learn a summary of: trace, the samples of a trace in their order; set, trials, whose order "
       "does not count; none, nothing; auto, a set where the data are several trials, and a trace where "
       "observe.statistics has one."},
      {"search.trials", +[](S& s) -> Whole& { return s.search.trials; }, between(0, 4096), "",
       "How many trials of one experiment, each with the statistics, the posterior is learnt for at most; 0: as many "
       "as the data have rows."},
      {"search.starts", +[](S& s) -> Whole& { return s.search.starts; }, between(1, 1e5), "",
       "How many starts the optimiser makes; their agreement is part of the verdict."},
      {"search.screen", +[](S& s) -> Whole& { return s.search.screen; }, between(1, 1e8), "",
       "How many draws from the prior are simulated to choose the starts; at least as many as starts."},
      {"search.max_iterations", +[](S& s) -> Whole& { return s.search.max_iterations; }, between(1, 1e6), "",
       "The most iterations (cma_es: generations) of one start."},
      {"search.tolerance", +[](S& s) -> double& { return s.search.tolerance; }, inside(0.0, 1.0), "",
       "A start has converged when the relative decrease of its cost in one iteration falls below this."},
      {"search.agreement", +[](S& s) -> double& { return s.search.agreement; }, inside(0.0, 1.0), "",
       "A start agrees with the best when its error is within this fraction of the best's."},
      {"search.posterior", +[](S& s) -> Text& { return s.search.posterior; }, one_of({"nuts", "laplace", "none"}), "",
       "How the posterior is found; laplace is its Gaussian approximation at the best fit, by the exact second "
       "derivatives there."},
      {"search.chains", +[](S& s) -> Whole& { return s.search.chains; }, between(2, 1024), "",
       "NUTS chains; they advance together, one per lane."},
      {"search.warmup", +[](S& s) -> Whole& { return s.search.warmup; }, between(20, 1e6), "",
       "Iterations of each chain that tune step size and metric, and are thrown away."},
      {"search.draws", +[](S& s) -> Whole& { return s.search.draws; }, between(0, 1e7), "",
       "Draws kept of each chain of NUTS; more, while the chains do not agree. Of a posterior that is learnt from "
       "simulations: draws in all. 0: 250 a chain, 10000 in all."},
      {"search.most_draws", +[](S& s) -> Whole& { return s.search.most_draws; }, between(4, 1e6), "",
       "How many draws of each chain it may become, where so many look like enough for R-hat and effective sample "
       "size."},
      {"search.target_accept", +[](S& s) -> double& { return s.search.target_accept; }, inside(0.0, 1.0), "",
       "The acceptance statistic that the step size is tuned to."},
      {"search.max_depth", +[](S& s) -> Whole& { return s.search.max_depth; }, between(1, 20), "",
       "The deepest tree of NUTS: at most 2^max_depth steps in one iteration."},

      {"verify.bootstrap", +[](S& s) -> Whole& { return s.verify.bootstrap; }, between(50, 1e6), "",
       "Replicates of the block bootstrap behind the standard errors."},
      {"verify.predictive_draws", +[](S& s) -> Whole& { return s.verify.predictive_draws; }, between(20, 1e5), "",
       "Posterior draws that are simulated for the predictive intervals."},
      {"verify.calibration_draws", +[](S& s) -> Whole& { return s.verify.calibration_draws; }, between(0, 1e6), "",
       "Parameters drawn from the prior whose posteriors, of simulated data, are compared with them; where the "
       "posterior is npe's. 0: none; else 100 or more."},
      {"verify.certify", +[](S& s) -> Text& { return s.verify.certify; }, one_of({"weights", "exact", "none"}), "",
       "Whether a posterior that is learnt from simulations is held against the model's own likelihood, where the "
       "statistics have one. weights: the draws stay as they are and have weights beside them (log_weight); exact: "
       "they "
       "are replaced by draws of the exact posterior, by the weights or, where these fail, by NUTS from them."},
      {"verify.half_step",
       +[](S& s) -> bool& { return s.verify.half_step; },
       {},
       "",
       "Whether the best fit is simulated again at half the time step."},
      {"verify.other_integrator", +[](S& s) -> Text& { return s.verify.other_integrator; },
       integrators({"linear", "none"}), "", "The integrator that the best fit is checked against."},
      {"verify.level", +[](S& s) -> double& { return s.verify.level; }, inside(0.0, 0.5), "",
       "The false-alarm level of the verdict's tests, all of them together."},

      {"report.title",
       +[](S& s) -> Text& { return s.report.title; },
       {},
       "the study's name",
       "The title of the report."},
      {"report.html", +[](S& s) -> bool& { return s.report.html; }, {}, "", "Whether report.html is written."},
      {"report.pair_draws", +[](S& s) -> Whole& { return s.report.pair_draws; }, between(10, 1e5), "",
       "Posterior draws shown in the pair plot."},
  };
  return rows;
}

const std::vector<Option<DataSplit>>& split_options() {
  using D = DataSplit;
  static const std::vector<Option<D>> rows{
      {"file", +[](D& d) -> PathText& { return d.file; }, required(), "",
       "The recording (.npz, .npy or .csv), relative to the study file."},
      {"cell",
       +[](D& d) -> Text& { return d.cell; },
       {},
       "not said: the cell that is fitted",
       "Which cell or preparation this is. One that is called otherwise than that of data.train tests the model on "
       "another cell."},
      {"time",
       +[](D& d) -> Text& { return d.time; },
       {},
       "the only array called time or time_<unit>",
       "The array with the sample times."},
      {"time_unit",
       +[](D& d) -> Text& { return d.time_unit; },
       {},
       "the unit in the array's name (time_ms)",
       "The unit of the sample times."},
      {"sampling_interval", +[](D& d) -> std::optional<QuantityText>& { return d.sampling_interval; },
       positive("second"), "found from the times", "The time between samples, for a file without times."},
      {"holds", +[](D& d) -> Text& { return d.holds; }, one_of({"recording", "statistics"}), "",
       "Whether the file has traces, or rows of numbers: the statistics themselves, in the order and the units of "
       "observe.statistics, one row for each trial of the experiment."},
      {"columns",
       +[](D& d) -> std::vector<ListedText>& { return d.columns; },
       {},
       "all, in their order",
       "The columns of a file of statistics, one for each statistic: [\"count\", \"rest\"]."},
      {"duration", +[](D& d) -> std::optional<QuantityText>& { return d.duration; }, positive("second"), "none",
       "How long the experiment was that the statistics are of, with samples a sampling_interval apart, both ends "
       "included. A model without differential equations needs neither: it is one sample at time 0."},
      {"observe",
       +[](D& d) -> std::vector<Observed>& { return d.observe; },
       {},
       "required, of a recording",
       "The array that the model's observation <name> is compared with: \"array\" or { array = , unit = }."},
      {"input",
       +[](D& d) -> std::vector<InputSource>& { return d.inputs; },
       {},
       "",
       "The model's input <name>: \"array\", { array = , unit = , interpolation = \"linear\" | \"previous\" }, "
       "a constant \"-80 mV\", or { pieces = [ { until = \"250 ms\", value = \"-80 mV\" }, { value = \"an "
       "expression of t\" } ] }."},
      {"const",
       +[](D& d) -> std::vector<ConstantSource>& { return d.constants; },
       {},
       "",
       "The value of the model's constant <name> in this recording: \"array\" (of one number), "
       "{ array = , unit = }, or \"21.3 degC\"."},
      {"initial",
       +[](D& d) -> std::vector<NamedQuantity>& { return d.initial; },
       {},
       "the input's first value",
       "The value of input <name> before the recording, at which the model's `init` is evaluated."},
      {"mask.after_steps", +[](D& d) -> std::optional<QuantityText>& { return d.mask.after_steps; }, positive("second"),
       "", "How long after each step of the command the samples are left out."},
      {"mask.step_threshold",
       +[](D& d) -> std::optional<QuantityText>& { return d.mask.step_threshold; },
       {},
       "3 mV, for a voltage",
       "A change of the command from one sample to the next that is larger is a step."},
      {"mask.step_input",
       +[](D& d) -> Text& { return d.mask.step_input; },
       {},
       "the only input",
       "The input whose steps count."},
      {"mask.samples",
       +[](D& d) -> std::vector<MaskSamples>& { return d.mask.samples; },
       {},
       "",
       "Samples to leave out, counted from 0, the end not included: [\"2501:2551\"]."},
      {"mask.windows",
       +[](D& d) -> std::vector<MaskWindow>& { return d.mask.windows; },
       {},
       "",
       "Times to leave out, the end not included: [\"250.1 ms : 255.1 ms\"]."},
      {"command_in_gaps", +[](D& d) -> Text& { return d.command_in_gaps; }, one_of({"recorded", "interpolated"}), "",
       "The sampled inputs in the left-out stretches: as recorded, or a straight line across each."},
  };
  return rows;
}

template <class Owner>
bool takes_names(const Option<Owner>& option) {
  return std::visit([]<class T>(T& (*)(Owner&)) { return is_map<T>; }, option.field);
}

namespace {

std::string quoted_list(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : ", ") + fmt::format("\"{}\"", word);
  return out;
}

std::string range_words(const Limits& limits, std::string_view thing) {
  const bool low = limits.low > -1e300;
  const bool high = limits.high < 1e18;
  if (low && high)
    return limits.open ? fmt::format("{} between {} and {} (not included)", thing, limits.low, limits.high)
                       : fmt::format("{} from {} to {}", thing, limits.low, limits.high);
  if (low) return fmt::format("{} {} {}", thing, limits.open ? "above" : "of at least", limits.low);
  return std::string(thing);
}

template <class Owner, class T>
std::string expected_words(const Limits& limits, T& (*)(Owner&)) {
  if constexpr (std::is_same_v<T, std::string>)
    return limits.choices.empty() ? "text" : "one of " + quoted_list(limits.choices);
  else if constexpr (std::is_same_v<T, std::int64_t>) return range_words(limits, "an integer");
  else if constexpr (std::is_same_v<T, double>) return range_words(limits, "a number");
  else if constexpr (std::is_same_v<T, bool>) return "true or false";
  else if constexpr (std::is_same_v<T, PathText>) return "a file";
  else if constexpr (std::is_same_v<T, std::optional<QuantityText>>)
    return limits.dimension == "second" ? "a time above 0 with its unit, such as \"0.1 ms\""
                                        : "a quantity with its unit, such as \"3 mV\"";
  else if constexpr (std::is_same_v<T, std::vector<PriorText>>) return "a prior as text";
  else if constexpr (std::is_same_v<T, std::vector<NamedQuantity>>)
    return "a quantity with its unit, such as \"-80 mV\"";
  else if constexpr (std::is_same_v<T, std::vector<Observed>>) return "an array";
  else if constexpr (std::is_same_v<T, std::vector<InputSource>>) return "an array, a constant, or pieces";
  else if constexpr (std::is_same_v<T, std::vector<ConstantSource>>) return "an array or a quantity";
  else if constexpr (std::is_same_v<T, TextList>) return "a list of texts, such as [\"a\", \"b\"]";
  else if constexpr (std::is_same_v<T, ClockTime>) return "a time above 0, such as \"10 s\" or \"2 min\"";
  else if constexpr (std::is_same_v<T, std::vector<ListedText>>) return "a list of texts";
  else if constexpr (std::is_same_v<T, std::vector<MaskSamples>>) return "a list of \"first:end\" sample ranges";
  else return "a list of \"from : to\" times";
}

template <class T>
std::string value_text(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) return value.empty() ? std::string() : toml_quoted(value);
  else if constexpr (std::is_same_v<T, std::int64_t>) return std::to_string(value);
  else if constexpr (std::is_same_v<T, double>) return fmt::format("{}", value);
  else if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
  else if constexpr (std::is_same_v<T, ClockTime>) return toml_quoted(value.text);
  else return {};
}

}  // namespace

template <class Owner>
std::string expected(const Option<Owner>& option) {
  return std::visit([&](auto field) { return expected_words(option.limits, field); }, option.field);
}

template <class Owner>
std::string default_text(const Option<Owner>& option) {
  if (!option.default_words.empty()) return std::string(option.default_words);
  Owner defaults;
  return std::visit([&](auto field) { return value_text(field(defaults)); }, option.field);
}

template bool takes_names(const Option<ResolvedStudy>&);
template bool takes_names(const Option<DataSplit>&);
template std::string expected(const Option<ResolvedStudy>&);
template std::string expected(const Option<DataSplit>&);
template std::string default_text(const Option<ResolvedStudy>&);
template std::string default_text(const Option<DataSplit>&);

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  const auto add = [&](std::string_view section, const auto& option) {
    names.push_back(std::string(section) + std::string(option.key) + (takes_names(option) ? ".<name>" : ""));
  };
  bool data_done = false;
  for (const auto& option : study_options()) {
    if (!data_done && option.key.starts_with("observe.")) {
      for (const auto& row : split_options()) add("data.<name>.", row);
      data_done = true;
    }
    add("", option);
  }
  return names;
}

}  // namespace hillock::study
