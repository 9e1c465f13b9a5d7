// Functions of one number in single precision, without branches, so that loops over samples become vector code.

inline float fma1(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline float least(float a, float b) { return a < b ? a : b; }
inline float most(float a, float b) { return a > b ? a : b; }

inline float as_float(std::int32_t i) {
  float f;
  __builtin_memcpy(&f, &i, sizeof f);
  return f;
}
inline std::int32_t as_int(float f) {
  std::int32_t i;
  __builtin_memcpy(&i, &f, sizeof i);
  return i;
}

/// exp(x), x limited to [-87, 88]; 2 ulp. exp(x) = 2^k exp(r), |r| <= log(2)/2, and exp(r) by its Taylor polynomial of
/// degree 7 (the rest is below 0.35^8/8! = 6e-9).
inline float exponential(float x) {
  x = least(most(x, -87.0F), 88.0F);
  const float shifted = fma1(x, 1.44269504F, 12582912.0F);  // 1.5 * 2^23: the whole part in the last bits
  const float k = shifted - 12582912.0F;
  float r = fma1(k, -0.693359375F, x);
  r = fma1(k, 2.12194440e-4F, r);
  float p = 1.98412698e-4F;
  p = fma1(p, r, 1.38888889e-3F);
  p = fma1(p, r, 8.33333333e-3F);
  p = fma1(p, r, 4.16666667e-2F);
  p = fma1(p, r, 1.66666667e-1F);
  p = fma1(p, r, 0.5F);
  p = fma1(p, r, 1.0F);
  p = fma1(p, r, 1.0F);
  return p * as_float((static_cast<std::int32_t>(k) + 127) << 23);
}

/// log(x) of a positive normal number. x = 2^k m, m in [sqrt(1/2), sqrt(2)); log(m) = 2 artanh(s), s = (m-1)/(m+1),
/// |s| <= 0.1716, by its series to s^9 (the rest is below 2 s^11/11 = 7e-10).
inline float logarithm(float x) {
  const std::int32_t bits = as_int(x) - 0x3F3504F3;
  const float k = static_cast<float>(bits >> 23);
  const float m = as_float((bits & 0x007FFFFF) + 0x3F3504F3);
  const float s = (m - 1.0F) / (m + 1.0F);
  const float q = s * s;
  float p = 0.222222222F;
  p = fma1(p, q, 0.285714286F);
  p = fma1(p, q, 0.4F);
  p = fma1(p, q, 0.666666667F);
  p = fma1(p, q, 2.0F);
  return fma1(k, 0.693359375F, fma1(k, -2.12194440e-4F, p * s));
}

inline float logistic(float x) { return 1.0F / (1.0F + exponential(-x)); }

/// The absolute error is that of exp: 1e-7. Networks need no more.
inline float hyperbolic_tangent(float x) {
  const float e = exponential(2.0F * least(most(x, -15.0F), 15.0F));
  return (e - 1.0F) / (e + 1.0F);
}

/// log(1 + exp(x)).
inline float softplus(float x) {
  const float a = x > 0.0F ? x : -x;
  return (x > 0.0F ? x : 0.0F) + logarithm(1.0F + exponential(-a));
}
