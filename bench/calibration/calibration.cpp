/// Is the error bar right, and is the verdict? Synthetic hERG recordings from known parameters, each fitted by `hillock
/// fit`.
///
///   hillock_bench_calibration RESULT.json [--count 100] [--workers N] [--seed N] [--studies white,gate,ar1]
///                             [--keep FOLDER]
///
/// Three studies of `count` recordings, all fitted with white noise declared: "white", in which that is true; "gate",
/// in which the fitted model lacks the inactivation gate; "ar1", in which the noise is correlated (0.5 from one sample
/// to the next). A stopped run goes on where it ended (<build>/bench/calibration/outcomes.jsonl).

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <mutex>
#include <numeric>
#include <thread>

#include "calibration/ledger.hpp"
#include "calibration/synthetic.hpp"
#include "child.hpp"
#include "cpu_time.hpp"
#include "io/whole_file.hpp"
#include "lang/load.hpp"
#include "need.hpp"
#include "published.hpp"
#include "table.hpp"

namespace hillock::bench {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr double ar1_correlation = 0.5;
constexpr std::uint64_t asked = 100;  // recordings a study

/// Where the model is true, the fit is what a user gets: only the page is left out.
const std::vector<std::string> shipped = {"report.html=false"};
/// Where it is not, the question is whether the residuals tell. NUTS could only add doubts of its own about its chains
/// (a Laplace approximation leaves `consistent` within reach, which is above `misspecified`), and so could more starts.
const std::vector<std::string> without_nuts = {"report.html=false", "search.posterior=laplace", "search.screen=1024",
                                               "search.starts=8", "verify.predictive_draws=100"};

struct Study {
  std::string name;
  std::string model;  ///< file, in the scratch folder
  double rho = 0.0;
  bool is_true = false;  ///< the fitted model made the data
  const std::vector<std::string>* settings = nullptr;
};

const std::vector<Study>& all_studies() {
  static const std::vector<Study> studies = {{"white", "white.model", 0.0, true, &shipped},
                                             {"gate", "without_inactivation.model", 0.0, false, &without_nuts},
                                             {"ar1", "white.model", ar1_correlation, false, &without_nuts}};
  return studies;
}

double percent(double part, double whole) { return 100.0 * part / whole; }

/// What stands for the status where the program ended without a verdict: it counts against every claim.
constexpr std::string_view no_verdict = "no verdict";

bool at_most_misspecified(const Outcome& o) {
  return o.status == "invalid" || o.status == "unidentifiable" || o.status == "misspecified";
}
bool at_least_consistent(const Outcome& o) { return o.status == "consistent" || o.status == "supported"; }
bool for_misspecification(const Outcome& o) {
  return std::ranges::any_of(o.reasons, [](const std::string& code) {
    return code == "residuals-structured" || code == "coverage-off" || code == "held-out-error-too-large" ||
           code == "worse-than-baseline";
  });
}

struct Options {
  std::string result;
  std::uint64_t count = asked;
  std::uint64_t seed = 1;
  unsigned workers = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::string> studies = {"white", "gate", "ar1"};
  std::string keep;  ///< folder for models, recordings and results; empty: they go when they have been looked at
};

class Calibration {
 public:
  explicit Calibration(Options options) : options_(std::move(options)), root_(HILLOCK_SOURCE_DIR) {
    table_.benchmark = "calibration";
    table_.machine = this_machine();
    table_.hillock = run_child({hillock(), "--version"}).out;
    table_.hillock.resize(table_.hillock.find_last_not_of('\n') + 1);
    published_ = need(read_published(root_ + "/bench/published/published_fits.csv"));
    const fs::path work = std::string(HILLOCK_BUILD_DIR) + "/bench/calibration";
    scratch_ = options_.keep.empty() ? work / fmt::format("scratch-{}", getpid()) : fs::absolute(options_.keep);
    fs::create_directories(work);
    fs::create_directories(scratch_);
    const std::string example = need(io::read_whole(root_ + "/examples/herg/herg.model", 1U << 20U));
    const std::string white = need(white_noise_model(example));
    need(io::write_whole(scratch_ / "white.model", white));
    need(io::write_whole(scratch_ / "without_inactivation.model", need(model_without_inactivation(white))));
    synthesiser_.emplace(
        need(Synthesiser::create(need(lang::load_model(white, "white.model")), root_ + "/examples/herg/data", 5)));
    std::string settings = fmt::format("seed {}, {}", options_.seed, table_.hillock);
    for (const Study& study : all_studies())
      settings += fmt::format("; {}: {}", study.name, fmt::join(*study.settings, " "));
    ledger_.emplace(need(Ledger::open((work / "outcomes.jsonl").string(), settings)));
  }
  ~Calibration() {
    std::error_code ignored;
    if (options_.keep.empty()) fs::remove_all(scratch_, ignored);
  }
  Calibration(const Calibration&) = delete;
  Calibration& operator=(const Calibration&) = delete;

