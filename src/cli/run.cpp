#include "cli/run.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <algorithm>
#include <functional>

#include "cli/help.hpp"
#include "cli/say.hpp"
#include "study/build_info.hpp"
#include "study/code_cache.hpp"
#include "study/describe_data.hpp"
#include "study/new_study.hpp"
#include "study/option_docs.hpp"
#include "study/quantity_text.hpp"
#include "study/read_study.hpp"
#include "study/requirement.hpp"
#include "study/seed.hpp"
#include "study/stop.hpp"
#include "study/terminal.hpp"
#include "study/terminal_progress.hpp"

namespace hillock::cli {
namespace {

/// Everything that any command's flags can set.
struct Flags {
  std::string target;              ///< the study, model, data file or name
  std::vector<std::string> words;  ///< of help
  std::vector<std::string> set, init, input, feature;
  std::string events, sensitivity, precision;
  std::int64_t draws = 0, trials = 1;
  std::string seed, out, budget, require, duration, dt, integrator, noise, isa = "auto";
  int threads = 0;
  bool no_cache = false, json = false, quiet = false, resume = false, format = false, markdown = false;
};

Errors usage(std::string code, std::string message, std::string where, std::string hint) {
  return {Error{std::move(code), std::move(message), std::nullopt, std::move(where), std::move(hint)}};
}

class CommandLine {
 public:
  explicit CommandLine(const study::Pipeline& pipeline) : pipeline_(pipeline) {
    app_.set_help_flag();
    app_.allow_extras();
    add_fit();
    add_check();
    add_simulate();
    add_data();
    add_new();
    add_help();
  }

  int run(const std::vector<std::string>& arguments) {
    // Even a mistaken command line must answer --json in JSON.
    flags_.json = std::ranges::find(arguments, "--json") != arguments.end();
    if (arguments.empty()) {
      remark(help_page());
      return exit_usage;
    }
    if (arguments[0] == "--version") return text(fmt::format("hillock {} ({})\n", study::version(), study::build()));
    if (arguments[0] == "--help" || arguments[0] == "-h") return text(help_page());
    CLI::App* command = command_called(arguments[0]);
    if (command == nullptr) return unknown_command(arguments[0]);
    if (std::ranges::any_of(arguments, [](const std::string& a) { return a == "--help" || a == "-h"; }))
      return text(command_help(*command));
    try {
      // The command alone parses what follows it: `hillock new fit` makes a folder called fit. CLI11 wants it
      // backwards.
      command->parse(std::vector<std::string>(arguments.rbegin(), arguments.rend() - 1));
    } catch (const CLI::ParseError& error) {
      return wrong_usage(usage("usage", lower(error.what()), "hillock " + command->get_name(),
                               fmt::format("hillock help {}", command->get_name())));
    }
    Errors extra = extras(*command);
    if (!extra.empty()) return wrong_usage(extra);
    return actions_.at(command->get_name())();
  }

 private:
  // ---- the commands -------------------------------------------------------------------------------------------

  void add_fit() {
    CLI::App* command = add("fit", "Fit a study: search, posterior, checks, report.", "STUDY",
                            "a study file, or its folder", [this] { return fit(); });
    add_set(command, "KEY=VALUE", "a key of the study, instead of what the file says");
    command->add_option("--out", flags_.out, "the results folder")->type_name("FOLDER");
    command->add_option("--budget", flags_.budget, "the best answer in this time: 60s, 5min")->type_name("TIME");
    command->add_flag("--resume", flags_.resume, "go on where a stopped run ended");
    command->add_option("--require", flags_.require, "exit code 3 unless the verdict is at least this")
        ->type_name("STATUS");
    add_seed(command);
    add_machine(command);
    add_json(command);
  }

  void add_check() {
    CLI::App* command = add("check", "Read a model: states, parameters, units, cost; all mistakes at once.", "MODEL",
                            "a model file", [this] { return check(); });
    command->add_flag("--format", flags_.format, "print the model in its canonical form");
    add_set(command, "NAME=VALUE", "a parameter or constant, for the run that finds stiffness and steps");
    command->add_option("--input", flags_.input, "an input there, as an expression of t: V=\"-80 mV\"")
        ->type_name("NAME=EXPR")
        ->expected(1)
        ->take_all();
    add_cache(command);
    add_json(command);
  }

