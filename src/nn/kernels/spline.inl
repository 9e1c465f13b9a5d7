// Monotone rational-quadratic splines (Durkan et al. 2019, "Neural spline flows", eqs. 4 to 8, 25 to 29; Gregory and
// Delbourgo 1982), the identity outside [-bound, bound]. A row has 3 bins - 1 parameters: widths and heights before
// their softmax, inner slopes before their softplus. Sixteen samples are worked on side by side: no two rows overlap
// (ivdep), and there are too many of them for the compiler to ask.

constexpr size_t lanes = 16, most_bins = 16;
using Lanes = float[lanes];

struct Softmax {
  Lanes part[most_bins];  // exp(u - max), not normalised
  Lanes inverse;          // 1 / their sum
};

inline void softmax_of(const float* p, size_t stride, size_t bins, Softmax& s) {
  Lanes top;
#pragma GCC ivdep
  for (size_t l = 0; l < lanes; ++l) top[l] = p[l];
  for (size_t k = 1; k < bins; ++k)
#pragma GCC ivdep
    for (size_t l = 0; l < lanes; ++l) top[l] = most(top[l], p[k * stride + l]);
  Lanes sum = {};
  for (size_t k = 0; k < bins; ++k)
#pragma GCC ivdep
    for (size_t l = 0; l < lanes; ++l) {
      s.part[k][l] = exponential(p[k * stride + l] - top[l]);
      sum[l] = sum[l] + s.part[k][l];
    }
#pragma GCC ivdep
  for (size_t l = 0; l < lanes; ++l) s.inverse[l] = 1.0F / sum[l];
}

/// The bin that holds a value, of every lane.
struct Bin {
  Lanes inside;                         // 1 or 0: within the bounds
  Lanes index;                          // of the bin, as a float
  Lanes xl, w, yl, h, ul, ur;           // its corner and sizes; slopes before their softplus
  Lanes share_w, share_h;               // the softmax of the bin itself
  Lanes before_w, before_h;             // and the sum of those before it
};

/// `by_height`: the bin is found by y instead of x.
template <bool by_height>
inline void find_bin(const SplineShape& shape, const float* value, const float* p, size_t stride, const Softmax& sw,
                     const Softmax& sh, Bin& bin) {
  const size_t bins = shape.bins;
  const float span = 2.0F * shape.bound;
  const float cw = span * (1.0F - static_cast<float>(bins) * shape.least_width);
  const float ch = span * (1.0F - static_cast<float>(bins) * shape.least_height);
  // softplus(end) = 1: the slope at the ends, and of all knots whose parameters are 0, so that such a spline is the
  // identity
  const float end = 0.54132485F;
  Lanes sum_w = {}, sum_h = {};
  const Lanes none = {};
#pragma GCC ivdep
  for (size_t l = 0; l < lanes; ++l) {
    bin.inside[l] = value[l] > -shape.bound && value[l] < shape.bound ? 1.0F : 0.0F;
    bin.index[l] = 0.0F;
  }
  const float* slopes = p + 2 * bins * stride;
  for (size_t k = 0; k < bins; ++k) {
    const float step = static_cast<float>(k);
    const float* left = k == 0 ? none : slopes + (k - 1) * stride;
    const float* right = k + 1 == bins ? none : slopes + k * stride;
    const int first = k == 0 ? 1 : 0;
#pragma GCC ivdep
    for (size_t l = 0; l < lanes; ++l) {
      const float share_w = sw.part[k][l] * sw.inverse[l], share_h = sh.part[k][l] * sh.inverse[l];
      const float xl = fma1(cw, sum_w[l], fma1(span * shape.least_width, step, -shape.bound));
      const float yl = fma1(ch, sum_h[l], fma1(span * shape.least_height, step, -shape.bound));
      const bool here = (first | static_cast<int>(value[l] >= (by_height ? yl : xl))) != 0;
      bin.index[l] = here ? step : bin.index[l];
      bin.xl[l] = here ? xl : bin.xl[l];
      bin.yl[l] = here ? yl : bin.yl[l];
      bin.w[l] = here ? fma1(cw, share_w, span * shape.least_width) : bin.w[l];
      bin.h[l] = here ? fma1(ch, share_h, span * shape.least_height) : bin.h[l];
      bin.share_w[l] = here ? share_w : bin.share_w[l];
      bin.share_h[l] = here ? share_h : bin.share_h[l];
      bin.before_w[l] = here ? sum_w[l] : bin.before_w[l];
      bin.before_h[l] = here ? sum_h[l] : bin.before_h[l];
      const float ul = left[l] + end, ur = right[l] + end;
      bin.ul[l] = here ? ul : bin.ul[l];
      bin.ur[l] = here ? ur : bin.ur[l];
      sum_w[l] = sum_w[l] + share_w;
      sum_h[l] = sum_h[l] + share_h;
    }
  }
}

