#define HILLOCK_NN_ISA avx2
#define HILLOCK_NN_WIDTH 8
#include "nn/kernels/body.inl"
