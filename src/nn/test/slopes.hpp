#pragma once
/// One line of test for an operation: its vector-Jacobian product is that of finite differences, for every parameter
/// and every input, on every kind of processor, with the same bits.

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/rng.hpp"
#include "nn/operations/linear.hpp"
#include "nn/tape.hpp"

namespace hillock::nn {

struct SlopeCheck {
  std::size_t samples = 19;
  double step = 1.0 / 256;  ///< exact in floats
  /// Central differences of a function with values near 1: rounding 2e-7 / step = 5e-5 a sample, and the third
  /// derivative times step^2 / 6 = 3e-6 of it.
  double tolerance = 2e-3;
  double spread = 1.0;         ///< sd of inputs
  std::vector<Var> data = {};  ///< further inputs (masks, targets), normal too, to which no slope goes
};

/// `output` may have any number of rows: a random linear form of them is differentiated.
inline void expect_slopes(Tape& tape, const std::vector<Var>& inputs, Var output, const SlopeCheck& check = {}) {
  // The form: a fixed random weight for each row, as an operation would be.
  LinearOptions plain;
  const Var form = linear(tape, output, 1, plain);
  std::vector<float> parameters = tape.initial(7);
  Rng rng(11, 5);
  for (float& p : parameters) p += static_cast<float>(0.3 * rng.normal());
  tape.mask(parameters);
  std::vector<float> free(parameters.size(), 1.0F);
  tape.mask(free);
  std::vector<std::vector<float>> x;
  for (const Var v : inputs) {
    auto& values = x.emplace_back(tape.rows(v) * check.samples);
    for (float& value : values) value = static_cast<float>(check.spread * rng.normal());
  }
  std::vector<std::vector<float>> data;
  for (const Var v : check.data) {
    auto& values = data.emplace_back(tape.rows(v) * check.samples);
    for (float& value : values) value = static_cast<float>(rng.normal());
  }
  std::vector<float> seed(check.samples);
  for (float& s : seed) s = static_cast<float>(rng.normal());
  std::vector<float> first_gradient;
  std::vector<std::vector<float>> first_dx;
  for (const Isa isa : {Isa::plain, Isa::avx2, Isa::avx512}) {
    const Kernels* kernels = kernels_of(isa);
    if (!kernels) continue;
    Pass pass(tape, check.samples, true, *kernels);
    for (std::size_t k = 0; k < data.size(); ++k)
      for (std::size_t r = 0; r < tape.rows(check.data[k]); ++r)
        for (std::size_t s = 0; s < check.samples; ++s) pass.row(check.data[k], r)[s] = data[k][r * check.samples + s];
    const auto load = [&] {
      for (std::size_t k = 0; k < inputs.size(); ++k)
        for (std::size_t r = 0; r < tape.rows(inputs[k]); ++r)
          for (std::size_t s = 0; s < check.samples; ++s) pass.row(inputs[k], r)[s] = x[k][r * check.samples + s];
    };
    const auto result = [&] {
      load();
      pass.forward(parameters);
      double sum = 0.0;
      for (std::size_t s = 0; s < check.samples; ++s)
        sum += static_cast<double>(seed[s]) * static_cast<double>(pass.value(form)[s]);
      return sum;
    };
    std::vector<float> gradient(parameters.size(), 0.0F);
    (void)result();
    pass.backward(parameters, form, seed, gradient);
    std::vector<std::vector<float>> dx;
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      auto& values = dx.emplace_back();
      for (std::size_t r = 0; r < tape.rows(inputs[k]); ++r)
        for (std::size_t s = 0; s < check.samples; ++s)
          values.push_back(pass.slope(inputs[k])[r * pass.extent().stride + s]);
    }
    if (isa == Isa::plain) first_gradient = gradient, first_dx = dx;
    EXPECT_TRUE(gradient == first_gradient && dx == first_dx) << "other bits on kind " << static_cast<int>(isa);
    const auto compare = [&](float& place, double slope, const char* what, std::size_t at) {
      const float kept = place;
      place = kept + static_cast<float>(check.step);
      const double up = result();
      place = kept - static_cast<float>(check.step);
      const double down = result();
      place = kept;
      const double expected = (up - down) / (2.0 * check.step);
      EXPECT_NEAR(slope, expected, check.tolerance * (1.0 + std::abs(expected)))
          << what << " " << at << " on kind " << static_cast<int>(isa);
    };
    for (std::size_t i = 0; i < parameters.size(); ++i)
      if (free[i] != 0.0F) compare(parameters[i], static_cast<double>(gradient[i]), "parameter", i);
      else EXPECT_EQ(gradient[i], 0.0F);
    for (std::size_t k = 0; k < inputs.size(); ++k)
      for (std::size_t i = 0; i < x[k].size(); ++i) compare(x[k][i], static_cast<double>(dx[k][i]), "input", i);
  }
}

}  // namespace hillock::nn
