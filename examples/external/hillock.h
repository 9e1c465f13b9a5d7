/* hillock.h: what a simulator in C needs to answer Hillock (docs/external.md, the binary protocol).
 *
 *   static int simulate(const double *p, double *x, hillock_rng *rng) { x[0] = p[0] + hillock_normal(rng); return 0; }
 *   int main(void) { return hillock_serve(1, 1, "\"statistics\":[\"x\"]", simulate); }
 *
 * Copy it, change it. C99, a little-endian machine.
 */
#ifndef HILLOCK_H
#define HILLOCK_H
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SplitMix64 (Steele, Lea and Flood 2014). */
typedef struct {
  uint64_t state;
} hillock_rng;
static inline uint64_t hillock_bits(hillock_rng *rng) {
  uint64_t z = (rng->state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}
/* Uniform in (0, 1), never 0 or 1. */
static inline double hillock_uniform(hillock_rng *rng) { return ((double)(hillock_bits(rng) >> 12) + 0.5) * 0x1p-52; }
/* Standard normal (Box and Muller 1958; the second number of each pair is not kept: no state beside the counter). */
static inline double hillock_normal(hillock_rng *rng) {
  double r = sqrt(-2.0 * log(hillock_uniform(rng)));
  return r * cos(6.283185307179586 * hillock_uniform(rng));
}
/* Two of them, at little more than the cost of one. */
static inline void hillock_normal_pair(hillock_rng *rng, double *a, double *b) {
  double r = sqrt(-2.0 * log(hillock_uniform(rng))), angle = 6.283185307179586 * hillock_uniform(rng);
  *a = r * cos(angle), *b = r * sin(angle);
}

/* Simulates once: parameters p (SI units) to statistics x, NaN where one has no value. Returns 0, or k > 0: it failed,
 * for the k-th of "failures". All random numbers come from rng, so that simulation k is the same whoever asks. */
typedef int (*hillock_simulate)(const double *p, double *x, hillock_rng *rng);

/* Answers until standard input ends. `names` is the inside of the welcome, "statistics" and perhaps "failures". */
static int hillock_serve(uint32_t parameters, uint32_t statistics, const char *names, hillock_simulate simulate) {
  int c;
  while ((c = getchar()) != '\n') /* the greeting: names and units, which this program knows */
    if (c == EOF) return 1;
  printf("{\"hillock\":1,%s}\n", names);
  fflush(stdout);
  char *in = NULL, *out = NULL;
  char head[16];
  while (fread(head, 1, 16, stdin) == 16) {
    uint32_t count;
    memcpy(&count, head + 4, 4);
    const size_t question = 8 * (1 + (size_t)parameters), answer = 8 * (1 + (size_t)statistics);
    in = realloc(in, count * question);
    out = realloc(out, 24 + count * answer);
    if (memcmp(head, "HKRQ", 4) != 0 || !in || !out || fread(in, question, count, stdin) != count) {
      fprintf(stderr, "hillock.h: this is no frame\n");
      return 1;
    }
    memcpy(out, head, 16); /* the count and the first number are those of the question */
    memcpy(out, "HKAN", 4);
    for (uint32_t i = 0; i < count; ++i) {
      hillock_rng rng;
      memcpy(&rng.state, in + i * question, 8);
      double *x = (double *)(out + 16 + i * answer + 8);
      const uint64_t status = (uint64_t)simulate((const double *)(in + i * question + 8), x, &rng);
      memcpy(out + 16 + i * answer, &status, 8);
    }
    memcpy(out + 16 + count * answer, "HKEN", 4);
    memcpy(out + 20 + count * answer, &count, 4);
    if (fwrite(out, 1, 24 + count * answer, stdout) != 24 + count * answer || fflush(stdout) != 0) return 1;
  }
  free(in);
  free(out);
  return 0;
}
#endif
