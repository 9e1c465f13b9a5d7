#pragma once
/// The loops that networks spend their time in, compiled for each kind of processor and chosen when the program starts.
///
/// A panel is [row][sample]: row r of a panel x begins at x + r*stride, samples lie next to each other, `stride` is a
/// multiple of 16 and rows are aligned to 64 bytes. `samples` is a multiple of 16 too: what lies beyond the samples of
/// a batch is computed along and has slope 0.
///
/// Every kind of processor gives the same bits: products are accumulated with fused multiply-add in the order of the
/// inputs, sums over samples in 16 partial sums that are added in one fixed tree, and elementwise functions are written
/// with the same operations.

#include <cstddef>
#include <cstdint>

namespace hillock::nn {

enum class Isa : std::uint8_t { plain, avx2, avx512 };

/// What follows a linear map.
enum class Activation : std::uint8_t { none, relu, tanh, silu };

/// y = f(b + W x) with the rows' own lengths: row o of W counts for the first reach[o] inputs only.
struct LinearShape {
  std::size_t outputs = 0;
  std::size_t inputs = 0;
  /// For each block of 8 outputs, how many inputs (from the first) any of them sees; null: all.
  const std::uint32_t* reach = nullptr;
  /// For each block of 8 inputs, the first output that sees any of them; null: 0.
  const std::uint32_t* first = nullptr;
};

/// Panels of one call.
struct Extent {
  std::size_t samples = 0;  ///< a multiple of 16
  std::size_t stride = 0;
};

struct AdamStep {
  float rate = 0.0F, beta1 = 0.9F, beta2 = 0.999F, epsilon = 1e-8F;
  float correction1 = 1.0F, correction2 = 1.0F;  ///< 1 / (1 - beta^t)
  float decay = 0.0F;                            ///< decoupled weight decay, times the rate
  float scale = 1.0F;                            ///< of the gradient: clipping
};

/// A rational-quadratic spline's shape; see spline.hpp.
struct SplineShape {
  std::size_t bins = 8;
  float bound = 4.0F;
  float least_width = 1e-3F, least_height = 1e-3F, least_slope = 1e-3F;
};

/// Attention: rows are token x (head x width).
struct AttentionShape {
  std::size_t queries = 0, keys = 0, heads = 1, width = 1;
  float scale = 1.0F;  ///< of the scores
};

struct Kernels {
  Isa isa;
  /// y = bias + W x. W is row-major, `ldw` floats a row; bias may be null with `add`: y += W x.
  void (*linear)(const LinearShape&, const float* w, std::size_t ldw, const float* bias, const float* x, float* y,
                 Extent, bool add);
  /// dx += W^T dy.
  void (*linear_inputs)(const LinearShape&, const float* w, std::size_t ldw, const float* dy, float* dx, Extent);
  /// dw += dy x^T; db += sum of dy over samples, where not null. What is out of reach may receive sums: the caller
  /// clears it.
  void (*linear_weights)(const LinearShape&, const float* dy, const float* x, float* dw, std::size_t ldw, float* db,
                         Extent);

  /// y = f(x), over `rows` rows; and dx += f' dy, by the values of x and y (silu needs both, the others y alone).
  void (*activate)(Activation, std::size_t rows, const float* x, float* y, Extent);
  void (*activate_slope)(Activation, std::size_t rows, const float* x, const float* y, const float* dy, float* dx,
                         Extent);
  /// dy *= f', where the map is part of what made y.
  void (*activate_own_slope)(Activation, std::size_t rows, const float* x, const float* y, float* dy, Extent);

  /// z_i = (x_i - m_i) exp(-s_i), s_i = limit tanh(a_i / limit), parameters (m_i, a_i) in rows 2i, 2i+1 of p; ld =
  /// ld_in
  /// - sum s_i.
  void (*affine)(std::size_t rows, float limit, const float* x, const float* p, const float* ld_in, float* z, float* ld,
                 Extent);
  void (*affine_slope)(std::size_t rows, float limit, const float* z, const float* p, const float* dz, const float* dld,
                       float* dx, float* dp, float* dld_in, Extent);
  /// x_i = m_i + z_i exp(s_i), of one row.
  void (*affine_inverse)(float limit, const float* z, const float* p, float* x, Extent);

