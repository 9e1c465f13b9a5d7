// What is left of several items when their order does not count: the mean, or the largest, of those that are present.
// An item that is absent counts for nothing, whatever its rows hold (not even when they are not finite).

inline bool present(const float* mask, size_t at) { return !mask || mask[at] > 0.0F; }

void pool_mean(size_t items, size_t rows, const float* x, const float* mask, float* y, Extent e) {
  for (size_t b = 0; b < e.samples; b += lanes) {
    Lanes count = {};
    for (size_t t = 0; t < items; ++t)
      for (size_t l = 0; l < lanes; ++l) count[l] = count[l] + (present(mask, t * e.stride + b + l) ? 1.0F : 0.0F);
    for (size_t r = 0; r < rows; ++r) {
      Lanes sum = {};
      for (size_t t = 0; t < items; ++t)
        for (size_t l = 0; l < lanes; ++l)
          sum[l] = sum[l] + (present(mask, t * e.stride + b + l) ? x[(t * rows + r) * e.stride + b + l] : 0.0F);
      for (size_t l = 0; l < lanes; ++l) y[r * e.stride + b + l] = sum[l] / most(count[l], 1.0F);
    }
  }
}

void pool_mean_slope(size_t items, size_t rows, const float* mask, const float* dy, float* dx, Extent e) {
  for (size_t b = 0; b < e.samples; b += lanes) {
    Lanes count = {};
    for (size_t t = 0; t < items; ++t)
      for (size_t l = 0; l < lanes; ++l) count[l] = count[l] + (present(mask, t * e.stride + b + l) ? 1.0F : 0.0F);
    for (size_t t = 0; t < items; ++t)
      for (size_t r = 0; r < rows; ++r) {
        float* out = dx + (t * rows + r) * e.stride + b;
        for (size_t l = 0; l < lanes; ++l)
          out[l] = out[l] +
                   (present(mask, t * e.stride + b + l) ? dy[r * e.stride + b + l] / most(count[l], 1.0F) : 0.0F);
      }
  }
}

constexpr float lowest = -3.0e38F;

void pool_max(size_t items, size_t rows, const float* x, const float* mask, float* y, Extent e) {
  for (size_t r = 0; r < rows; ++r)
    for (size_t b = 0; b < e.samples; b += lanes) {
      Lanes top;
      for (size_t l = 0; l < lanes; ++l) top[l] = lowest;
      for (size_t t = 0; t < items; ++t)
        for (size_t l = 0; l < lanes; ++l) {
          const float own = x[(t * rows + r) * e.stride + b + l];
          top[l] = present(mask, t * e.stride + b + l) && !(own <= top[l]) ? own : top[l];
        }
      for (size_t l = 0; l < lanes; ++l) y[r * e.stride + b + l] = top[l] == lowest ? 0.0F : top[l];
    }
}

/// The slope goes to the first of the largest.
void pool_max_slope(size_t items, size_t rows, const float* x, const float* mask, const float* y, const float* dy,
                    float* dx, Extent e) {
  for (size_t r = 0; r < rows; ++r)
    for (size_t b = 0; b < e.samples; b += lanes) {
      Lanes left;
      for (size_t l = 0; l < lanes; ++l) left[l] = dy[r * e.stride + b + l];
      for (size_t t = 0; t < items; ++t) {
        const size_t at = (t * rows + r) * e.stride + b;
        for (size_t l = 0; l < lanes; ++l) {
          const bool here = present(mask, t * e.stride + b + l) && x[at + l] == y[r * e.stride + b + l];
          dx[at + l] = dx[at + l] + (here ? left[l] : 0.0F);
          left[l] = here ? 0.0F : left[l];
        }
      }
    }
}
