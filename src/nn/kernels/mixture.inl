// Mixtures of normal densities whose precision is A^T A, A lower triangular (Bishop 1994, "Mixture density networks",
// eqs. 22 and 23, with full covariances). A component has rows: its logit, means, logarithms s of A's diagonal before
// their limit, and A below the diagonal, row by row. Sixteen samples are worked on side by side.

constexpr size_t most_components = 64, most_dimensions = 64;
constexpr float mixture_limit = 7.0F;

struct Component {
  Lanes d[most_dimensions];      // y - mean
  Lanes w[most_dimensions];      // A d
  Lanes slope[most_dimensions];  // of the limited s by s
  Lanes scale[most_dimensions];  // A's diagonal
  Lanes log;                     // logit + log |A| - w^2/2
};

inline void component_of(size_t dimension, const float* y, const float* p, size_t stride, Component& c) {
  for (size_t l = 0; l < lanes; ++l) c.log[l] = p[l];
  const float* mean = p + stride;
  const float* s = mean + dimension * stride;
  const float* below = s + dimension * stride;
  for (size_t i = 0; i < dimension; ++i) {
    for (size_t l = 0; l < lanes; ++l) {
      const float t = hyperbolic_tangent(s[i * stride + l] * (1.0F / mixture_limit));
      c.slope[i][l] = fma1(-t, t, 1.0F);
      c.scale[i][l] = exponential(mixture_limit * t);
      c.d[i][l] = y[i * stride + l] - mean[i * stride + l];
      c.w[i][l] = c.scale[i][l] * c.d[i][l];
      c.log[l] = fma1(mixture_limit, t, c.log[l]);
    }
    for (size_t j = 0; j < i; ++j, below += stride)
      for (size_t l = 0; l < lanes; ++l) c.w[i][l] = fma1(below[l], c.d[j][l], c.w[i][l]);
    for (size_t l = 0; l < lanes; ++l) c.log[l] = fma1(-0.5F * c.w[i][l], c.w[i][l], c.log[l]);
  }
}

struct Shares {
  Lanes of[most_components];  // exp(log - largest) / sum
  Lanes log_sum;
};

inline void shares_of(size_t components, Shares& s) {
  Lanes top, sum = {};
  for (size_t l = 0; l < lanes; ++l) top[l] = s.of[0][l];
  for (size_t k = 1; k < components; ++k)
    for (size_t l = 0; l < lanes; ++l) top[l] = most(top[l], s.of[k][l]);
  for (size_t k = 0; k < components; ++k)
    for (size_t l = 0; l < lanes; ++l) {
      s.of[k][l] = exponential(s.of[k][l] - top[l]);
      sum[l] = sum[l] + s.of[k][l];
    }
  for (size_t l = 0; l < lanes; ++l) {
    s.log_sum[l] = top[l] + logarithm(sum[l]);
    sum[l] = 1.0F / sum[l];
  }
  for (size_t k = 0; k < components; ++k)
    for (size_t l = 0; l < lanes; ++l) s.of[k][l] = s.of[k][l] * sum[l];
}

inline size_t mixture_rows(size_t dimension) { return 1 + 2 * dimension + dimension * (dimension - 1) / 2; }

void mixture(size_t components, size_t dimension, const float* y, const float* p, float* log_q, Extent e) {
  const size_t each = mixture_rows(dimension) * e.stride;
  const float constant = 0.918938533F * static_cast<float>(dimension);
  Component c;
  Shares joint, prior;
  for (size_t b = 0; b < e.samples; b += lanes) {
    for (size_t k = 0; k < components; ++k) {
      component_of(dimension, y + b, p + k * each + b, e.stride, c);
      for (size_t l = 0; l < lanes; ++l) {
        joint.of[k][l] = c.log[l];
        prior.of[k][l] = p[k * each + b + l];
      }
    }
    shares_of(components, joint);
    shares_of(components, prior);
    for (size_t l = 0; l < lanes; ++l) log_q[b + l] = joint.log_sum[l] - prior.log_sum[l] - constant;
  }
}

