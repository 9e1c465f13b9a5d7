#include "nn/operations/invertible_linear.hpp"

#include <cmath>
#include <vector>

#include "base/error.hpp"

namespace hillock::nn {
namespace {

/// Place of element (i, j) of a strict triangle, row by row: j < i below, j > i above.
std::size_t below(std::size_t i, std::size_t j) { return i * (i - 1) / 2 + j; }
std::size_t above(std::size_t d, std::size_t i, std::size_t j) { return i * (2 * d - i - 1) / 2 + (j - i - 1); }

/// A soft limit for the logarithms of the diagonal. Their exponentials are made by the kernels, whose bits are the same
/// everywhere: x of an affine transform with z = 1 and mean 0.
constexpr float diagonal_limit = 7.0F;

class Map final : public Operation {
 public:
  Map(std::vector<Var> inputs, std::vector<Var> outputs, const InvertibleLinear& map)
      : Operation(std::move(inputs), std::move(outputs)), map_(map) {}

  void forward(Pass& pass) const override {
    const Extent e = pass.extent();
    const std::size_t d = map_.dimension;
    const Factors f = factors(pass);
    const std::vector<float> w = product(f);
    pass.kernels().linear({d, d, nullptr, nullptr}, w.data(), d, pass.parameters(map_.bias), pass.value(inputs_[0]),
                          pass.value(outputs_[0]), e, false);
    float* out = pass.value(outputs_[1]);
    const float* before = inputs_.size() > 1 ? pass.value(inputs_[1]) : nullptr;
    for (std::size_t b = 0; b < e.samples; ++b) out[b] = (before ? before[b] : 0.0F) + f.log_determinant;
  }

  void backward(Pass& pass) const override {
    const Extent e = pass.extent();
    const std::size_t d = map_.dimension;
    const Factors f = factors(pass);
    const std::vector<float> w = product(f);
    const LinearShape shape{d, d, nullptr, nullptr};
    const float* dz = pass.slope(outputs_[0]);
    std::vector<float> dw(d * d, 0.0F);
    pass.kernels().linear_weights(shape, dz, pass.value(inputs_[0]), dw.data(), d, pass.gradient(map_.bias), e);
    pass.kernels().linear_inputs(shape, w.data(), d, dz, pass.slope(inputs_[0]), e);
    const float* dlog = pass.slope(outputs_[1]);
    if (inputs_.size() > 1) pass.kernels().add(e.samples, pass.slope(inputs_[1]), dlog);
    float by_log = 0.0F;
    pass.kernels().linear_weights({1, 0, nullptr, nullptr}, dlog, dlog, nullptr, 0, &by_log, e);
    // W = L U: dL = dW U^T, dU = L^T dW.
    float* dl = pass.gradient(map_.lower);
    float* du = pass.gradient(map_.upper);
    float* dd = pass.gradient(map_.diagonal);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) {
        float sum = 0.0F;
        if (j < i) {
          for (std::size_t k = j; k < d; ++k) sum += dw[i * d + k] * f.u[j * d + k];
          dl[below(i, j)] += sum;
          continue;
        }
        for (std::size_t k = i; k < d; ++k) sum += f.l[k * d + i] * dw[k * d + j];
        if (j > i) du[above(d, i, j)] += sum;
        else dd[i] += (sum * f.u[i * d + i] + by_log) * f.by_diagonal[i];
      }
  }

  void initialise(std::span<float> parameters, Rng& rng) const override {
    for (const Block block : {map_.lower, map_.upper})
      for (float& p : parameters.subspan(block.at, block.count)) p = static_cast<float>(0.01 * rng.normal());
  }

 private:
  struct Factors {
    std::vector<float> l, u, by_diagonal;  ///< the slope of log u_ii by its parameter
    float log_determinant = 0.0F;
  };
  [[nodiscard]] Factors factors(const Pass& pass) const {
    const std::size_t d = map_.dimension;
    Factors f{std::vector<float>(d * d, 0.0F), std::vector<float>(d * d, 0.0F), std::vector<float>(d), 0.0F};
    const float* l = pass.parameters(map_.lower);
    const float* u = pass.parameters(map_.upper);
    const float* a = pass.parameters(map_.diagonal);
    for (std::size_t i = 0; i < d; ++i) {
      for (std::size_t j = 0; j < i; ++j) f.l[i * d + j] = l[below(i, j)];
      for (std::size_t j = i + 1; j < d; ++j) f.u[i * d + j] = u[above(d, i, j)];
      f.l[i * d + i] = 1.0F;
      const Diagonal own = diagonal(pass.kernels(), a[i]);
      f.u[i * d + i] = own.value;
      f.by_diagonal[i] = own.slope;
      f.log_determinant += own.log;
    }
    return f;
  }
  [[nodiscard]] std::vector<float> product(const Factors& f) const {
    const std::size_t d = map_.dimension;
    std::vector<float> w(d * d, 0.0F);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t k = 0; k <= i; ++k)
        for (std::size_t j = k; j < d; ++j) w[i * d + j] += f.l[i * d + k] * f.u[k * d + j];
    return w;
  }

 public:
  struct Diagonal {
    float value, log, slope;
  };
  static Diagonal diagonal(const Kernels& kernels, float a) {
    alignas(64) float in[16] = {}, t[16], p[32] = {}, one[16], value[16];
    in[0] = a / diagonal_limit;
    kernels.activate(Activation::tanh, 1, in, t, {16, 16});
    p[16] = a;
    for (float& x : one) x = 1.0F;
    kernels.affine_inverse(diagonal_limit, one, p, value, {16, 16});
    return {value[0], diagonal_limit * t[0], 1.0F - t[0] * t[0]};
  }

 private:
  InvertibleLinear map_;
};

}  // namespace

void InvertibleLinear::inverse(const Pass& pass, std::span<const float> parameters, const float* z, float* x) const {
  const Extent e = pass.extent();
  const std::size_t d = dimension;
  for (std::size_t i = 0; i < d; ++i) {
    float* out = x + i * e.stride;
    for (std::size_t b = 0; b < e.samples; ++b) out[b] = z[i * e.stride + b] - parameters[bias.at + i];
    for (std::size_t j = 0; j < i; ++j) {
      const float l = parameters[lower.at + below(i, j)];
      for (std::size_t b = 0; b < e.samples; ++b) out[b] -= l * x[j * e.stride + b];
    }
  }
  for (std::size_t i = d; i-- > 0;) {
    float* out = x + i * e.stride;
    for (std::size_t j = i + 1; j < d; ++j) {
      const float u = parameters[upper.at + above(d, i, j)];
      for (std::size_t b = 0; b < e.samples; ++b) out[b] -= u * x[j * e.stride + b];
    }
    const float scale = Map::diagonal(pass.kernels(), parameters[diagonal.at + i]).value;
    for (std::size_t b = 0; b < e.samples; ++b) out[b] /= scale;
  }
}

InvertedLinear invertible_linear(Tape& tape, Var x, std::optional<Var> log_slope) {
  const std::size_t d = tape.rows(x);
  InvertedLinear out;
  out.map.dimension = d;
  out.map.lower = tape.parameters(d * (d - 1) / 2);
  out.map.upper = tape.parameters(d * (d - 1) / 2);
  out.map.diagonal = tape.parameters(d);
  out.map.bias = tape.parameters(d);
  out.result = {tape.value(d), tape.value(1)};
  tape.add(std::make_unique<Map>(log_slope ? std::vector{x, *log_slope} : std::vector{x},
                                 std::vector{out.result.z, out.result.log_slope}, out.map));
  return out;
}

}  // namespace hillock::nn
