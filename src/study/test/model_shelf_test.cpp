/// The models of the shelf that can be fitted: gradients of their log density against differences. The folder models/
/// is searched, so that a new model is tested without a line here. (tests/models/ tests everything else about them.)

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "lang/expression.hpp"
#include "lang/load.hpp"
#include "sim/simulator.hpp"
#include "study/toml.hpp"

namespace hillock::study {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

const TomlValue* find(const TomlValue& table, std::string_view key) {
  for (const TomlEntry& entry : *table.table())
    if (entry.key == key) return &entry.value;
  return nullptr;
}

double seconds(const TomlValue& quantity) { return units::parse_quantity(*quantity.text()).value().si(); }

/// The models that say what is observed.
std::vector<fs::path> shelf() {
  std::vector<fs::path> out;
  for (const auto& file : fs::recursive_directory_iterator(fs::path(HILLOCK_SOURCE_DIR) / "models"))
    if (file.path().extension() == ".model" && read(file.path()).contains("\nobserve ")) out.push_back(file.path());
  std::ranges::sort(out);
  return out;
}

std::string test_name(const testing::TestParamInfo<fs::path>& info) {
  return info.param.parent_path().filename().string() + "_" + info.param.stem().string();
}

/// The first case of the expected file, at the model's defaults.
class Shelf : public testing::TestWithParam<fs::path> {
 protected:
  void SetUp() override {
    model = lang::load_model(read(GetParam()), GetParam().filename().string()).value();
    const auto toml = parse_toml(read(fs::path(GetParam()).replace_extension(".expected.toml")), "expected").value();
    const TomlValue& first = find(toml, "case")->array()->front();
    integrator = *find(first, "integrator")->text();
    experiment.interval = seconds(*find(first, "dt"));
    const double steps = seconds(*find(first, "duration")) / experiment.interval;
    experiment.samples = static_cast<std::size_t>(std::min(steps, most_steps));
    experiment.mask.assign(experiment.samples, 1);
    const lang::NamedDimension time[] = {{"t", units::find_unit("second")->dimension}};
    for (const ir::SymbolId id : model.inputs) {
      const ir::Symbol& input = model.symbol(id);
      auto value = lang::parse_expression(*find(*find(first, "input"), input.name)->text(), input.name, time,
                                          input.unit.dimension)
                       .value();
      std::vector<sim::Piece> pieces;
      pieces.push_back({std::numeric_limits<double>::infinity(), std::move(value.graph), value.root});
      experiment.inputs[input.name] = sim::piecewise(pieces);
    }
    for (const ir::Parameter& p : model.parameters) defaults.push_back(p.value.value());
  }

  sim::Batch batch(sim::Purpose purpose) const {
    return sim::Batch::create(model, experiment, {purpose, integrator, {}}, {sim::Backend::interpreter, 1, 1}).value();
  }

  static constexpr double most_steps = 300;
  ir::Model model;
  std::string integrator;
  sim::Experiment experiment;
  std::vector<double> defaults;
};
INSTANTIATE_TEST_SUITE_P(Models, Shelf, testing::ValuesIn(shelf()), test_name);

TEST_P(Shelf, GradientsAreDifferences) {
  if (model.spiking || !model.noises.empty()) {
    // Such a model has no likelihood here: whoever asks for one is told so, and gets no number.
    const auto refused = sim::Batch::create(model, experiment, {sim::Purpose::log_density, integrator, {}}, {});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().front().code, "not-yet-run");
    return;
  }
  Array2 point(1, defaults.size());
  std::ranges::copy(defaults, point.values.begin());
  batch(sim::Purpose::trace).outputs(point, [&](std::size_t, std::span<const double> values) {
    for (std::size_t o = 0; o < model.observations.size(); ++o)
      for (std::size_t s = 0; s < experiment.samples; ++s)
        experiment.observed[model.observations[o].channel].push_back(values[s * 2 * model.observations.size() + 2 * o]);
  });

  // Away from the values that made the data, where the gradient of the mechanism's parameters is 0.
  std::vector<double> at = defaults;
  for (double& v : at) v = v == 0.0 ? 0.01 : 1.01 * v;
  const auto sums = [&](const sim::Batch& compiled, const std::vector<double>& parameters) {
    Array2 p(1, parameters.size()), out(1, compiled.carried_count());
    std::ranges::copy(parameters, p.values.begin());
    compiled.sums(p, out);
    return out.values;
  };
  const sim::Batch gradient = batch(sim::Purpose::log_density_gradient);
  const sim::Batch density = batch(sim::Purpose::log_density);
  const auto exact = sums(gradient, at);
  const auto value = [&](const std::vector<double>& parameters) {
    return sums(density, parameters)[density.program().value.at(0)];
  };
  std::vector<double> differences, slopes;
  for (std::size_t k = 0; k < at.size(); ++k) {
    const double unit = std::fabs(at[k]);
    const auto centred = [&](double h) {
      auto up = at, down = at;
      up[k] += h * unit, down[k] -= h * unit;
      return (value(up) - value(down)) / (2 * h);
    };
    differences.push_back((4 * centred(5e-4) - centred(1e-3)) / 3);
    slopes.push_back(exact[gradient.program().gradient.at(k)] * unit);
    ASSERT_TRUE(std::isfinite(slopes.back()));
  }
  double largest = 0.0;
  for (const double d : differences) largest = std::max(largest, std::fabs(d));
  EXPECT_GT(largest, 0.0);
  // Of the largest slope: truncation (1e-3)^4 times fifth derivatives that reach 1e4 where a rate is an exponential of
  // a voltage of many e-folds; rounding 1e-16 times the value over h and the slope, 1e-10.
  for (std::size_t k = 0; k < at.size(); ++k)
    EXPECT_NEAR(slopes[k], differences[k], 1e-7 * largest) << model.symbol(model.parameters[k].symbol).name;
}

}  // namespace
}  // namespace hillock::study