void mixture_slope(size_t components, size_t dimension, const float* y, const float* p, const float* dlog, float* dy,
                   float* dp, Extent e) {
  const size_t each = mixture_rows(dimension) * e.stride;
  Component c;
  Shares joint, prior;
  for (size_t b = 0; b < e.samples; b += lanes) {
    for (size_t k = 0; k < components; ++k) {
      component_of(dimension, y + b, p + k * each + b, e.stride, c);
      for (size_t l = 0; l < lanes; ++l) {
        joint.of[k][l] = c.log[l];
        prior.of[k][l] = p[k * each + b + l];
      }
    }
    shares_of(components, joint);
    shares_of(components, prior);
    for (size_t k = 0; k < components; ++k) {
      const float* own = p + k * each + b;
      float* out = dp + k * each + b;
      component_of(dimension, y + b, own, e.stride, c);
      Lanes g;
      for (size_t l = 0; l < lanes; ++l) {
        g[l] = dlog[b + l] * joint.of[k][l];
        out[l] = fma1(dlog[b + l], joint.of[k][l] - prior.of[k][l], out[l]);
      }
      float* dmean = out + e.stride;
      float* ds = dmean + dimension * e.stride;
      float* dbelow = ds + dimension * e.stride;
      const float* below = own + (1 + 2 * dimension) * e.stride;
      for (size_t i = 0; i < dimension; ++i) {
        float* dyi = dy + i * e.stride + b;
        for (size_t l = 0; l < lanes; ++l) {
          const float w = -g[l] * c.w[i][l];
          const float by_d = w * c.scale[i][l];
          ds[i * e.stride + l] = fma1(fma1(by_d, c.d[i][l], g[l]), c.slope[i][l], ds[i * e.stride + l]);
          dmean[i * e.stride + l] = dmean[i * e.stride + l] - by_d;
          dyi[l] = dyi[l] + by_d;
        }
        for (size_t j = 0; j < i; ++j, below += e.stride, dbelow += e.stride) {
          float* dyj = dy + j * e.stride + b;
          for (size_t l = 0; l < lanes; ++l) {
            const float w = -g[l] * c.w[i][l];
            const float by_d = w * below[l];
            dbelow[l] = fma1(w, c.d[j][l], dbelow[l]);
            dmean[j * e.stride + l] = dmean[j * e.stride + l] - by_d;
            dyj[l] = dyj[l] + by_d;
          }
        }
      }
    }
  }
}

/// The component by one uniform number, then A (y - mean) = z from the top.
void mixture_draw(size_t components, size_t dimension, const float* z, const float* uniform, const float* p, float* y,
                  Extent e) {
  const size_t each = mixture_rows(dimension) * e.stride;
  Shares prior;
  Lanes d[most_dimensions];
  for (size_t b = 0; b < e.samples; b += lanes) {
    for (size_t k = 0; k < components; ++k)
      for (size_t l = 0; l < lanes; ++l) prior.of[k][l] = p[k * each + b + l];
    shares_of(components, prior);
    Lanes below_here = {};
    for (size_t k = 0; k < components; ++k) {
      const float* own = p + k * each + b;
      const float* mean = own + e.stride;
      const float* s = mean + dimension * e.stride;
      const float* below = s + dimension * e.stride;
      for (size_t i = 0; i < dimension; ++i) {
        for (size_t l = 0; l < lanes; ++l) d[i][l] = z[i * e.stride + b + l];
        for (size_t j = 0; j < i; ++j, below += e.stride)
          for (size_t l = 0; l < lanes; ++l) d[i][l] = fma1(-below[l], d[j][l], d[i][l]);
        for (size_t l = 0; l < lanes; ++l) {
          const float t = hyperbolic_tangent(s[i * e.stride + l] * (1.0F / mixture_limit));
          d[i][l] = d[i][l] * exponential(-(mixture_limit * t));
          // Components follow each other: the last one whose share begins below the number stays.
          const bool here = k == 0 || uniform[b + l] >= below_here[l];
          y[i * e.stride + b + l] = here ? mean[i * e.stride + l] + d[i][l] : y[i * e.stride + b + l];
        }
      }
      for (size_t l = 0; l < lanes; ++l) below_here[l] = below_here[l] + prior.of[k][l];
    }
  }
}