  void add_simulate() {
    CLI::App* command = add("simulate", "Run a model: one trace, or a table of features of many runs.", "MODEL",
                            "a model file", [this] { return simulate(); });
    add_set(command, "NAME=VALUE", "a parameter or constant: g_Na=\"60 uS\"; a sweep: g_Na=10:60:6");
    command->add_option("--feature", flags_.feature, "what to measure of each run: \"spike_rate(v, from=10 ms)\"")
        ->type_name("TEXT")
        ->expected(1)
        ->take_all();
    command->add_option("--draws", flags_.draws, "runs of so many parameter sets from the prior")->type_name("N");
    command->add_option("--trials", flags_.trials, "runs of each, with noise of its own (default 1)")->type_name("N");
    command->add_option("--input", flags_.input, "an input as an expression of t: V=\"-80 mV\"")
        ->type_name("NAME=EXPR")
        ->expected(1)
        ->take_all();
    command->add_option("--init", flags_.init, "where a state starts: v=\"-80 mV\"; a sweep: v=-80:-50:4")
        ->type_name("NAME=VALUE")
        ->expected(1)
        ->take_all();
    command->add_option("--duration", flags_.duration, "how long: \"50 ms\" (default 1 s); a sweep: \"10 ms:50 ms:5\"")
        ->type_name("TIME");
    command->add_option("--dt", flags_.dt, "the time step (default 0.1 ms)")->type_name("TIME");
    command
        ->add_option("--integrator", flags_.integrator,
                     "how the equations are solved, or auto (default exponential_euler where it can)")
        ->type_name("NAME");
    command->add_option("--seed", flags_.seed, "the seed of noise in the equations (default 1)")->type_name("N");
    command
        ->add_option("--noise", flags_.noise, "own of each run (default), or common: trial k has the same everywhere")
        ->type_name("WHICH");
    command->add_option("--events", flags_.events, "spikes at the steps (grid) or inside them (located)")
        ->type_name("WHERE");
    command
        ->add_option("--precision", flags_.precision,
                     "float64 (default), or float32: faster, with its error measured and said")
        ->type_name("NAME");
    command
        ->add_option("--sensitivity", flags_.sensitivity,
                     "derivatives of traces, spike times, rate or features by these parameters: all, or \"tau, g\"")
        ->type_name("NAMES");
    command->add_option("--out", flags_.out, "write the traces or the table: .csv, .npz, .svg, .png")
        ->type_name("FILE");
    add_machine(command);
    add_json(command);
  }

  void add_data() {
    CLI::App* command =
        add("data", "What is in a data file, and the lines of a study that use it.", "FILE",
            "a data file: .npz, .npy, .csv", [this] { return answer(study::describe_data(flags_.target)); });
    add_json(command);
  }

  void add_new() {
    CLI::App* command = add("new", "Make a study folder to start from.", "NAME", "the folder to make",
                            [this] { return answer(study::new_study(flags_.target)); });
    add_json(command);
  }

  void add_help() {
    CLI::App* command = app_.add_subcommand("help", "Help on a command, or on the options of a study.");
    command->set_help_flag();
    command->allow_extras();
    command->add_option("TOPIC", flags_.words, "a command, or: options [KEY]");
    command->add_flag("--markdown", flags_.markdown, "the options as docs/reference/options.md");
    actions_["help"] = [this] { return help(); };
  }

  template <class Work>
  auto with_progress(const Work& work) {
    study::ProgressOptions options = study::progress_on_stderr(flags_.quiet);
    options.stop = [] { return study::StopSignals::requested(); };
    study::TerminalProgress progress(std::move(options));
    return work(static_cast<Progress&>(progress));
  }

