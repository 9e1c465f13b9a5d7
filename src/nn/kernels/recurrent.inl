// The gated recurrent unit, one step in time (Cho et al. 2014, eqs. 5 to 8, with the reset gate behind the recurrent
// product: its products of a step are then one). a = W x + b, u = U h + c, three parts each: reset, update, candidate.

void gru_cell(size_t units, const float* a, const float* u, const float* h, float* gates, float* next, Extent e) {
  const size_t part = units * e.stride;
  for (size_t i = 0; i < units; ++i)
    for (size_t b = i * e.stride; b < i * e.stride + e.samples; ++b) {
      const float reset = logistic(a[b] + u[b]);
      const float update = logistic(a[part + b] + u[part + b]);
      const float inner = u[2 * part + b];
      const float candidate = hyperbolic_tangent(fma1(reset, inner, a[2 * part + b]));
      gates[b] = reset;
      gates[part + b] = update;
      gates[2 * part + b] = candidate;
      gates[3 * part + b] = inner;
      next[b] = fma1(update, (h ? h[b] : 0.0F) - candidate, candidate);
    }
}

void gru_cell_slope(size_t units, const float* gates, const float* h, const float* dnext, float* da, float* du, float* dh,
                    Extent e) {
  const size_t part = units * e.stride;
  for (size_t i = 0; i < units; ++i)
    for (size_t b = i * e.stride; b < i * e.stride + e.samples; ++b) {
      const float reset = gates[b], update = gates[part + b], candidate = gates[2 * part + b];
      const float by_candidate = dnext[b] * (1.0F - update) * fma1(-candidate, candidate, 1.0F);
      const float by_reset = by_candidate * gates[3 * part + b] * reset * (1.0F - reset);
      const float by_update = dnext[b] * ((h ? h[b] : 0.0F) - candidate) * update * (1.0F - update);
      da[b] = by_reset;
      du[b] = by_reset;
      da[part + b] = by_update;
      du[part + b] = by_update;
      da[2 * part + b] = by_candidate;
      du[2 * part + b] = by_candidate * reset;
      if (dh) dh[b] = fma1(dnext[b], update, dh[b]);
    }
}
