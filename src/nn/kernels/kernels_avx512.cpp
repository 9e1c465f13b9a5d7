#define HILLOCK_NN_ISA avx512
#define HILLOCK_NN_WIDTH 16
#include "nn/kernels/body.inl"
