// The real command line on planted outcomes, so that exit codes, JSON, progress and signals are tested without minutes
// of computing. What happens is chosen by the study's name.

#include <chrono>
#include <thread>

#include "cli/run.hpp"

namespace {

using namespace hillock;

Result<study::FitOutcome> planted_fit(const study::ResolvedStudy& study, const study::RunOptions& options,
                                      Progress& progress) {
  study::FitOutcome out;
  out.verdict.study = study.name;
  out.verdict.status = verify::Status::consistent;
  out.folder = study.results;
  if (study.name == "bug") HILLOCK_CHECK(study.seed < 0, "a planted failure");
  if (study.name == "wrong") return fail(Errors{{"first", "one", {}, "a", ""}, {"second", "two", {}, "b", "less"}});
  if (study.name == "slow") {  // until stopped; 30 s is long after the test has given up
    progress.begin("waiting", 3000);
    for (int i = 0; i < 3000 && !progress.should_stop(); ++i) {
      progress.update(i, "");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    out.interrupted = progress.should_stop();
  }
  if (study.name == "deaf") {  // does not listen to the first signal
    std::this_thread::sleep_for(std::chrono::seconds(30));
  }
  out.answer.text = "verdict: consistent\n";
  out.answer.json = "{\"status\": \"consistent\", \"seed\": " + std::to_string(study.seed) +
                    ", \"threads\": " + std::to_string(options.threads) + ", \"results\": \"" + study.results + "\"}\n";
  return out;
}

Result<study::Answer> planted_check(const study::CheckOptions& options) {
  return study::Answer{options.format ? "formatted\n" : "checked\n", "{\"model\": \"" + options.model + "\"}\n"};
}

Result<study::Answer> planted_simulate(const study::SimulateOptions& options, Progress&) {
  std::string text;
  for (const study::Assignment& set : options.set) text += set.name + "=" + set.text + ";";
  for (const study::Assignment& input : options.inputs) text += input.name + ":" + input.text + ";";
  if (options.duration) text += std::to_string(options.duration->si());
  return study::Answer{text + "\n", "{}\n"};
}

}  // namespace

int main(int argc, char** argv) {
  return cli::run(std::vector<std::string>(argv + 1, argv + argc), {planted_fit, planted_check, planted_simulate});
}
