// Linear maps between panels, and their slopes.

/// y[r][s] (+)= sum over k in [from, to) of w[r*w_row + k*w_column] x[k][s], for R rows of y and S vectors of samples.
template <size_t R, size_t S>
inline void product_tile(const float* w, size_t w_row, size_t w_column, const float* x, size_t from, size_t to, float* y,
                         size_t stride, const float* bias, bool add) {
  V sum[R][S];
  for (size_t r = 0; r < R; ++r)
    for (size_t s = 0; s < S; ++s)
      sum[r][s] = add ? load(y + r * stride + s * width) : broadcast(bias ? bias[r] : 0.0F);
  for (size_t k = from; k < to; ++k) {
    V in[S];
    for (size_t s = 0; s < S; ++s) in[s] = load(x + k * stride + s * width);
    for (size_t r = 0; r < R; ++r) {
      const V weight = broadcast(w[r * w_row + k * w_column]);
      for (size_t s = 0; s < S; ++s) sum[r][s] = fused(weight, in[s], sum[r][s]);
    }
  }
  for (size_t r = 0; r < R; ++r)
    for (size_t s = 0; s < S; ++s) store(y + r * stride + s * width, sum[r][s]);
}

template <size_t R>
inline void product_rows(const float* w, size_t w_row, size_t w_column, const float* x, size_t from, size_t to, float* y,
                         Extent e, const float* bias, bool add) {
  size_t b = 0;
  for (; b + tile_vectors * width <= e.samples; b += tile_vectors * width)
    product_tile<R, tile_vectors>(w, w_row, w_column, x + b, from, to, y + b, e.stride, bias, add);
  for (; b + 2 * width <= e.samples; b += 2 * width)
    product_tile<R, 2>(w, w_row, w_column, x + b, from, to, y + b, e.stride, bias, add);
  for (; b < e.samples; b += width)
    product_tile<R, 1>(w, w_row, w_column, x + b, from, to, y + b, e.stride, bias, add);
}

/// `rows` rows of y, at most 8, all with the same [from, to).
inline void product_block(size_t rows, const float* w, size_t w_row, size_t w_column, const float* x, size_t from,
                          size_t to, float* y, Extent e, const float* bias, bool add) {
  size_t r = 0;
  for (; r + tile_rows <= rows; r += tile_rows)
    product_rows<tile_rows>(w + r * w_row, w_row, w_column, x, from, to, y + r * e.stride, e, bias ? bias + r : nullptr,
                            add);
  for (; r + 2 <= rows; r += 2)
    product_rows<2>(w + r * w_row, w_row, w_column, x, from, to, y + r * e.stride, e, bias ? bias + r : nullptr, add);
  for (; r < rows; ++r)
    product_rows<1>(w + r * w_row, w_row, w_column, x, from, to, y + r * e.stride, e, bias ? bias + r : nullptr, add);
}

void linear(const LinearShape& shape, const float* w, size_t ldw, const float* bias, const float* x, float* y, Extent e,
            bool add) {
  for (size_t o = 0; o < shape.outputs; o += 8) {
    const size_t rows = shape.outputs - o < 8 ? shape.outputs - o : 8;
    const size_t to = shape.reach ? shape.reach[o / 8] : shape.inputs;
    product_block(rows, w + o * ldw, ldw, 1, x, 0, to, y + o * e.stride, e, bias ? bias + o : nullptr, add);
  }
}

void linear_inputs(const LinearShape& shape, const float* w, size_t ldw, const float* dy, float* dx, Extent e) {
  for (size_t i = 0; i < shape.inputs; i += 8) {
    const size_t rows = shape.inputs - i < 8 ? shape.inputs - i : 8;
    const size_t from = shape.first ? shape.first[i / 8] : 0;
    product_block(rows, w + i, 1, ldw, dy, from, shape.outputs, dx + i * e.stride, e, nullptr, true);
  }
}

#if HILLOCK_NN_WIDTH == 16
/// The sums of 16 vectors, in the order of `sum_of_lanes`: lane 4 j + p of the result is that of v[4 p + j].
inline V sums_of_16(const V (&v)[16]) {
  V a[8];
  for (size_t k = 0; k < 8; ++k)
    a[k] = _mm512_add_ps(_mm512_shuffle_f32x4(v[2 * k], v[2 * k + 1], 0x44),
                         _mm512_shuffle_f32x4(v[2 * k], v[2 * k + 1], 0xEE));
  V b[4];
  for (size_t k = 0; k < 4; ++k)
    b[k] = _mm512_add_ps(_mm512_shuffle_f32x4(a[2 * k], a[2 * k + 1], 0x88),
                         _mm512_shuffle_f32x4(a[2 * k], a[2 * k + 1], 0xDD));
  V c[2];
  for (size_t k = 0; k < 2; ++k)
    c[k] = _mm512_add_ps(_mm512_shuffle_ps(b[2 * k], b[2 * k + 1], 0x44), _mm512_shuffle_ps(b[2 * k], b[2 * k + 1], 0xEE));
  return _mm512_add_ps(_mm512_shuffle_ps(c[0], c[1], 0x88), _mm512_shuffle_ps(c[0], c[1], 0xDD));
}
#endif

