#include "infer/mode.hpp"

#include "optim/levenberg_marquardt.hpp"

namespace hillock::infer {

namespace {

/// -log p as a cost, its information as the normal matrix.
class Negated final : public optim::LeastSquares {
 public:
  Negated(LogDensity& target, const FisherFn& fisher) : target_(target), fisher_(fisher) {}

  [[nodiscard]] std::size_t dimension() const override { return target_.dimension(); }

  void cost(const Array2& points, std::span<double> cost) override {
    target_.evaluate(points, cost, nullptr);
    for (double& c : cost) c = -c;
  }

  void linearise(const Array2& points, std::span<double> cost, Array2& gradient, Array2& normal) override {
    target_.evaluate(points, cost, &gradient);
    for (double& c : cost) c = -c;
    for (double& g : gradient.values) g = -g;
    fisher_(points, normal);
  }

 private:
  LogDensity& target_;
  const FisherFn& fisher_;
};

optim::LevenbergMarquardtOptions translate(const ModeOptions& options) {
  optim::LevenbergMarquardtOptions out;
  out.scale = optim::CostScale::nats;
  out.max_iterations = options.max_iterations;
  out.cost_tolerance = options.tolerance;
  out.initial_damping = options.initial_damping;
  out.max_step = options.max_step;
  return out;
}

}  // namespace

Result<void> ModeOptions::validate() const { return translate(*this).validate(); }

Result<optim::Minima> find_mode(LogDensity& target, const FisherFn& fisher, const Array2& starts,
                                const ModeOptions& options, Progress& progress) {
  Negated negated(target, fisher);
  return optim::levenberg_marquardt(negated, starts, translate(options), progress);
}

}  // namespace hillock::infer
