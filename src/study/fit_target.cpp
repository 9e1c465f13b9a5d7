#include "study/fit_target.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/interpret.hpp"
#include "sim/curvature.hpp"

namespace hillock::study {

// ---- joint conditions

struct Requirements::State {
  struct One {
    ir::Requirement requirement;
    ir::Evaluator evaluator;
  };
  std::vector<One> all;
  std::vector<double> symbols;
  std::vector<std::uint32_t> parameter_symbols;
};

Requirements::Requirements(const ir::Model& model, const std::map<std::string, double>& constants)
    : state_(std::make_unique<State>()) {
  state_->symbols.assign(model.symbols.size(), 0.0);
  for (const ir::Constant& c : model.constants) {
    const auto found = constants.find(model.symbol(c.symbol).name);
    state_->symbols[index(c.symbol)] = found == constants.end() ? c.value : found->second;
  }
  for (const ir::Parameter& p : model.parameters) state_->parameter_symbols.push_back(index(p.symbol));
  for (const ir::Requirement& r : model.requirements)
    state_->all.push_back({r, ir::Evaluator(model.graph, std::span(&r.expression, 1))});
}
Requirements::~Requirements() = default;
Requirements::Requirements(Requirements&&) noexcept = default;

bool Requirements::any() const { return !state_->all.empty(); }

bool Requirements::hold(std::span<const double> parameters) {
  constexpr int places = 33;
  std::vector<double>& symbols = state_->symbols;
  for (std::size_t i = 0; i < parameters.size(); ++i) symbols[state_->parameter_symbols[i]] = parameters[i];
  for (State::One& one : state_->all) {
    const ir::Requirement& r = one.requirement;
    const int count = r.bound ? places : 1;
    double largest = -std::numeric_limits<double>::infinity();
    double smallest = std::numeric_limits<double>::infinity();
    for (int i = 0; i < count; ++i) {
      if (r.bound) symbols[index(*r.bound)] = r.from + (r.to - r.from) * i / (places - 1);
      double value = 0.0;
      one.evaluator.run(symbols, std::span(&value, 1));
      if (std::isnan(value)) return false;
      largest = std::max(largest, value);
      smallest = std::min(smallest, value);
    }
    const bool inside = [&] {
      switch (r.reduce) {
        case ir::Requirement::Reduce::every: return smallest >= r.low && largest <= r.high;
        case ir::Requirement::Reduce::maximum: return largest >= r.low && largest <= r.high;
        case ir::Requirement::Reduce::minimum: return smallest >= r.low && smallest <= r.high;
      }
      return false;
    }();
    if (!inside) return false;
  }
  return true;
}

// ---- least squares

Result<SquaresProblem> SquaresProblem::create(Target& target) {
  const sim::ProgramRequest plain{sim::Purpose::squares, target.integrator, {}};
  auto squares = sim::Batch::create(*target.model, target.experiment, plain, target.run);
  if (!squares) return fail(std::move(squares.error()));
  const sim::ProgramRequest with_tangents{sim::Purpose::squares_linearised, target.integrator, target.mechanism};
  auto linearised = sim::Batch::create(*target.model, target.experiment, with_tangents, target.run);
  if (!linearised) return fail(std::move(linearised.error()));
  return SquaresProblem(target, std::move(*squares), std::move(*linearised));
}

Array2 SquaresProblem::full(const Array2& points) const {
  const prob::ParameterSpace& space = *target_->space;
  Array2 out(points.rows, space.size());
  const std::vector<double> centre = space.centre();
  for (std::size_t k = 0; k < points.rows; ++k) std::copy(centre.begin(), centre.end(), out.row(k).begin());
  for (std::size_t m = 0; m < target_->mechanism.size(); ++m) {
    const std::uint32_t j = target_->mechanism[m];
    for (std::size_t k = 0; k < points.rows; ++k) out(k, j) = space.to_constrained(j, points(k, m));
  }
  return out;
}

void SquaresProblem::sums_of_squares(const Array2& parameters, std::span<double> sums, const Progress* progress) {
  Array2 carried;
  squares_.sums(
      parameters, carried,
      progress == nullptr ? std::function<bool()>{} : [progress] { return progress->should_stop(); });
  target_->simulations += static_cast<std::int64_t>(parameters.rows);
  for (std::size_t k = 0; k < parameters.rows; ++k) sums[k] = carried(k, squares_.program().value[0]);
}

void SquaresProblem::raise_walls(const Array2& parameters, std::span<double> cost) {
  if (!walls || !requirements_.any()) return;
  for (std::size_t k = 0; k < parameters.rows; ++k)
    if (!requirements_.hold(parameters.row(k))) cost[k] = std::numeric_limits<double>::infinity();
}

void SquaresProblem::cost(const Array2& points, std::span<double> cost) {
  const Array2 parameters = full(points);
  sums_of_squares(parameters, cost);
  for (std::size_t k = 0; k < points.rows; ++k) cost[k] *= 0.5;
  raise_walls(parameters, cost);
}

void SquaresProblem::linearise(const Array2& points, std::span<double> cost, Array2& gradient, Array2& normal) {
  const std::size_t d = dimension();
  const Array2 parameters = full(points);
  Array2 carried;
  linearised_.sums(parameters, carried);
  target_->gradients += static_cast<std::int64_t>(points.rows);
  const sim::BuiltProgram& program = linearised_.program();
  gradient = Array2(points.rows, d);
  normal = Array2(points.rows, d * d);
  std::vector<double> slope(d);
  for (std::size_t k = 0; k < points.rows; ++k) {
    for (std::size_t i = 0; i < d; ++i) slope[i] = target_->space->transform(target_->mechanism[i], points(k, i)).dx_du;
    cost[k] = 0.5 * carried(k, program.value[0]);
    std::size_t entry = 0;
    for (std::size_t i = 0; i < d; ++i) {
      gradient(k, i) = carried(k, program.gradient[i]) * slope[i];
      for (std::size_t j = 0; j <= i; ++j) {
        const double value = carried(k, program.matrix[entry++]) * slope[i] * slope[j];
        normal(k, i * d + j) = value;
        normal(k, j * d + i) = value;
      }
    }
  }
  raise_walls(parameters, cost);
}

// ---- the posterior

Result<Posterior> Posterior::create(Target& target, Answers most) {
  Posterior out(target);
  const auto make = [&](sim::Purpose purpose, std::optional<sim::Batch>& into) -> Result<void> {
    auto batch = sim::Batch::create(*target.model, target.experiment, {purpose, target.integrator, {}}, target.run);
    if (!batch) return fail(std::move(batch.error()));
    into = std::move(*batch);
    return {};
  };
  if (auto made = make(sim::Purpose::log_density, out.density_); !made) return fail(std::move(made.error()));
  if (most == Answers::densities) return out;
  if (auto made = make(sim::Purpose::log_density_gradient, out.gradient_); !made) return fail(std::move(made.error()));
  if (most == Answers::gradients) return out;
  if (auto made = make(sim::Purpose::fisher, out.fisher_); !made) return fail(std::move(made.error()));
  return out;
}

void Posterior::log_likelihood(const Array2& parameters, std::span<double> value, const std::function<bool()>& stop) {
  Array2 carried;
  density_->sums(parameters, carried, stop);
  target_->simulations += static_cast<std::int64_t>(parameters.rows);
  for (std::size_t k = 0; k < parameters.rows; ++k) {
    value[k] = carried(k, density_->program().value[0]);
    if (!std::isfinite(value[k]) || (requirements_.any() && !requirements_.hold(parameters.row(k))))
      value[k] = -std::numeric_limits<double>::infinity();
  }
}

void Posterior::evaluate(const Array2& points, std::span<double> value, Array2* gradient) {
  const prob::ParameterSpace& space = *target_->space;
  const Array2 parameters = space.to_constrained(points);
  const sim::Batch& batch = gradient != nullptr ? *gradient_ : *density_;
  Array2 carried;
  batch.sums(parameters, carried);
  (gradient != nullptr ? target_->gradients : target_->simulations) += static_cast<std::int64_t>(points.rows);
  Array2 prior_gradient(points.rows, space.size());
  space.log_density_unconstrained(points, value, gradient != nullptr ? &prior_gradient : nullptr);
  const Array2 slope = gradient != nullptr ? space.jacobian(points) : Array2();
  const sim::BuiltProgram& program = batch.program();
  if (gradient != nullptr) *gradient = Array2(points.rows, space.size());
  for (std::size_t k = 0; k < points.rows; ++k) {
    value[k] += carried(k, program.value[0]);
    bool good = std::isfinite(value[k]) && (!requirements_.any() || requirements_.hold(parameters.row(k)));
    if (gradient != nullptr)
      for (std::size_t j = 0; j < space.size(); ++j) {
        (*gradient)(k, j) = carried(k, program.gradient[j]) * slope(k, j) + prior_gradient(k, j);
        good = good && std::isfinite((*gradient)(k, j));
      }
    if (!good) value[k] = -std::numeric_limits<double>::infinity();
  }
}

Array2 Posterior::information(std::span<const double> point) {
  const std::size_t d = target_->space->size();
  Array2 at(1, d);
  std::copy(point.begin(), point.end(), at.values.begin());
  Array2 carried;
  fisher_->sums(target_->space->to_constrained(at), carried);
  target_->gradients += 1;
  const Array2 slope = target_->space->jacobian(at);
  Array2 out(d, d);
  std::size_t entry = 0;
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      const double value = carried(0, fisher_->program().matrix[entry++]) * slope(0, i) * slope(0, j);
      out(i, j) = value;
      out(j, i) = value;
    }
  return out;
}