  int fit() {
    std::vector<std::string> overrides = flags_.set;
    if (!flags_.seed.empty()) overrides.push_back("study.seed=" + flags_.seed);
    if (!flags_.out.empty()) overrides.push_back("study.results=" + flags_.out);
    study::RunOptions options;
    options.threads = flags_.threads;
    options.isa = flags_.isa;
    if (!flags_.no_cache) options.cache = study::cache_folder();
    options.resume = flags_.resume;
    const study::Terminal screen = study::terminal_on(STDOUT_FILENO);
    options.color = screen.color;
    constexpr int widest_text = 110;  // longer lines are hard to read
    if (screen.width > 0) options.width = std::min(screen.width, widest_text);
    Errors wrong;
    if (!flags_.budget.empty()) options.budget = keep(study::parse_budget(flags_.budget), wrong);
    std::optional<verify::Status> required;
    if (!flags_.require.empty()) required = keep(study::parse_status(flags_.require), wrong);
    if (!wrong.empty()) return wrong_usage(wrong);

    const auto study = study::read_study(flags_.target, overrides);
    if (!study) return wrong_input(study.error());
    const study::StopSignals signals;
    auto outcome = with_progress([&](Progress& progress) { return pipeline_.fit(*study, options, progress); });
    if (!outcome) return wrong_input(outcome.error());
    if (!answered(outcome->answer)) return exit_input;
    if (outcome->interrupted) {
      remark(
          fmt::format("interrupted; what is done is in {}; the same command with --resume goes on\n", outcome->folder));
      return exit_interrupted;
    }
    if (required) {
      const auto met = study::require_status(*required, outcome->verdict);
      if (!met) {
        remark(render(met.error()));  // the verdict itself is the document on stdout
        return exit_requirement;
      }
    }
    return exit_ran;
  }

  int check() {
    study::CheckOptions options;
    options.model = flags_.target;
    options.format = flags_.format;
    if (!flags_.no_cache) options.cache = study::cache_folder();
    Errors wrong;
    options.set = assignments(flags_.set, "--set", wrong);
    options.inputs = assignments(flags_.input, "--input", wrong);
    if (!wrong.empty()) return wrong_usage(wrong);
    return answer(pipeline_.check(options));
  }

  int simulate() {
    study::SimulateOptions options;
    options.model = flags_.target;
    Errors wrong;
    options.set = assignments(flags_.set, "--set", wrong);
    options.inputs = assignments(flags_.input, "--input", wrong);
    options.initial = assignments(flags_.init, "--init", wrong);
    if (flags_.duration.find(':') != std::string::npos)
      options.durations = study::Assignment{"duration", flags_.duration, {"--duration", {}}};
    else if (!flags_.duration.empty())
      options.duration = keep(study::read_quantity_text(flags_.duration, "--duration", "second"), wrong);
    if (!flags_.dt.empty()) options.dt = keep(study::read_quantity_text(flags_.dt, "--dt", "second"), wrong);
    if (!flags_.seed.empty()) options.seed = keep(study::parse_seed(flags_.seed), wrong).value_or(1);
    if (!wrong.empty()) return wrong_usage(wrong);
    options.integrator = flags_.integrator;
    options.features = flags_.feature;
    options.draws = flags_.draws;
    options.trials = flags_.trials;
    options.out = flags_.out;
    options.noise = flags_.noise;
    options.events = flags_.events;
    options.precision = flags_.precision;
    options.sensitivity = flags_.sensitivity;
    options.run.threads = flags_.threads;
    options.run.isa = flags_.isa;
    if (!flags_.no_cache) options.run.cache = study::cache_folder();
    // A plot may be as wide as the screen; 80 columns in a file or a pipe.
    options.run.width = study::terminal_on(STDOUT_FILENO).width;
    if (options.run.width <= 0) options.run.width = 80;
    const study::StopSignals signals;
    return answer(with_progress([&](Progress& progress) { return pipeline_.simulate(options, progress); }));
  }

  int help() {
    if (flags_.words.empty()) return text(flags_.markdown ? study::options_markdown() : std::string(help_page()));
    if (flags_.words[0] == "options") {
      if (flags_.markdown) return text(study::options_markdown());
      const auto page = study::options_help(flags_.words.size() > 1 ? flags_.words[1] : "");
      return page ? text(*page) : wrong_usage(page.error());
    }
    if (const CLI::App* command = command_called(flags_.words[0])) return text(command_help(*command));
    return unknown_command(flags_.words[0]);
  }

