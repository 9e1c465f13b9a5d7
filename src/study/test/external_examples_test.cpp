// The examples of external programs, as a user has them: copied, made, and run from their study files.

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>

#include "study/external_simulator.hpp"
#include "study/read_study.hpp"
#include "study/test/scratch.hpp"

namespace hillock::study {
namespace {

class ExternalExamples : public testing::Test {
 protected:
  Scratch scratch_;
  void SetUp() override {
    std::filesystem::copy(HILLOCK_SOURCE_DIR "/examples/external", scratch_.path("external"),
                          std::filesystem::copy_options::recursive);
    std::filesystem::create_directories(scratch_.path("benchmark"));
    std::filesystem::copy(HILLOCK_SOURCE_DIR "/examples/benchmark/slcp_distractors",
                          scratch_.path("benchmark/slcp_distractors"), std::filesystem::copy_options::recursive);
  }
  void make(const std::string& folder) {
    ASSERT_EQ(std::system(("make -s -B -C '" + scratch_.path(folder) + "'").c_str()), 0);
  }
  std::unique_ptr<ExternalSimulator> start(const std::string& folder, ExternalParameters& parameters,
                                           const std::string& workers) {
    const auto study = read_study(scratch_.path(folder), {"model.workers=" + workers});
    EXPECT_TRUE(study) << render(study.error());
    if (!study) return nullptr;
    auto read = external_parameters(*study);
    EXPECT_TRUE(read) << render(read.error());
    if (!read) return nullptr;
    parameters = std::move(*read);
    auto simulator = ExternalSimulator::start(*study, parameters, 1, {});
    EXPECT_TRUE(simulator) << render(simulator.error());
    return simulator ? std::move(*simulator) : nullptr;
  }
  static ExternalParameters nothing() { return {prob::ParameterSpace::make({}, {}).value(), {}}; }
};

TEST_F(ExternalExamples, ANeuronInCAndInPythonIsTheSameNeuron) {
  make("external/c");
  constexpr std::size_t in_c = 2000, in_python = 100;
  std::vector<std::vector<double>> means, errors;
  for (const auto& [folder, count] : {std::pair{"external/c", in_c}, std::pair{"external/python", in_python}}) {
    ExternalParameters parameters = nothing();
    const auto simulator = start(folder, parameters, "2");
    ASSERT_NE(simulator, nullptr);
    EXPECT_EQ(simulator->statistics(), (std::vector<std::string>{"rate", "cv_isi", "v_mean", "v_sd"}));
    Array2 theta(count, 3);
    for (std::size_t k = 0; k < count; ++k) {
      theta(k, 0) = 20e-3;
      theta(k, 1) = 19e-3;
      theta(k, 2) = 2e-3;
    }
    infer::Simulations answer;
    ASSERT_TRUE(simulator->run(theta, 0, answer, {}));
    EXPECT_TRUE(simulator->reasons().empty());
    std::vector<double> mean(4), error(4);
    for (std::size_t i = 0; i < 4; ++i) {
      double sum = 0.0, squares = 0.0;
      for (const double value : answer.x.column(i)) sum += value, squares += value * value;
      const auto n = static_cast<double>(count);
      mean[i] = sum / n;
      error[i] = std::sqrt((squares / n - mean[i] * mean[i]) / (n - 1));
    }
    means.push_back(mean);
    errors.push_back(error);
  }
  // 5 standard errors of a difference of means: a false alarm in 400 000 runs.
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(means[0][i], means[1][i], 5.0 * std::hypot(errors[0][i], errors[1][i])) << i;
}

TEST_F(ExternalExamples, SilentNeuronsHaveNoVariationOfIntervalsAndSayWhy) {
  ExternalParameters parameters = nothing();
  const auto simulator = start("external/python", parameters, "1");
  ASSERT_NE(simulator, nullptr);
  Array2 theta(2, 3);
  theta(0, 0) = theta(1, 0) = 20e-3;
  theta(1, 0) = 0.0;  // a division by zero
  infer::Simulations answer;
  ASSERT_TRUE(simulator->run(theta, 0, answer, {}));
  EXPECT_EQ(simulator->reasons(),
            (std::vector<std::string>{"fewer-than-3-spikes", "program-error: float division by zero"}));
  EXPECT_EQ(answer.x(0, 0), 0.0);
  EXPECT_TRUE(std::isnan(answer.x(0, 1)));
  EXPECT_EQ(answer.failed[1], 2);
}

TEST_F(ExternalExamples, SlcpWithDistractorsIsTheSameForAnyWorkers) {
  make("benchmark/slcp_distractors");
  infer::Simulations one, two;
  constexpr std::size_t count = 20000;
  for (const char* workers : {"1", "2"}) {
    ExternalParameters parameters = nothing();
    const auto simulator = start("benchmark/slcp_distractors", parameters, workers);
    ASSERT_NE(simulator, nullptr);
    EXPECT_EQ(simulator->statistics().size(), 100U);
    const Array2 theta = parameters.space.sample(1, 0, count);
    infer::Simulations& answer = *workers == '1' ? one : two;
    const auto begun = std::chrono::steady_clock::now();
    ASSERT_TRUE(simulator->run(theta, 0, answer, {}));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    RecordProperty(std::string("simulations_per_second_") + workers, std::to_string(count / seconds));
    std::printf("%s worker(s): %.0f simulations/s\n", workers, count / seconds);
  }
  EXPECT_EQ(one.x.values, two.x.values);
}

}  // namespace
}  // namespace hillock::study