  Table run() {
    fit_all();
    table_.title = fmt::format(
        "{} synthetic hERG recordings a study, from parameters scattered by 15 % around the published fits of "
        "six cells, noise of the recordings' size; sine wave fitted, action potentials held out. Each one "
        "is fitted by the program with `normal` noise declared.",
        options_.count);
    for (const Study& study : all_studies())
      if (std::ranges::find(options_.studies, study.name) != options_.studies.end()) report(study);
    if (options_.count < asked)
      table_.notes.push_back(
          fmt::format("The goals are for {} recordings a study; these are {}.", asked, options_.count));
    table_.notes.push_back(
        fmt::format("Everything that is not named here is as in examples/herg/study.toml. Seed {}.", options_.seed));
    return std::move(table_);
  }

 private:
  static std::string hillock() { return std::string(HILLOCK_BUILD_DIR) + "/bin/hillock"; }

  struct Job {
    const Study* study;
    std::uint64_t k;
  };

  void fit_all() {
    std::vector<Job> jobs;  // cell by cell, so that a stopped run has done its part of each study
    for (std::uint64_t k = 0; k < options_.count; ++k)
      for (const Study& study : all_studies())
        if (std::ranges::find(options_.studies, study.name) != options_.studies.end() && !ledger_->find(study.name, k))
          jobs.push_back({&study, k});
    const double begin = wall_seconds();
    std::atomic<std::size_t> next{0};
    std::size_t done = 0;
    std::vector<std::jthread> pool;
    for (unsigned w = 0; w < options_.workers; ++w)
      pool.emplace_back([&] {
        for (std::size_t i = next++; i < jobs.size(); i = next++) {
          const Outcome outcome = fit(jobs[i]);
          const std::lock_guard lock(mutex_);
          need(ledger_->add(outcome));
          ++done;
          const double left =
              (wall_seconds() - begin) / static_cast<double>(done) * static_cast<double>(jobs.size() - done);
          fmt::print(stderr, "{} of {}: {} {} is {}; {:.0f} min left\n", done, jobs.size(), outcome.study, outcome.k,
                     outcome.status, left / 60.0);
        }
      });
  }

  /// One recording, made and fitted.
  Outcome fit(const Job& job) {
    const std::string stem = (scratch_ / fmt::format("{}_{}", job.study->name, job.k)).string();
    // The three studies see the same cells and the same random numbers.
    const Truth truth = synthesiser_->draw_truth(published_, options_.seed, job.k);
    const std::string train = stem + "_sine_wave.npz";
    const std::string test = stem + "_action_potential.npz";
    need(synthesiser_->write(train, Protocol::sine_wave, truth, job.study->rho, options_.seed, job.k));
    need(synthesiser_->write(test, Protocol::action_potential, truth, job.study->rho, options_.seed, job.k));
    std::vector<std::string> command = {
        hillock(), "fit",    root_ + "/examples/herg/study.toml",   "--json", "--quiet", "--threads",
        "1",       "--seed", std::to_string(options_.seed + job.k), "--out",  stem};
    const auto set = [&](const std::string& text) { command.insert(command.end(), {"--set", text}); };
    set("model.file=" + (scratch_ / job.study->model).string());
    set("data.train.file=" + train);
    set("data.test.file=" + test);
    for (const std::string& setting : *job.study->settings) set(setting);
    const ChildResult ran = run_child(command);
    const Json verdict = Json::parse(ran.out, nullptr, false);
    Outcome outcome{job.study->name, job.k, std::string(no_verdict), {}, {}, ran.cpu_s};
    if (ran.exit_code == 0 && !verdict.is_discarded()) {
      outcome.status = verdict.at("status");
      for (const Json& reason : verdict.at("reasons")) outcome.reasons.push_back(reason.at("code"));
      if (job.study->is_true) outcome.inside = intervals(verdict, truth);
    } else {
      fmt::print(stderr, "study {}, recording {}: hillock fit ended with {}\n{}", job.study->name, job.k, ran.exit_code,
                 ran.err);
      outcome.reasons.push_back(fmt::format("exit code {}", ran.exit_code));
      if (verdict.is_object() && verdict.contains("errors"))
        for (const Json& error : verdict.at("errors")) outcome.reasons.push_back(error.at("code"));
    }
    if (options_.keep.empty()) {
      std::error_code ignored;
      fs::remove_all(stem, ignored);
      fs::remove(train, ignored);
      fs::remove(test, ignored);
    }
    return outcome;
  }

  static std::map<std::string, bool> intervals(const Json& verdict, const Truth& truth) {
    std::map<std::string, bool> inside;
    for (const Json& parameter : verdict.at("parameters")) {
      const std::string name = parameter.at("name");
      const double value = name == "sigma" ? truth.sigma_na : truth.p.at(static_cast<std::size_t>(name.at(1) - '1'));
      if (!parameter.at("q05").is_number() || !parameter.at("q95").is_number())
        stop("a verdict without a posterior interval: " + name);
      inside[name] = parameter.at("q05").get<double>() <= value && value <= parameter.at("q95").get<double>();
    }
    if (inside.size() != truth.p.size() + 1) stop(fmt::format("a verdict with {} parameters, not 10", inside.size()));
    return inside;
  }

