// Layer normalisation (Ba, Kiros and Hinton 2016, eq. 4): each group of rows of a sample has mean 0 and variance 1, then
// gains and biases. Sixteen samples are worked on side by side.

void layer_norm(size_t groups, size_t rows, const float* x, const float* gain, const float* bias, float* y, float* stats,
                Extent e) {
  const float share = 1.0F / static_cast<float>(rows);
  for (size_t g = 0; g < groups; ++g) {
    const float* own = x + g * rows * e.stride;
    float* out = y + g * rows * e.stride;
    float* mean = stats + 2 * g * e.stride;
    float* scale = mean + e.stride;
    for (size_t b = 0; b < e.samples; b += lanes) {
      Lanes m = {}, v = {};
      for (size_t r = 0; r < rows; ++r)
        for (size_t l = 0; l < lanes; ++l) m[l] = m[l] + own[r * e.stride + b + l];
      for (size_t l = 0; l < lanes; ++l) m[l] = m[l] * share;
      for (size_t r = 0; r < rows; ++r)
        for (size_t l = 0; l < lanes; ++l) {
          const float d = own[r * e.stride + b + l] - m[l];
          v[l] = fma1(d, d, v[l]);
        }
      for (size_t l = 0; l < lanes; ++l) {
        v[l] = 1.0F / __builtin_sqrtf(fma1(v[l], share, 1e-5F));
        mean[b + l] = m[l];
        scale[b + l] = v[l];
      }
      for (size_t r = 0; r < rows; ++r)
        for (size_t l = 0; l < lanes; ++l)
          out[r * e.stride + b + l] = fma1(gain[r] * v[l], own[r * e.stride + b + l] - m[l], bias[r]);
    }
  }
}

void layer_norm_slope(size_t groups, size_t rows, const float* x, const float* gain, const float* stats, const float* dy,
                      float* dx, float* dgain, float* dbias, Extent e) {
  const float share = 1.0F / static_cast<float>(rows);
  for (size_t g = 0; g < groups; ++g) {
    const size_t at = g * rows * e.stride;
    const float* mean = stats + 2 * g * e.stride;
    const float* scale = mean + e.stride;
    for (size_t b = 0; b < e.samples; b += lanes) {
      Lanes first = {}, second = {};
      for (size_t r = 0; r < rows; ++r) {
        const float* in = x + at + r * e.stride + b;
        const float* slope = dy + at + r * e.stride + b;
        for (size_t l = 0; l < lanes; ++l) {
          const float own = slope[l] * gain[r];
          first[l] = first[l] + own;
          second[l] = fma1(own, (in[l] - mean[b + l]) * scale[b + l], second[l]);
        }
      }
      for (size_t l = 0; l < lanes; ++l) {
        first[l] = first[l] * share;
        second[l] = second[l] * share;
      }
      for (size_t r = 0; r < rows; ++r) {
        const float* in = x + at + r * e.stride + b;
        const float* slope = dy + at + r * e.stride + b;
        float* out = dx + at + r * e.stride + b;
        for (size_t l = 0; l < lanes; ++l) {
          const float normal = (in[l] - mean[b + l]) * scale[b + l];
          out[l] = fma1(scale[b + l], fma1(slope[l], gain[r], -first[l]) - normal * second[l], out[l]);
        }
      }
    }
    for (size_t r = 0; r < rows; ++r) {
      const float* in = x + at + r * e.stride;
      const float* slope = dy + at + r * e.stride;
      alignas(64) Lanes by_gain = {}, by_bias = {};
      for (size_t b = 0; b < e.samples; b += lanes)
        for (size_t l = 0; l < lanes; ++l) {
          by_gain[l] = fma1(slope[b + l], (in[b + l] - mean[b + l]) * scale[b + l], by_gain[l]);
          by_bias[l] = by_bias[l] + slope[b + l];
        }
      dgain[r] = dgain[r] + sum_of_lanes(by_gain);
      dbias[r] = dbias[r] + sum_of_lanes(by_bias);
    }
  }
}
