/* The task slcp_distractors of the SBI benchmark (Lueckmann et al. 2021, appendix T.4).
 *
 *   4 draws of N((t1, t2), S), S = [[s1^2, rho s1 s2], [rho s1 s2, s2^2]] + 1e-6 I,
 *   s1 = t3^2, s2 = t4^2, rho = tanh t5;
 *   then 92 numbers that know nothing of t: one draw of a mixture of 20 multivariate Student-t with 2 degrees of freedom;
 *   then all 100 in the order of a permutation.
 *
 * distractors.f32, beside this program's working directory, has the constants: see README.md.
 */
#include "../../external/hillock.h"

enum { draws = 4, noise = 92, components = 20, values = 2 * draws + noise, triangle = noise * (noise + 1) / 2 };

typedef struct {
  float location[noise];
  float scale[triangle]; /* the lower triangle, column by column */
} component;
static struct {
  float permutation[values];
  component mixture[components];
} constants;

static int slcp_distractors(const double *t, double *x, hillock_rng *rng) {
  double y[values + 1];
  const double s1 = t[2] * t[2], s2 = t[3] * t[3], rho = tanh(t[4]);
  const double a = sqrt(s1 * s1 + 1e-6), b = rho * s1 * s2 / a, c = sqrt(fmax(0.0, s2 * s2 + 1e-6 - b * b));
  for (int i = 0; i < draws; ++i) {
    double z0, z1;
    hillock_normal_pair(rng, &z0, &z1);
    y[2 * i] = t[0] + a * z0;
    y[2 * i + 1] = t[1] + b * z0 + c * z1;
  }
  /* A Student-t is a normal over the root of chi^2 / df; with 2 degrees of freedom, chi^2 / 2 = -log(uniform). */
  const component *from = &constants.mixture[(int)(components * hillock_uniform(rng))];
  double z[noise];
  for (int j = 0; j < noise; j += 2) hillock_normal_pair(rng, &z[j], &z[j + 1]);
  const double stretch = 1.0 / sqrt(-log(hillock_uniform(rng)));
  float sum[noise] = {0};
  const float *column = from->scale;
  for (int j = 0; j < noise; ++j) {
    const float zj = (float)z[j];
    for (int i = j; i < noise; ++i) sum[i] += column[i - j] * zj;
    column += noise - j;
  }
  for (int i = 0; i < noise; ++i) y[2 * draws + i] = from->location[i] + stretch * sum[i];
  for (int i = 0; i < values; ++i) x[i] = y[(int)constants.permutation[i]];
  return 0;
}

int main(int count, char **words) {
  const char *path = count > 1 ? words[1] : "distractors.f32";
  FILE *file = fopen(path, "rb");
  if (!file || fread(&constants, sizeof constants, 1, file) != 1) {
    fprintf(stderr, "%s is missing or too short\n", path);
    return 1;
  }
  fclose(file);
  char names[4096] = "\"statistics\":[\"data_1\"";
  for (int i = 2; i <= values; ++i) sprintf(names + strlen(names), ",\"data_%d\"", i);
  strcat(names, "]");
  return hillock_serve(5, values, names, slcp_distractors);
}