inline float slope_at(float u, float least) { return softplus(u) + least; }

void spline(const SplineShape& shape, size_t rows, const float* x, const float* p, const float* ld_in, float* z, float* ld,
            Extent e) {
  const size_t per_row = 3 * shape.bins - 1;
  for (size_t b = 0; b < e.samples; ++b) ld[b] = ld_in ? ld_in[b] : 0.0F;
  Softmax sw, sh;
  Bin bin;
  for (size_t i = 0; i < rows; ++i)
    for (size_t b = 0; b < e.samples; b += lanes) {
      const float* at = x + i * e.stride + b;
      const float* own = p + i * per_row * e.stride + b;
      softmax_of(own, e.stride, shape.bins, sw);
      softmax_of(own + shape.bins * e.stride, e.stride, shape.bins, sh);
      find_bin<false>(shape, at, own, e.stride, sw, sh, bin);
      float* out = z + i * e.stride + b;
#pragma GCC ivdep
      for (size_t l = 0; l < lanes; ++l) {
        const float dl = slope_at(bin.ul[l], shape.least_slope), dr = slope_at(bin.ur[l], shape.least_slope);
        const float s = bin.h[l] / bin.w[l];
        const float t = (at[l] - bin.xl[l]) / bin.w[l];
        const float q = t * (1.0F - t);
        const float d = fma1(dl + dr - 2.0F * s, q, s);
        const float n = bin.h[l] * fma1(s * t, t, dl * q);
        const float f = fma1(dr * t, t, fma1(2.0F * s, q, dl * (1.0F - t) * (1.0F - t)));
        const float slope = s * s * f / (d * d);
        const bool inside = bin.inside[l] > 0.0F;
        out[l] = inside ? bin.yl[l] + n / d : at[l];
        ld[b + l] = ld[b + l] + (inside ? logarithm(slope) : 0.0F);
      }
    }
}