  // ---- flags --------------------------------------------------------------------------------------------------

  CLI::App* add(const std::string& name, const std::string& sentence, const std::string& argument,
                const std::string& meaning, std::function<int()> action) {
    CLI::App* command = app_.add_subcommand(name, sentence);
    command->set_help_flag();
    command->allow_extras();  // we say ourselves what is not known, with the nearest
    command->add_option(argument, flags_.target, meaning)->type_name("");
    arguments_[name] = argument;
    actions_[name] = [this, name, action = std::move(action)] {
      if (!flags_.target.empty()) return action();
      return wrong_usage(usage("argument-missing", fmt::format("`hillock {}` needs {}", name, arguments_.at(name)), "",
                               fmt::format("hillock {} {}", name, name == "fit" ? "study.toml" : arguments_.at(name))));
    };
    return command;
  }
  CLI::App* command_called(const std::string& name) {
    const auto found = actions_.find(name);
    return found == actions_.end() ? nullptr : app_.get_subcommand(name);
  }
  void add_set(CLI::App* command, const std::string& type, const std::string& meaning) {
    command->add_option("--set", flags_.set, meaning)->type_name(type)->expected(1)->take_all();
  }
  void add_seed(CLI::App* command) {
    command->add_option("--seed", flags_.seed, "the seed of all random numbers")->type_name("N");
  }
  void add_machine(CLI::App* command) {
    command->add_option("--threads", flags_.threads, "0: one per core")->type_name("N")->check(CLI::Range(0, 1024));
    command->add_option("--isa", flags_.isa, "which instructions")
        ->type_name("NAME")
        ->check(CLI::IsMember({"auto", "avx2", "avx512", "interpreter"}));
    add_cache(command);
    command->add_flag("--quiet", flags_.quiet, "no progress");
  }
  void add_cache(CLI::App* command) {
    command->add_flag("--no-cache", flags_.no_cache, "compile anew, and keep nothing for the next run");
  }
  void add_json(CLI::App* command) { command->add_flag("--json", flags_.json, "one JSON document on stdout"); }

  static std::vector<std::string> names_of(const CLI::App& command) {
    std::vector<std::string> names{"--help"};
    for (const CLI::Option* option : command.get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    return names;
  }

  static std::string command_help(const CLI::App& command) {
    std::string out = fmt::format("{}\n\n  hillock {}", command.get_description(), command.get_name());
    std::size_t width = 0;
    std::vector<std::pair<std::string, std::string>> rows;
    for (const CLI::Option* option : command.get_options()) {
      const bool flag = !option->get_lnames().empty();
      std::string left = flag ? "--" + option->get_lnames().front() : option->get_name();
      if (flag && option->get_items_expected_max() > 0 && option->get_type_size_max() > 0)
        left += " " + option->get_type_name().substr(0, option->get_type_name().find(':'));
      if (!flag) out += " " + left;
      width = std::max(width, left.size());
      rows.emplace_back(left, option->get_description());
    }
    out += rows.size() > 1 ? " [flags]\n\n" : "\n\n";
    for (const auto& [left, right] : rows) out += fmt::format("  {:<{}}  {}\n", left, width, right);
    return out;
  }

  static Errors extras(const CLI::App& command) {
    Errors out;
    const std::string where = "hillock " + command.get_name();
    for (const std::string& extra : command.remaining()) {
      if (!extra.starts_with("-")) {
        out.push_back({"argument-extra", fmt::format("the argument \"{}\" was not expected", extra), std::nullopt,
                       where, fmt::format("hillock help {}", command.get_name())});
        continue;
      }
      const std::string flag = extra.substr(0, extra.find('='));
      const std::string near = nearest(flag, names_of(command));
      out.push_back(
          {"flag-unknown", fmt::format("there is no flag {}", flag), std::nullopt, where,
           near.empty() ? fmt::format("hillock help {}", command.get_name()) : fmt::format("did you mean {}?", near)});
    }
    return out;
  }

  std::vector<study::Assignment> assignments(const std::vector<std::string>& given, const std::string& flag,
                                             Errors& wrong) {
    std::vector<study::Assignment> out;
    for (const std::string& text : given) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos || equals == 0)
        wrong.push_back({"set-syntax", fmt::format("\"{}\" is not NAME=VALUE", text), std::nullopt, flag,
                         flag + (flag == "--set" ? " g_Na=\"60 uS\"" : " V=\"-80 mV\"")});
      else out.push_back({text.substr(0, equals), text.substr(equals + 1), {flag + " " + text.substr(0, equals), {}}});
    }
    return out;
  }

