#include "nn/velocity.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/error.hpp"
#include "nn/operations/rows.hpp"
#include "nn/operations/squared_error.hpp"

namespace hillock::nn {
namespace {

/// v = slope x for a standard normal y.
float normal_slope(float t) { return (2.0F * t - 1.0F) / (t * t + (1.0F - t) * (1.0F - t)); }

}  // namespace

void VelocityDensity::finish(Var left, std::optional<Var> weight) {
  left_ = left;
  network_ = tape_.operation_count();
  target_ = tape_.value(tape_.rows(left));
  for (std::size_t i = 0; i < tape_.rows(left); ++i) components_.push_back(take_rows(tape_, left, {i}));
  objective_ = squared_error(tape_, left, target_, weight);
}

void VelocityDensity::straight_path(Pass& pass, std::size_t row, const float* value, const float* noise,
                                    const float* t) const {
  const std::span<float> x = pass.row(state_, row), target = pass.row(target_, row);
  for (std::size_t s = 0; s < x.size(); ++s) {
    x[s] = (1.0F - t[s]) * noise[s] + t[s] * value[s];
    target[s] = value[s] - noise[s] - normal_slope(t[s]) * x[s];
  }
}

void VelocityDensity::write_time(Pass& pass, const float* t) const {
  const std::size_t samples = pass.extent().samples;
  for (std::size_t s = 0; s < samples; ++s) {
    const float u = 2.0F * t[s] - 1.0F;
    float before = 1.0F, now = u;
    for (std::size_t k = 0; k < time_rows; ++k) {
      pass.row(time_, k)[s] = now;
      const float next = 2.0F * u * now - before;
      before = now;
      now = next;
    }
  }
}

void VelocityDensity::set_time(Pass& pass, float t) const {
  const std::vector<float> all(pass.extent().samples, t);
  write_time(pass, all.data());
}

void VelocityDensity::velocity(Pass& pass, std::span<const float> parameters, std::span<const std::size_t> rows,
                               float t, float* v, float* divergence) const {
  const Extent e = pass.extent();
  const float slope = normal_slope(t);
  set_time(pass, t);
  pass.forward(parameters, embedded_, network_);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::span<const float> x = pass.row(state_, rows[k]), left = pass.row(left_, rows[k]);
    for (std::size_t s = 0; s < e.samples; ++s) v[k * e.stride + s] = slope * x[s] + left[s];
  }
  if (!divergence) return;
  std::fill_n(divergence, e.samples, slope * static_cast<float>(rows.size()));
  const std::vector<float> ones(pass.samples(), 1.0F);
  std::vector<float> unused(parameters.size(), 0.0F);
  for (const std::size_t row : rows) {
    pass.backward(parameters, components_[row], ones, unused);
    const float* own = pass.slope(state_) + row * e.stride;
    for (std::size_t s = 0; s < e.samples; ++s) divergence[s] += own[s];
  }
}

void VelocityDensity::carry(Pass& pass, std::span<const float> parameters, std::span<const std::size_t> rows) const {
  const Extent e = pass.extent();
  const std::size_t count = rows.size() * e.stride;
  std::vector<float> start(count), v(count), sum(count);
  const float h = 1.0F / static_cast<float>(ode_steps_);
  const auto move = [&](float by) {
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const std::span<float> x = pass.row(state_, rows[k]);
      for (std::size_t s = 0; s < e.samples; ++s) x[s] = start[k * e.stride + s] + by * v[k * e.stride + s];
    }
  };
  for (std::size_t step = 0; step < ode_steps_; ++step) {
    const float t = static_cast<float>(step) * h;
    for (std::size_t k = 0; k < rows.size(); ++k)
      std::ranges::copy(pass.row(state_, rows[k]), start.begin() + static_cast<std::ptrdiff_t>(k * e.stride));
    std::ranges::fill(sum, 0.0F);
    constexpr float at[] = {0.0F, 0.5F, 0.5F, 1.0F}, weight[] = {1.0F, 2.0F, 2.0F, 1.0F};
    for (std::size_t stage = 0; stage < 4; ++stage) {
      if (stage > 0) move(h * at[stage]);
      velocity(pass, parameters, rows, t + h * at[stage], v.data(), nullptr);
      for (std::size_t i = 0; i < count; ++i) sum[i] += weight[stage] * v[i];
    }
    v = sum;
    move(h / 6.0F);
  }
}

void VelocityDensity::log_density_of(Pass& pass, std::span<const float> parameters, std::span<const std::size_t> rows,
                                     float* log_q) const {
  const Extent e = pass.extent();
  const std::size_t count = rows.size() * e.stride;
  std::vector<float> start(count), v(count), sum(count), divergence(e.samples), total(e.samples, 0.0F);
  const float h = 1.0F / static_cast<float>(ode_steps_);
  const auto move = [&](float by) {
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const std::span<float> x = pass.row(state_, rows[k]);
      for (std::size_t s = 0; s < e.samples; ++s) x[s] = start[k * e.stride + s] - by * v[k * e.stride + s];
    }
  };
  for (std::size_t step = ode_steps_; step > 0; --step) {
    const float t = static_cast<float>(step) * h;
    for (std::size_t k = 0; k < rows.size(); ++k)
      std::ranges::copy(pass.row(state_, rows[k]), start.begin() + static_cast<std::ptrdiff_t>(k * e.stride));
    std::ranges::fill(sum, 0.0F);
    constexpr float at[] = {0.0F, 0.5F, 0.5F, 1.0F}, weight[] = {1.0F, 2.0F, 2.0F, 1.0F};
    for (std::size_t stage = 0; stage < 4; ++stage) {
      if (stage > 0) move(h * at[stage]);
      velocity(pass, parameters, rows, t - h * at[stage], v.data(), divergence.data());
      for (std::size_t i = 0; i < count; ++i) sum[i] += weight[stage] * v[i];
      for (std::size_t s = 0; s < e.samples; ++s) total[s] += weight[stage] * h / 6.0F * divergence[s];
    }
    v = sum;
    move(h / 6.0F);
  }
  for (std::size_t s = 0; s < e.samples; ++s) {
    log_q[s] = -total[s] - 0.918938533F * static_cast<float>(rows.size());
    for (const std::size_t row : rows) log_q[s] -= 0.5F * pass.row(state_, row)[s] * pass.row(state_, row)[s];
  }
}

void VelocityDensity::draw(Pass& pass, std::span<const float> parameters, const float* noise) const {
  const Extent e = pass.extent();
  std::vector<std::size_t> rows(dimension());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  condition(pass);
  forward_embedding(pass, parameters);
  for (const std::size_t r : rows) std::copy_n(noise + r * e.stride, e.samples, pass.row(state_, r).begin());
  carry(pass, parameters, rows);
  for (const std::size_t r : rows) std::ranges::copy(pass.row(state_, r), pass.row(y_, r).begin());
}

void VelocityDensity::evaluate(Pass& pass, std::span<const float> parameters, float* log_q) const {
  std::vector<std::size_t> rows(dimension());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  condition(pass);
  forward_embedding(pass, parameters);
  for (const std::size_t r : rows) std::ranges::copy(pass.row(y_, r), pass.row(state_, r).begin());
  log_density_of(pass, parameters, rows, log_q);
}

}  // namespace hillock::nn