void spline_slope(const SplineShape& shape, size_t rows, const float* x, const float* p, const float* dz,
                  const float* dld, float* dx, float* dp, float* dld_in, Extent e) {
  const size_t bins = shape.bins, per_row = 3 * bins - 1;
  const float span = 2.0F * shape.bound;
  const float cw = span * (1.0F - static_cast<float>(bins) * shape.least_width);
  const float ch = span * (1.0F - static_cast<float>(bins) * shape.least_height);
  Softmax sw, sh;
  Bin bin;
  Lanes gxl, gyl, gw, gh, gul, gur, mean_w, mean_h;
  for (size_t i = 0; i < rows; ++i)
    for (size_t b = 0; b < e.samples; b += lanes) {
      const float* at = x + i * e.stride + b;
      const float* own = p + i * per_row * e.stride + b;
      softmax_of(own, e.stride, bins, sw);
      softmax_of(own + bins * e.stride, e.stride, bins, sh);
      find_bin<false>(shape, at, own, e.stride, sw, sh, bin);
      const float* gz = dz + i * e.stride + b;
      const float* gl = dld + b;
      float* gx = dx + i * e.stride + b;
#pragma GCC ivdep
      for (size_t l = 0; l < lanes; ++l) {
        const float w = bin.w[l], h = bin.h[l];
        const float dl = slope_at(bin.ul[l], shape.least_slope), dr = slope_at(bin.ur[l], shape.least_slope);
        const float per_w = 1.0F / w;
        const float s = h * per_w;
        const float t = (at[l] - bin.xl[l]) * per_w;
        const float u = 1.0F - t;
        const float q = t * u;
        const float c = dl + dr - 2.0F * s;
        const float d = fma1(c, q, s);
        const float m = fma1(s * t, t, dl * q);
        const float f = fma1(dr * t, t, fma1(2.0F * s, q, dl * u * u));
        const float per_d = 1.0F / d;
        const bool inside = bin.inside[l] > 0.0F;
        const float a = inside ? gz[l] : 0.0F, g = inside ? gl[l] : 0.0F;
        const float gn = a * per_d;
        const float gd = -(gn * h * m + 2.0F * g) * per_d;
        const float gf = g / f;
        const float gq = fma1(gd, c, fma1(gn * h, dl, gf * 2.0F * s));
        const float gt = fma1(gn * h, 2.0F * s * t, fma1(gf, 2.0F * (dr * t - dl * u), gq * (1.0F - 2.0F * t)));
        const float gs = 2.0F * g / s + fma1(gf, 2.0F * q, fma1(gd, 1.0F - 2.0F * q, gn * h * t * t));
        gx[l] = gx[l] + (inside ? gt * per_w : gz[l]);
        gxl[l] = -gt * per_w;
        gyl[l] = a;
        gw[l] = -(gt * t + gs * s) * per_w;
        gh[l] = fma1(gn, m, gs * per_w);
        gul[l] = fma1(gn * h, q, fma1(gd, q, gf * u * u)) * logistic(bin.ul[l]);
        gur[l] = fma1(gd, q, gf * t * t) * logistic(bin.ur[l]);
        mean_w[l] = fma1(gxl[l], bin.before_w[l], gw[l] * bin.share_w[l]);
        mean_h[l] = fma1(gyl[l], bin.before_h[l], gh[l] * bin.share_h[l]);
      }
      float* gp = dp + i * per_row * e.stride + b;
      for (size_t k = 0; k < bins; ++k) {
        const float step = static_cast<float>(k);
        float* pw = gp + k * e.stride;
        float* ph = gp + (bins + k) * e.stride;
#pragma GCC ivdep
        for (size_t l = 0; l < lanes; ++l) {
          const float before = step < bin.index[l] ? 1.0F : 0.0F, here = step == bin.index[l] ? 1.0F : 0.0F;
          const float vw = fma1(before, gxl[l], here * gw[l]) - mean_w[l];
          const float vh = fma1(before, gyl[l], here * gh[l]) - mean_h[l];
          pw[l] = fma1(cw * sw.part[k][l] * sw.inverse[l], vw, pw[l]);
          ph[l] = fma1(ch * sh.part[k][l] * sh.inverse[l], vh, ph[l]);
        }
      }
      for (size_t k = 0; k + 1 < bins; ++k) {
        const float step = static_cast<float>(k);
        float* pd = gp + (2 * bins + k) * e.stride;
#pragma GCC ivdep
        for (size_t l = 0; l < lanes; ++l) {
          // slope k lies between bins k and k + 1
          const float right = step == bin.index[l] ? gur[l] : 0.0F;
          const float left = step + 1.0F == bin.index[l] ? gul[l] : 0.0F;
          pd[l] = pd[l] + (right + left);
        }
      }
    }
  if (dld_in)
    for (size_t b = 0; b < e.samples; ++b) dld_in[b] = dld_in[b] + dld[b];
}

void spline_inverse(const SplineShape& shape, const float* z, const float* p, float* x, Extent e) {
  Softmax sw, sh;
  Bin bin;
  for (size_t b = 0; b < e.samples; b += lanes) {
    softmax_of(p + b, e.stride, shape.bins, sw);
    softmax_of(p + shape.bins * e.stride + b, e.stride, shape.bins, sh);
    find_bin<true>(shape, z + b, p + b, e.stride, sw, sh, bin);
#pragma GCC ivdep
    for (size_t l = 0; l < lanes; ++l) {
      const float dl = slope_at(bin.ul[l], shape.least_slope), dr = slope_at(bin.ur[l], shape.least_slope);
      const float s = bin.h[l] / bin.w[l];
      const float up = z[b + l] - bin.yl[l];
      const float c = dl + dr - 2.0F * s;
      const float qa = fma1(bin.h[l], s - dl, up * c);
      const float qb = fma1(bin.h[l], dl, -(up * c));
      const float qc = -s * up;
      const float root = __builtin_sqrtf(most(fma1(qb, qb, -4.0F * qa * qc), 0.0F));
      const float t = 2.0F * qc / (-qb - root);
      x[b + l] = bin.inside[l] > 0.0F ? fma1(t, bin.w[l], bin.xl[l]) : z[b + l];
    }
  }
}
