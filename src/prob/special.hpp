#pragma once
/// Tail probabilities and quantiles of the test statistics' distributions, by Boost.Math.
///
/// `survival` is P(X > x), accurate in the far tail, where 1 - cdf has no digits left. Probabilities must be in [0, 1]
/// and degrees of freedom positive (checked: ours to guarantee); p = 0 and 1 give the ends of the support.

namespace hillock::prob {

[[nodiscard]] double normal_cdf(double x);
[[nodiscard]] double normal_survival(double x);
[[nodiscard]] double normal_quantile(double p);
[[nodiscard]] double erf_inverse(double p);  ///< x with erf(x) = p, p in [-1, 1]

[[nodiscard]] double chi2_survival(double x, double dof);
[[nodiscard]] double chi2_quantile(double p, double dof);
[[nodiscard]] double t_survival(double x, double dof);
[[nodiscard]] double t_quantile(double p, double dof);
[[nodiscard]] double f_survival(double x, double dof_numerator, double dof_denominator);
[[nodiscard]] double f_quantile(double p, double dof_numerator, double dof_denominator);
[[nodiscard]] double beta_quantile(double p, double a, double b);
/// P(X > x) for Kolmogorov's distribution of sqrt(n) D_n, the limit for many samples.
[[nodiscard]] double kolmogorov_survival(double x);

}  // namespace hillock::prob