  /// Rational-quadratic splines (spline.hpp), rows of x with 3 bins - 1 parameter rows each.
  void (*spline)(const SplineShape&, std::size_t rows, const float* x, const float* p, const float* ld_in, float* z,
                 float* ld, Extent);
  void (*spline_slope)(const SplineShape&, std::size_t rows, const float* x, const float* p, const float* dz,
                       const float* dld, float* dx, float* dp, float* dld_in, Extent);
  void (*spline_inverse)(const SplineShape&, const float* z, const float* p, float* x, Extent);

  void (*adam)(const AdamStep&, std::size_t count, float* theta, const float* gradient, float* m, float* v);
  /// a += b; a = c a + (1 - c) b.
  void (*add)(std::size_t count, float* a, const float* b);
  void (*blend)(std::size_t count, float c, float* a, const float* b);

  /// y = label logit - log(1 + exp(logit)), one row.
  void (*logistic_loss)(const float* logit, const float* label, float* y, Extent);
  void (*logistic_loss_slope)(const float* logit, const float* label, const float* dy, float* dlogit, float* dlabel,
                              Extent);
  /// y = logit - log sum exp(logit) at the first sample of each of `groups` groups of `group`; 0 elsewhere.
  void (*contrastive_loss)(std::size_t group, std::size_t groups, const float* logit, float* y, Extent);
  void (*contrastive_loss_slope)(std::size_t group, std::size_t groups, const float* logit, const float* dy,
                                 float* dlogit);

  /// Each group of `rows` rows to mean 0 and variance 1, times `gain` plus `bias` (those of a group serve all groups);
  /// stats: 2 rows a group, mean and 1 / sd.
  void (*layer_norm)(std::size_t groups, std::size_t rows, const float* x, const float* gain, const float* bias,
                     float* y, float* stats, Extent);
  void (*layer_norm_slope)(std::size_t groups, std::size_t rows, const float* x, const float* gain, const float* stats,
                           const float* dy, float* dx, float* dgain, float* dbias, Extent);

  /// Over items of `rows` rows each; mask[item][sample] above 0: present; null: all are. Of none: 0.
  void (*pool_mean)(std::size_t items, std::size_t rows, const float* x, const float* mask, float* y, Extent);
  void (*pool_mean_slope)(std::size_t items, std::size_t rows, const float* mask, const float* dy, float* dx, Extent);
  void (*pool_max)(std::size_t items, std::size_t rows, const float* x, const float* mask, float* y, Extent);
  void (*pool_max_slope)(std::size_t items, std::size_t rows, const float* x, const float* mask, const float* y,
                         const float* dy, float* dx, Extent);

  /// At most 512 keys; `mask` of the keys, as above.
  void (*attention)(const AttentionShape&, const float* q, const float* k, const float* v, const float* mask, float* y,
                    Extent);
  void (*attention_slope)(const AttentionShape&, const float* q, const float* k, const float* v, const float* mask,
                          const float* dy, float* dq, float* dk, float* dv, Extent);

  /// One step of a gated recurrent unit; a and u: 3 units rows; gates: 4 units rows, for the slopes; h null: 0.
  void (*gru_cell)(std::size_t units, const float* a, const float* u, const float* h, float* gates, float* next,
                   Extent);
  /// Writes da and du, adds to dh (where not null).
  void (*gru_cell_slope)(std::size_t units, const float* gates, const float* h, const float* dnext, float* da,
                         float* du, float* dh, Extent);

  /// log q(y) of a mixture of normal densities: at most 64 components of at most 64 dimensions, with 1 + 2 d +
  /// d (d - 1) / 2 rows of p each (mixture.inl).
  void (*mixture)(std::size_t components, std::size_t dimension, const float* y, const float* p, float* log_q, Extent);
  void (*mixture_slope)(std::size_t components, std::size_t dimension, const float* y, const float* p,
                        const float* dlog, float* dy, float* dp, Extent);
  /// y by normal numbers z and one uniform number a sample.
  void (*mixture_draw)(std::size_t components, std::size_t dimension, const float* z, const float* uniform,
                       const float* p, float* y, Extent);
};

/// Those of the best kind that this processor has.
[[nodiscard]] const Kernels& kernels();
/// Those of one kind, for tests; null where this processor lacks it.
[[nodiscard]] const Kernels* kernels_of(Isa isa);

}  // namespace hillock::nn