/// 16 partial sums as one: halves are added until one is left.
inline float sum_of_lanes(const float* lanes) {
  float l[16];
  for (size_t i = 0; i < 16; ++i) l[i] = lanes[i];
  for (size_t half = 8; half > 0; half /= 2)
    for (size_t i = 0; i < half; ++i) l[i] = l[i] + l[i + half];
  return l[0];
}

/// dw[o][i] += sum over samples of dy[o] x[i], for R rows of dy and C rows of x.
template <size_t R, size_t C>
inline void outer_tile(const float* dy, const float* x, float* dw, size_t ldw, Extent e) {
  constexpr size_t parts = 16 / width;
  V sum[R][C][parts];
  for (size_t r = 0; r < R; ++r)
    for (size_t c = 0; c < C; ++c)
      for (size_t p = 0; p < parts; ++p) sum[r][c][p] = broadcast(0.0F);
  for (size_t b = 0; b < e.samples; b += 16)
    for (size_t p = 0; p < parts; ++p) {
      V in[C];
      for (size_t c = 0; c < C; ++c) in[c] = load(x + c * e.stride + b + p * width);
      for (size_t r = 0; r < R; ++r) {
        const V slope = load(dy + r * e.stride + b + p * width);
        for (size_t c = 0; c < C; ++c) sum[r][c][p] = fused(slope, in[c], sum[r][c][p]);
      }
    }
#if HILLOCK_NN_WIDTH == 16
  if constexpr (R == 4 && C == 4) {
    V flat[16];
    for (size_t r = 0; r < 4; ++r)
      for (size_t c = 0; c < 4; ++c) flat[4 * c + r] = sum[r][c][0];
    const V all = sums_of_16(flat);
    const __m128 rows[4] = {_mm512_extractf32x4_ps(all, 0), _mm512_extractf32x4_ps(all, 1), _mm512_extractf32x4_ps(all, 2),
                            _mm512_extractf32x4_ps(all, 3)};
    for (size_t r = 0; r < 4; ++r) _mm_storeu_ps(dw + r * ldw, _mm_add_ps(_mm_loadu_ps(dw + r * ldw), rows[r]));
    return;
  }
#endif
  for (size_t r = 0; r < R; ++r)
    for (size_t c = 0; c < C; ++c) {
      alignas(64) float lanes[16];
      for (size_t p = 0; p < parts; ++p) store(lanes + p * width, sum[r][c][p]);
      dw[r * ldw + c] = dw[r * ldw + c] + sum_of_lanes(lanes);
    }
}

#if HILLOCK_NN_WIDTH == 16
constexpr size_t outer_rows = 4, outer_columns = 4;
#elif HILLOCK_NN_WIDTH == 8
constexpr size_t outer_rows = 2, outer_columns = 2;
#else
constexpr size_t outer_rows = 1, outer_columns = 1;
#endif

template <size_t R>
inline void outer_rows_of(const float* dy, const float* x, size_t columns, float* dw, size_t ldw, Extent e) {
  size_t c = 0;
  for (; c + outer_columns <= columns; c += outer_columns)
    outer_tile<R, outer_columns>(dy, x + c * e.stride, dw + c, ldw, e);
  for (; c < columns; ++c) outer_tile<R, 1>(dy, x + c * e.stride, dw + c, ldw, e);
}

void linear_weights(const LinearShape& shape, const float* dy, const float* x, float* dw, size_t ldw, float* db, Extent e) {
  for (size_t o = 0; o < shape.outputs; o += 8) {
    const size_t end = shape.outputs - o < 8 ? shape.outputs : o + 8;
    const size_t columns = shape.reach ? shape.reach[o / 8] : shape.inputs;
    size_t r = o;
    for (; r + outer_rows <= end; r += outer_rows)
      outer_rows_of<outer_rows>(dy + r * e.stride, x, columns, dw + r * ldw, ldw, e);
    for (; r < end; ++r) outer_rows_of<1>(dy + r * e.stride, x, columns, dw + r * ldw, ldw, e);
  }
  if (!db) return;
  for (size_t o = 0; o < shape.outputs; ++o) {
    alignas(64) float lanes[16] = {};
    for (size_t b = 0; b < e.samples; b += 16)
      for (size_t i = 0; i < 16; ++i) lanes[i] = lanes[i] + dy[o * e.stride + b + i];
    db[o] = db[o] + sum_of_lanes(lanes);
  }
}
