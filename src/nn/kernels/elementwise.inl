// Activations, affine transforms and the optimiser's step: one sample, or one parameter, after the other.

template <class F>
inline void each(size_t rows, const float* x, float* y, Extent e, F f) {
  for (size_t r = 0; r < rows; ++r) {
    const float* in = x + r * e.stride;
    float* out = y + r * e.stride;
    for (size_t b = 0; b < e.samples; ++b) out[b] = f(in[b]);
  }
}

void activate(Activation how, size_t rows, const float* x, float* y, Extent e) {
  switch (how) {
    case Activation::none: each(rows, x, y, e, [](float a) { return a; }); break;
    case Activation::relu: each(rows, x, y, e, [](float a) { return a > 0.0F ? a : 0.0F; }); break;
    case Activation::tanh: each(rows, x, y, e, [](float a) { return hyperbolic_tangent(a); }); break;
    case Activation::silu: each(rows, x, y, e, [](float a) { return a * logistic(a); }); break;
  }
}

/// The slope of an activation at one sample, by x and y.
template <class Use>
inline void with_slope(Activation how, Use use) {
  switch (how) {
    case Activation::none: use([](float, float) { return 1.0F; }); break;
    case Activation::relu: use([](float, float b) { return b > 0.0F ? 1.0F : 0.0F; }); break;
    case Activation::tanh: use([](float, float b) { return fma1(-b, b, 1.0F); }); break;
    case Activation::silu:
      use([](float a, float b) {
        const float s = logistic(a);
        return fma1(b, 1.0F - s, s);
      });
      break;
  }
}

void activate_slope(Activation how, size_t rows, const float* x, const float* y, const float* dy, float* dx, Extent e) {
  with_slope(how, [&](auto f) {
    for (size_t r = 0; r < rows; ++r)
      for (size_t b = r * e.stride; b < r * e.stride + e.samples; ++b) dx[b] = fma1(f(x[b], y[b]), dy[b], dx[b]);
  });
}

void activate_own_slope(Activation how, size_t rows, const float* x, const float* y, float* dy, Extent e) {
  with_slope(how, [&](auto f) {
    for (size_t r = 0; r < rows; ++r)
      for (size_t b = r * e.stride; b < r * e.stride + e.samples; ++b) dy[b] = f(x[b], y[b]) * dy[b];
  });
}

void affine(size_t rows, float limit, const float* x, const float* p, const float* ld_in, float* z, float* ld, Extent e) {
  for (size_t b = 0; b < e.samples; ++b) ld[b] = ld_in ? ld_in[b] : 0.0F;
  const float inverse = 1.0F / limit;
  for (size_t i = 0; i < rows; ++i) {
    const float* xi = x + i * e.stride;
    const float* m = p + 2 * i * e.stride;
    const float* a = m + e.stride;
    float* zi = z + i * e.stride;
    for (size_t b = 0; b < e.samples; ++b) {
      const float s = limit * hyperbolic_tangent(a[b] * inverse);
      zi[b] = (xi[b] - m[b]) * exponential(-s);
      ld[b] = ld[b] - s;
    }
  }
}

void affine_slope(size_t rows, float limit, const float* z, const float* p, const float* dz, const float* dld, float* dx,
                  float* dp, float* dld_in, Extent e) {
  const float inverse = 1.0F / limit;
  for (size_t i = 0; i < rows; ++i) {
    const size_t at = i * e.stride;
    const float* a = p + 2 * at + e.stride;
    const float *zi = z + at, *dzi = dz + at;
    float *dxi = dx + at, *dm = dp + 2 * at, *da = dm + e.stride;
    // No two rows overlap; there are so many that the compiler does not ask, and would take one sample at a time.
#pragma GCC ivdep
    for (size_t b = 0; b < e.samples; ++b) {
      const float t = hyperbolic_tangent(a[b] * inverse);
      const float g = dzi[b] * exponential(-(limit * t));
      dxi[b] = dxi[b] + g;
      dm[b] = dm[b] - g;
      // dz/ds = -z, dld/ds = -1; ds/da = 1 - t^2
      da[b] = fma1(-fma1(dzi[b], zi[b], dld[b]), fma1(-t, t, 1.0F), da[b]);
    }
  }
  if (dld_in)
    for (size_t b = 0; b < e.samples; ++b) dld_in[b] = dld_in[b] + dld[b];
}

void affine_inverse(float limit, const float* z, const float* p, float* x, Extent e) {
  const float inverse = 1.0F / limit;
  for (size_t b = 0; b < e.samples; ++b) {
    const float s = limit * hyperbolic_tangent(p[e.stride + b] * inverse);
    x[b] = fma1(z[b], exponential(s), p[b]);
  }
}

void adam(const AdamStep& step, size_t count, float* theta, const float* gradient, float* m, float* v) {
  const AdamStep s = step;  // what is stored below is none of it
  const float one1 = 1.0F - s.beta1, one2 = 1.0F - s.beta2;
  const float shrink = 1.0F - s.rate * s.decay;
#pragma GCC ivdep
  for (size_t i = 0; i < count; ++i) {
    const float g = gradient[i] * s.scale;
    m[i] = fma1(s.beta1, m[i], one1 * g);
    v[i] = fma1(s.beta2, v[i], one2 * g * g);
    const float root = __builtin_sqrtf(v[i] * s.correction2);
    theta[i] = fma1(theta[i], shrink, -(s.rate * (m[i] * s.correction1) / (root + s.epsilon)));
  }
}

void add(size_t count, float* a, const float* b) {
  for (size_t i = 0; i < count; ++i) a[i] = a[i] + b[i];
}

void blend(size_t count, float c, float* a, const float* b) {
  const float d = 1.0F - c;
  for (size_t i = 0; i < count; ++i) a[i] = fma1(c, a[i], d * b[i]);
}