Result<Array2> Posterior::observed_information(std::span<const double> point) {
  const std::size_t d = target_->space->size();
  const sim::ProgramRequest request{sim::Purpose::log_density, target_->integrator, {}};
  auto curvature = sim::Curvature::create(*target_->model, target_->experiment, request, target_->run);
  if (!curvature) return fail(std::move(curvature.error()));
  Array2 at(1, d);
  std::copy(point.begin(), point.end(), at.values.begin());
  const Array2 x = target_->space->to_constrained(at);
  const Array2 hessian = curvature->hessians(x);
  Array2 carried;
  gradient_->sums(x, carried);
  target_->gradients += 1 + 2 * static_cast<std::int64_t>(d);
  // With x(u): d2 log p / du_i du_j = H_ij x_i' x_j', and on the diagonal also (d log p / dx_i) x_i''.
  Array2 out(d, d);
  std::vector<prob::Transformed> map;
  for (std::size_t j = 0; j < d; ++j) map.push_back(target_->space->transform(j, point[j]));
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) out(i, j) = -hessian(0, i * d + j) * map[i].dx_du * map[j].dx_du;
  for (std::size_t j = 0; j < d; ++j)
    out(j, j) -= carried(0, gradient_->program().gradient[j]) * map[j].dx_du * map[j].dlog_dx_du;
  return out;
}

}  // namespace hillock::study
