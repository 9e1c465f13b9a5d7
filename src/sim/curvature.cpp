#include "sim/curvature.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>

#include "base/parallel.hpp"
#include "ir/direction.hpp"
#include "sim/adjoint_run.hpp"

namespace hillock::sim {

struct Curvature::State {
  AdjointRun run;
  RunOptions options;
  std::size_t parameters = 0;  ///< of the model
  bool random = false;
  std::size_t dimension = 0;
};

Curvature::Curvature(std::unique_ptr<State> state) : state_(std::move(state)) {}
Curvature::Curvature(Curvature&&) noexcept = default;
Curvature& Curvature::operator=(Curvature&&) noexcept = default;
Curvature::~Curvature() = default;

std::size_t Curvature::dimension() const { return state_->dimension; }
std::size_t Curvature::bytes() const { return state_->run.bytes(); }

Result<Curvature> Curvature::create(const ir::Model& model, const Experiment& experiment, const ProgramRequest& request,
                                    const RunOptions& options) {
  ProgramRequest plain = request;
  plain.purpose = Purpose::log_density;
  auto built = build_program(model, plain);
  if (!built) return fail(std::move(built.error()));
  if (built->program.adaptive)
    return fail(
        "integrator-unfit",
        std::string(request.integrator) + " chooses its own steps: second derivatives go back through fixed ones",
        "model.integrator", "a fixed step: exponential_midpoint or rk4");
  std::vector<std::uint32_t> by = request.with_respect_to;
  if (by.empty()) {
    by.resize(model.parameters.size());
    std::iota(by.begin(), by.end(), 0U);
  }
  const ir::Timeline timeline = make_timeline(model, experiment);
  ir::fold_constant_columns(built->program, timeline);
  const std::uint32_t along = ir::add_direction(built->program, built->value[0], by, parameter_count(model));
  AdjointRun run(built->program, timeline, along, by, options.backend);
  if (auto compiled = run.compile(options.store.get()); !compiled) return fail(std::move(compiled.error()));
  return Curvature(
      std::make_unique<State>(State{std::move(run), options, model.parameters.size(), model.random(), by.size()}));
}

Array2 Curvature::run(const Array2& points, const std::vector<std::size_t>& of, const Array2& directions,
                      const std::function<bool()>& stop) const {
  const State& s = *state_;
  HILLOCK_CHECK(points.cols == s.parameters && directions.cols == s.dimension, "points or directions of another size");
  Array2 out(of.size(), s.dimension, std::numeric_limits<double>::quiet_NaN());
  const std::size_t lanes = s.run.lanes();
  parallel_for((of.size() + lanes - 1) / lanes, s.options.threads, [&](std::size_t call) {
    std::vector<double> in, result((1 + s.dimension) * lanes);
    const auto put = [&](auto&& value) {
      for (std::size_t lane = 0; lane < lanes; ++lane)
        in.push_back(value(std::min(call * lanes + lane, of.size() - 1)));
    };
    for (std::size_t p = 0; p < s.parameters; ++p) put([&](std::size_t k) { return points(of[k], p); });
    if (s.random) {
      put([&](std::size_t k) { return static_cast<double>(of[k]); });
      put([&](std::size_t) { return static_cast<double>(s.options.seed); });
    }
    for (std::size_t d = 0; d < s.dimension; ++d) put([&](std::size_t k) { return directions(k, d); });
    if (!s.run.run(in, result, stop)) return;
    for (std::size_t lane = 0; lane < lanes && call * lanes + lane < of.size(); ++lane)
      for (std::size_t d = 0; d < s.dimension; ++d) out(call * lanes + lane, d) = result[(1 + d) * lanes + lane];
  });
  return out;
}

Array2 Curvature::products(const Array2& points, const Array2& directions, const std::function<bool()>& stop) const {
  HILLOCK_CHECK(points.rows == directions.rows, "a direction for each point");
  std::vector<std::size_t> of(points.rows);
  std::iota(of.begin(), of.end(), std::size_t{0});
  return run(points, of, directions, stop);
}

Array2 Curvature::hessians(const Array2& points, const std::function<bool()>& stop) const {
  const std::size_t d = state_->dimension;
  std::vector<std::size_t> of;
  Array2 directions(points.rows * d, d);
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t i = 0; i < d; ++i) of.push_back(k), directions(k * d + i, i) = 1.0;
  const Array2 rows = run(points, of, directions, stop);
  Array2 out(points.rows, d * d);
  for (std::size_t k = 0; k < points.rows; ++k)
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j)  // each entry twice, to rounding the same
        out(k, i * d + j) = 0.5 * (rows(k * d + i, j) + rows(k * d + j, i));
  return out;
}

}  // namespace hillock::sim
