#pragma once
/// Convolutions over time (LeCun et al. 1989), and with a width of 1 the same linear map for every token.
///
/// Rows are time x channel: those of a window then lie beside each other, and each time is one linear map.

#include "nn/tape.hpp"

namespace hillock::nn {

struct ConvolutionOptions {
  std::size_t times = 1;   ///< of x: its rows are times x channels
  std::size_t width = 1;   ///< of the window, in times
  std::size_t stride = 1;  ///< from window to window
  bool padded = false;     ///< windows reach over the ends, where x is 0: as many of them as times / stride, rounded up
  double gain = 1.0;       ///< weights are normal with standard deviation gain / sqrt(rows of a window); biases 0
  /// How many windows there are.
  [[nodiscard]] std::size_t windows() const {
    return padded ? (times + stride - 1) / stride : (times - width) / stride + 1;
  }
};

/// windows() x `outputs` rows.
Var convolution(Tape& tape, Var x, std::size_t outputs, const ConvolutionOptions& options);

}  // namespace hillock::nn
