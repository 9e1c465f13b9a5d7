// Objectives of classifiers: what is made large.

void logistic_loss(const float* logit, const float* label, float* y, Extent e) {
  for (size_t b = 0; b < e.samples; ++b) y[b] = fma1(label[b], logit[b], -softplus(logit[b]));
}

void logistic_loss_slope(const float* logit, const float* label, const float* dy, float* dlogit, float* dlabel, Extent e) {
  for (size_t b = 0; b < e.samples; ++b) {
    dlogit[b] = fma1(dy[b], label[b] - logistic(logit[b]), dlogit[b]);
    dlabel[b] = fma1(dy[b], logit[b], dlabel[b]);
  }
}

/// The largest of a group, and the sum of exp(logit - largest), one after the other.
inline void group_sum(size_t group, const float* logit, float& top, float& sum) {
  top = logit[0];
  for (size_t k = 1; k < group; ++k) top = most(top, logit[k]);
  sum = 0.0F;
  for (size_t k = 0; k < group; ++k) sum = sum + exponential(logit[k] - top);
}

void contrastive_loss(size_t group, size_t groups, const float* logit, float* y, Extent e) {
  for (size_t b = 0; b < e.samples; ++b) y[b] = 0.0F;
  for (size_t g = 0; g < groups; ++g) {
    const float* own = logit + g * group;
    float top, sum;
    group_sum(group, own, top, sum);
    y[g * group] = own[0] - top - logarithm(sum);
  }
}

void contrastive_loss_slope(size_t group, size_t groups, const float* logit, const float* dy, float* dlogit) {
  for (size_t g = 0; g < groups; ++g) {
    const float* own = logit + g * group;
    float* out = dlogit + g * group;
    const float slope = dy[g * group];
    float top, sum;
    group_sum(group, own, top, sum);
    const float share = slope / sum;
    out[0] = out[0] + slope;
    for (size_t k = 0; k < group; ++k) out[k] = fma1(-share, exponential(own[k] - top), out[k]);
  }
}
