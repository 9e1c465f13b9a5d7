// The body of the kernels, compiled once for each kind of processor (kernels_<isa>.cpp). Nothing of the standard library
// with code in a header is used here: such code would be compiled for this processor and might be linked into the rest
// of the program.

#include "nn/kernels/kernels.hpp"

#if HILLOCK_NN_WIDTH > 1
#include <immintrin.h>
#endif

namespace hillock::nn::HILLOCK_NN_ISA {
namespace {

using std::size_t;

#include "nn/kernels/vector.inl"
#include "nn/kernels/functions.inl"
#include "nn/kernels/linear.inl"
#include "nn/kernels/elementwise.inl"
#include "nn/kernels/spline.inl"
#include "nn/kernels/losses.inl"
#include "nn/kernels/layer_norm.inl"
#include "nn/kernels/pool.inl"
#include "nn/kernels/attention.inl"
#include "nn/kernels/recurrent.inl"
#include "nn/kernels/mixture.inl"

}  // namespace

extern const Kernels table;
const Kernels table{
    Isa::HILLOCK_NN_ISA, &linear,      &linear_inputs, &linear_weights, &activate,       &activate_slope, &activate_own_slope,
    &affine,             &affine_slope, &affine_inverse, &spline,        &spline_slope,   &spline_inverse,
    &adam,               &add,          &blend,
    &logistic_loss,      &logistic_loss_slope, &contrastive_loss, &contrastive_loss_slope,
    &layer_norm,         &layer_norm_slope, &pool_mean,    &pool_mean_slope, &pool_max,      &pool_max_slope,
    &attention,          &attention_slope, &gru_cell,      &gru_cell_slope,
    &mixture,            &mixture_slope, &mixture_draw,
};

}  // namespace hillock::nn::HILLOCK_NN_ISA
