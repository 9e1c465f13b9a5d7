// Vectors of the width of the processor, for the loops of linear.inl.

#if HILLOCK_NN_WIDTH == 16
using V = __m512;
inline V load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, V v) { _mm512_storeu_ps(p, v); }
inline V broadcast(float x) { return _mm512_set1_ps(x); }
inline V fused(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
constexpr size_t tile_rows = 8, tile_vectors = 3;
#elif HILLOCK_NN_WIDTH == 8
using V = __m256;
inline V load(const float* p) { return _mm256_loadu_ps(p); }
inline void store(float* p, V v) { _mm256_storeu_ps(p, v); }
inline V broadcast(float x) { return _mm256_set1_ps(x); }
inline V fused(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
constexpr size_t tile_rows = 4, tile_vectors = 3;
#else
using V = float;
inline V load(const float* p) { return *p; }
inline void store(float* p, V v) { *p = v; }
inline V broadcast(float x) { return x; }
inline V fused(V a, V b, V c) { return __builtin_fmaf(a, b, c); }
constexpr size_t tile_rows = 4, tile_vectors = 4;
#endif
constexpr size_t width = HILLOCK_NN_WIDTH;
static_assert(8 % tile_rows == 0);
