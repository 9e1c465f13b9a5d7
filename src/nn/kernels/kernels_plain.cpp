#define HILLOCK_NN_ISA plain
#define HILLOCK_NN_WIDTH 1
#include "nn/kernels/body.inl"