  // ---- answers ------------------------------------------------------------------------------------------------

  template <class T>
  static std::optional<T> keep(Result<T> result, Errors& wrong) {
    if (result) return std::move(*result);
    wrong.insert(wrong.end(), result.error().begin(), result.error().end());
    return std::nullopt;
  }

  bool answered(const study::Answer& given) const {
    if (say(flags_.json ? given.json : given.text)) return true;
    remark("error: stdout cannot be written [write-failed]\n");
    return false;
  }

  int answer(const Result<study::Answer>& result) const {
    if (!result) return wrong_input(result.error());
    return answered(*result) ? exit_ran : exit_input;
  }

  /// Text on request (help, version); under --json it is a document as well.
  int text(std::string_view words) const {
    if (!flags_.json) return answered({std::string(words), {}}) ? exit_ran : exit_input;
    return answered({{}, nlohmann::json{{"text", words}}.dump(2) + "\n"}) ? exit_ran : exit_input;
  }

  int wrong_input(const Errors& errors) const {
    say_errors(errors, flags_.json);
    const bool stopped = errors.size() == 1 && errors.front().code == "interrupted";
    return stopped ? exit_interrupted : exit_input;
  }
  int wrong_usage(const Errors& errors) const {
    say_errors(errors, flags_.json);
    return exit_usage;
  }

  int unknown_command(const std::string& given) const {
    std::vector<std::string> names;
    for (const auto& [name, action] : actions_) names.push_back(name);
    const std::string near = nearest(given, names);
    const bool flag = given.starts_with("-");
    std::string hint = "hillock help";
    if (!near.empty()) hint = fmt::format("did you mean `hillock {}`?", near);
    else if (given.ends_with(".toml")) hint = fmt::format("hillock fit {}", given);
    else if (given.ends_with(".model")) hint = fmt::format("hillock check {}", given);
    return wrong_usage(usage(flag ? "flag-unknown" : "command-unknown",
                             flag ? fmt::format("the flag {} needs a command before it", given)
                                  : fmt::format("there is no command \"{}\"", given),
                             "hillock", hint));
  }

  static std::string lower(std::string text) {
    if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z')
      text.front() = static_cast<char>(text.front() + 32);
    return text;
  }

  const study::Pipeline& pipeline_;
  Flags flags_;
  CLI::App app_;
  std::map<std::string, std::string> arguments_;
  std::map<std::string, std::function<int()>> actions_;
};

int failed(std::string code, std::string message, std::string hint, bool json, int exit_code) {
  say_errors({Error{std::move(code), std::move(message), std::nullopt, {}, std::move(hint)}}, json);
  return exit_code;
}

}  // namespace

int run(const std::vector<std::string>& arguments, const study::Pipeline& pipeline) {
  const bool json = std::ranges::find(arguments, "--json") != arguments.end();
  try {
    return CommandLine(pipeline).run(arguments);
  } catch (const Bug& bug) {
    return failed("bug", "this is a bug in Hillock, not in your study: " + bug.what,
                  "please report it, with the command and the study", json, exit_bug);
  } catch (const std::bad_alloc&) {
    return failed("out-of-memory", "there is not enough memory for this",
                  "fewer draws, chains or starts, or a shorter recording", json, exit_input);
  } catch (const std::exception& error) {
    return failed("bug", fmt::format("this is a bug in Hillock, not in your study: {}", error.what()),
                  "please report it, with the command and the study", json, exit_bug);
  }
}

}  // namespace hillock::cli