  void report(const Study& study) {
    std::vector<Outcome> outcomes;
    for (std::uint64_t k = 0; k < options_.count; ++k) outcomes.push_back(*ledger_->find(study.name, k));
    const auto n = static_cast<double>(outcomes.size());
    const auto share = [&](const auto& condition) {
      return percent(static_cast<double>(std::ranges::count_if(outcomes, condition)), n);
    };
    const auto add = [&](const Row& r) { table_.rows.push_back(r); };
    if (study.is_true) {
      coverage(outcomes);
      add(row("true model: status consistent or better", share(at_least_consistent), "%").at_least(90.0));
      add(row("true model: supported", share([](const Outcome& o) { return o.status == "supported"; }), "%"));
    } else {
      const std::string what = study.rho != 0.0 ? fmt::format("correlated noise ({:g}) declared white", study.rho)
                                                : "inactivation gate missing";
      add(row(what + ": never better than misspecified", share(at_most_misspecified), "%").at_least(90.0));
      add(row(what + ": with a reason that says so", share(for_misspecification), "%"));
    }
    std::map<std::string, int> statuses, reasons;
    std::vector<double> cpu;
    for (const Outcome& o : outcomes) {
      ++statuses[o.status];
      for (const std::string& code : o.reasons) ++reasons[code];
      cpu.push_back(o.cpu_s);
    }
    add(row(fmt::format("one fit, study {}", study.name), median(cpu), "s CPU"));
    const auto list = [](const std::map<std::string, int>& counts) {
      std::string out;
      for (const auto& [name, times] : counts) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name, times);
      return out;
    };
    table_.notes.push_back(fmt::format("Study {}: status {}; reasons {}. Settings: {}.", study.name, list(statuses),
                                       list(reasons), fmt::join(*study.settings, ", ")));
  }

  /// The fraction of intervals that hold the truth. Those of one recording depend on each other, so that the standard
  /// error is that of the mean over recordings.
  void coverage(const std::vector<Outcome>& outcomes) {
    std::vector<double> fractions;
    std::map<std::string, int> by_parameter;
    for (const Outcome& o : outcomes) {
      if (o.inside.empty()) continue;  // no verdict, no interval
      double held = 0.0;
      for (const auto& [name, inside] : o.inside) {
        held += inside ? 1.0 : 0.0;
        by_parameter[name] += inside ? 1 : 0;
      }
      fractions.push_back(percent(held, static_cast<double>(o.inside.size())));
    }
    if (fractions.empty()) stop("study white: no fit gave an interval");
    const auto n = static_cast<double>(fractions.size());
    const double mean = std::accumulate(fractions.begin(), fractions.end(), 0.0) / n;
    double square = 0.0;
    for (const double f : fractions) square += (f - mean) * (f - mean);
    const double se = n > 1.0 ? std::sqrt(square / (n * (n - 1.0))) : std::numeric_limits<double>::quiet_NaN();
    table_.rows.push_back(row("true model: 90 % intervals that hold the truth, all parameters", mean, "%")
                              .against("declared", 90.0)
                              .within(85.0, 95.0));
    table_.rows.push_back(row("true model: standard error of that, over recordings", se, "percentage points"));
    std::string each;
    for (const auto& [name, times] : by_parameter)
      each += fmt::format("{}{} {:.0f} %", each.empty() ? "" : ", ", name, percent(times, n));
    table_.notes.push_back(
        "Coverage by parameter: " + each +
        fmt::format(" (standard error of each about {:.1f} points).", percent(std::sqrt(0.09 / n), 1.0)));
  }

  Options options_;
  std::string root_;
  fs::path scratch_;
  std::vector<PublishedFit> published_;
  std::optional<Synthesiser> synthesiser_;
  std::optional<Ledger> ledger_;
  std::mutex mutex_;
  Table table_;
};

int run(int count, char** words) {
  CLI::App app("Coverage and verdicts on synthetic recordings from known parameters.");
  Options options;
  app.add_option("RESULT", options.result, "the .json to write")->required();
  app.add_option("--count", options.count, "recordings a study")->check(CLI::Range(1, 1000000));
  app.add_option("--seed", options.seed, "of truths, noise and fits");
  app.add_option("--workers", options.workers, "fits at a time, one thread each")->check(CLI::Range(1, 1024));
  app.add_option("--studies", options.studies, "which")->delimiter(',')->check(CLI::IsMember({"white", "gate", "ar1"}));
  app.add_option("--keep", options.keep, "leave models, recordings and results in this folder")->type_name("FOLDER");
  CLI11_PARSE(app, count, words);
  const std::string result = options.result;
  need(write_table(Calibration(std::move(options)).run(), result));
  return 0;
}

}  // namespace
}  // namespace hillock::bench

int main(int count, char** words) { return hillock::bench::run(count, words); }
