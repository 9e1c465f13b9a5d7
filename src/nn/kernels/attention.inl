// Scaled dot-product attention of several heads (Vaswani et al. 2017, eq. 1), sixteen samples side by side: rows are
// token x (head x width). Keys that are absent have weight 0; a query without keys gets 0.

constexpr size_t most_keys = 512;

struct Weights {
  Lanes of[most_keys];
};

/// The weights of all keys for one query and one head.
inline void weigh(const AttentionShape& s, const float* q, const float* k, const float* mask, size_t stride,
                  Weights& weights) {
  const size_t token = s.heads * s.width * stride;
  Lanes top, sum = {};
  for (size_t l = 0; l < lanes; ++l) top[l] = lowest;
  for (size_t j = 0; j < s.keys; ++j) {
    Lanes score = {};
    for (size_t f = 0; f < s.width; ++f)
      for (size_t l = 0; l < lanes; ++l) score[l] = fma1(q[f * stride + l], k[j * token + f * stride + l], score[l]);
    for (size_t l = 0; l < lanes; ++l) {
      weights.of[j][l] = score[l] * s.scale;
      top[l] = present(mask, j * stride + l) ? most(top[l], weights.of[j][l]) : top[l];
    }
  }
  for (size_t j = 0; j < s.keys; ++j)
    for (size_t l = 0; l < lanes; ++l) {
      weights.of[j][l] = present(mask, j * stride + l) ? exponential(weights.of[j][l] - top[l]) : 0.0F;
      sum[l] = sum[l] + weights.of[j][l];
    }
  for (size_t l = 0; l < lanes; ++l) sum[l] = sum[l] > 0.0F ? 1.0F / sum[l] : 0.0F;
  for (size_t j = 0; j < s.keys; ++j)
    for (size_t l = 0; l < lanes; ++l) weights.of[j][l] = weights.of[j][l] * sum[l];
}

void attention(const AttentionShape& s, const float* q, const float* k, const float* v, const float* mask, float* y,
               Extent e) {
  const size_t token = s.heads * s.width * e.stride;
  Weights weights;
  for (size_t b = 0; b < e.samples; b += lanes)
    for (size_t h = 0; h < s.heads; ++h) {
      const size_t head = h * s.width * e.stride + b;
      for (size_t i = 0; i < s.queries; ++i) {
        weigh(s, q + i * token + head, k + head, mask ? mask + b : nullptr, e.stride, weights);
        for (size_t f = 0; f < s.width; ++f) {
          Lanes sum = {};
          for (size_t j = 0; j < s.keys; ++j)
            for (size_t l = 0; l < lanes; ++l)
              // An absent value may be anything.
              sum[l] = weights.of[j][l] > 0.0F ? fma1(weights.of[j][l], v[j * token + head + f * e.stride + l], sum[l])
                                               : sum[l];
          for (size_t l = 0; l < lanes; ++l) y[i * token + head + f * e.stride + l] = sum[l];
        }
      }
    }
}

void attention_slope(const AttentionShape& s, const float* q, const float* k, const float* v, const float* mask,
                     const float* dy, float* dq, float* dk, float* dv, Extent e) {
  const size_t token = s.heads * s.width * e.stride;
  Weights weights, by_weight;
  for (size_t b = 0; b < e.samples; b += lanes)
    for (size_t h = 0; h < s.heads; ++h) {
      const size_t head = h * s.width * e.stride + b;
      for (size_t i = 0; i < s.queries; ++i) {
        const size_t query = i * token + head;
        weigh(s, q + query, k + head, mask ? mask + b : nullptr, e.stride, weights);
        Lanes mean = {};
        for (size_t j = 0; j < s.keys; ++j) {
          const size_t key = j * token + head;
          Lanes sum = {};
          for (size_t f = 0; f < s.width; ++f)
            for (size_t l = 0; l < lanes; ++l) {
              const size_t at = f * e.stride + l;
              const float own = weights.of[j][l] > 0.0F ? v[key + at] : 0.0F;
              sum[l] = fma1(dy[query + at], own, sum[l]);
              dv[key + at] = fma1(weights.of[j][l], dy[query + at], dv[key + at]);
            }
          for (size_t l = 0; l < lanes; ++l) {
            by_weight.of[j][l] = sum[l];
            mean[l] = fma1(weights.of[j][l], sum[l], mean[l]);
          }
        }
        for (size_t j = 0; j < s.keys; ++j) {
          const size_t key = j * token + head;
          Lanes slope;
          for (size_t l = 0; l < lanes; ++l) slope[l] = s.scale * weights.of[j][l] * (by_weight.of[j][l] - mean[l]);
          for (size_t f = 0; f < s.width; ++f)
            for (size_t l = 0; l < lanes; ++l) {
              const size_t at = f * e.stride + l;
              const float own = weights.of[j][l] > 0.0F ? k[key + at] : 0.0F;
              dq[query + at] = fma1(slope[l], own, dq[query + at]);
              dk[key + at] = fma1(slope[l], q[query + at], dk[key + at]);
            }
        }
      }
    }
}
