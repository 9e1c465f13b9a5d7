#include "verify/whiteness.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <boost/math/distributions/non_central_f.hpp>
#include <fmt/format.h>

#include "prob/special.hpp"
#include "verify/autocorrelation.hpp"
#include "verify/holm.hpp"

namespace hillock::verify {
namespace {

constexpr std::size_t fewest_samples = 200;
constexpr std::size_t blocks_per_lag = 10;  // a portmanteau over L lags wants at least 10 L values

double f_p(double statistic, double df1, double df2) {
  return std::isfinite(statistic) ? prob::f_survival(std::max(0.0, statistic), df1, df2) : 0.0;
}

/// Groups of equal time, by position among the kept samples.
Grouping time_groups(std::string name, std::string variance_name, std::size_t kept, std::size_t groups) {
  constexpr std::size_t most = 60000;  // a group's number has 16 bits
  Grouping out{std::move(name), std::move(variance_name), std::vector<std::uint16_t>(kept), std::min(groups, most)};
  for (std::size_t j = 0; j < kept; ++j) out.group[j] = static_cast<std::uint16_t>(j * out.groups / kept);
  return out;
}

/// Groups of about equal size by value; equal values stay together.
Grouping value_groups(std::string name, std::string variance_name, const std::vector<double>& value,
                      const WhitenessOptions& options) {
  const std::size_t n = value.size();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, [&](std::uint32_t a, std::uint32_t b) { return value[a] < value[b]; });
  const std::size_t size = std::max(options.least_in_bin, (n + options.input_bins - 1) / options.input_bins);
  Grouping out{std::move(name), std::move(variance_name), std::vector<std::uint16_t>(n), 0};
  std::size_t in_group = 0;
  for (std::size_t at = 0; at < n;) {
    std::size_t next = at + 1;
    while (next < n && value[order[next]] == value[order[at]]) ++next;
    const std::size_t run = next - at;
    // Close the open group where it is full, or where a value held for long comes and the group is large enough.
    if (in_group >= size || (run >= size && in_group >= options.least_in_bin)) ++out.groups, in_group = 0;
    for (std::size_t j = at; j < next; ++j) out.group[order[j]] = static_cast<std::uint16_t>(out.groups);
    in_group += run;
    at = next;
  }
  if (in_group < options.least_in_bin && out.groups > 0) {  // a last group that is too small joins its neighbour
    for (auto& g : out.group)
      if (g == out.groups) --g;
    --out.groups;
  }
  ++out.groups;
  return out;
}

struct AnalysisOfVariance {
  double f = 0.0;
  double p = 1.0;
};

/// One-way analysis of variance of x over groups.
AnalysisOfVariance one_way(const std::vector<double>& x, const Grouping& grouping, std::vector<double>& mean) {
  std::vector<double> count(grouping.groups, 0.0);
  mean.assign(grouping.groups, 0.0);
  for (std::size_t j = 0; j < x.size(); ++j) mean[grouping.group[j]] += x[j], count[grouping.group[j]] += 1.0;
  double total = 0.0;
  for (std::size_t g = 0; g < mean.size(); ++g) total += mean[g];
  total /= static_cast<double>(x.size());
  double between = 0.0;
  for (std::size_t g = 0; g < mean.size(); ++g) {
    mean[g] /= count[g];
    between += count[g] * (mean[g] - total) * (mean[g] - total);
  }
  double within = 0.0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const double d = x[j] - mean[grouping.group[j]];
    within += d * d;
  }
  const double df1 = static_cast<double>(grouping.groups - 1);
  const double df2 = static_cast<double>(x.size() - grouping.groups);
  AnalysisOfVariance out;
  out.f = (between / df1) / (within / df2);
  out.p = f_p(out.f, df1, df2);
  return out;
}

/// Q = (n + 2) / n sum_k N_k rho_k^2: Ljung-Box where pairs are lost to gaps (without gaps N_k = n - k, and this is
/// their n (n + 2) sum r_k^2 / (n - k) with r_k = S_k / S_0).
double ljung_box(const Autocorrelation& acf, std::size_t lags) {
  const double n = static_cast<double>(acf.samples);
  double q = 0.0;
  for (std::size_t k = 1; k <= lags && k < acf.rho.size(); ++k) q += acf.pairs[k] * acf.rho[k] * acf.rho[k];
  return q * (n + 2.0) / n;
}

/// Block means scaled to one variance: sum / sqrt(kept). Blocks with under half their samples are left out.
struct Blocks {
  std::vector<double> value;
  std::vector<std::uint8_t> mask;
};
Blocks block_means(std::span<const double> x, std::span<const std::uint8_t> mask, std::size_t block, double mean) {
  Blocks out;
  for (std::size_t from = 0; from + block <= x.size(); from += block) {
    double sum = 0.0;
    std::size_t count = 0;
    for (std::size_t i = from; i < from + block; ++i)
      if (mask[i] != 0) sum += x[i] - mean, ++count;
    const bool keep = 2 * count >= block && count > 0;
    out.value.push_back(keep ? sum / std::sqrt(static_cast<double>(count)) : 0.0);
    out.mask.push_back(keep ? 1 : 0);
  }
  return out;
}

/// D'Agostino's transform of the skewness (1970) and Anscombe & Glynn's of the kurtosis (1983), squared and added.
double omnibus_normality(double n, double skew, double kurtosis) {
  const double y = skew * std::sqrt((n + 1.0) * (n + 3.0) / (6.0 * (n - 2.0)));
  const double b2 =
      3.0 * (n * n + 27.0 * n - 70.0) * (n + 1.0) * (n + 3.0) / ((n - 2.0) * (n + 5.0) * (n + 7.0) * (n + 9.0));
  const double w2 = -1.0 + std::sqrt(2.0 * (b2 - 1.0));
  const double alpha = std::sqrt(2.0 / (w2 - 1.0));
  const double z1 = std::asinh(y / alpha) / std::sqrt(0.5 * std::log(w2));

  const double expected = 3.0 * (n - 1.0) / (n + 1.0);
  const double variance = 24.0 * n * (n - 2.0) * (n - 3.0) / ((n + 1.0) * (n + 1.0) * (n + 3.0) * (n + 5.0));
  const double x = (kurtosis - expected) / std::sqrt(variance);
  const double s = 6.0 * (n * n - 5.0 * n + 2.0) / ((n + 7.0) * (n + 9.0)) *
                   std::sqrt(6.0 * (n + 3.0) * (n + 5.0) / (n * (n - 2.0) * (n - 3.0)));
  const double a = 6.0 + 8.0 / s * (2.0 / s + std::sqrt(1.0 + 4.0 / (s * s)));
  const double base = (1.0 - 2.0 / a) / (1.0 + x * std::sqrt(2.0 / (a - 4.0)));
  const double z2 = (1.0 - 2.0 / (9.0 * a) - std::cbrt(base)) / std::sqrt(2.0 / (9.0 * a));
  return z1 * z1 + z2 * z2;
}

}  // namespace

Result<void> WhitenessOptions::validate() const {
  Errors errors;
  auto out_of_range = [&](const char* where, const std::string& text) {
    errors.push_back({"option-out-of-range", text, std::nullopt, where, ""});
  };
  if (!(level > 0.0 && level < 1.0)) out_of_range("level", fmt::format("{} is not between 0 and 1", level));
  if (time_bins < 2 || time_bins > 10000)
    out_of_range("time_bins", fmt::format("{} is not within 2..10000", time_bins));
  if (input_bins < 2 || input_bins > 10000)
    out_of_range("input_bins", fmt::format("{} is not within 2..10000", input_bins));
  if (fine_bin < 10) out_of_range("fine_bin", fmt::format("{} is below 10", fine_bin));
  if (least_in_bin < 10) out_of_range("least_in_bin", fmt::format("{} is below 10", least_in_bin));
  for (const double lag : change_lags_ms)
    if (!(lag > 0.0 && std::isfinite(lag))) out_of_range("change_lags_ms", fmt::format("{} ms is not above 0", lag));
  if (!errors.empty()) return fail(std::move(errors));
  return {};
}

Result<WhitenessPlan> plan_whiteness(const SeriesLayout& layout, const WhitenessOptions& options) {
  if (auto valid = options.validate(); !valid) return fail(valid.error());
  HILLOCK_CHECK(layout.mask.empty() || layout.mask.size() == layout.samples, "whiteness: mask of another length");
  HILLOCK_CHECK(layout.input.empty() || layout.input.size() == layout.samples, "whiteness: input of another length");
  HILLOCK_CHECK(layout.interval_ms > 0.0, "whiteness: no sampling interval");
  WhitenessPlan plan;
  plan.options = options;
  plan.samples = layout.samples;
  plan.mask.assign(layout.samples, 1);
  if (!layout.mask.empty()) plan.mask.assign(layout.mask.begin(), layout.mask.end());
  for (std::size_t i = 0; i < layout.samples; ++i)
    if (plan.mask[i] != 0) plan.kept.push_back(static_cast<std::uint32_t>(i));
  if (plan.kept.size() < fewest_samples)
    return fail("series-too-short", fmt::format("{} samples are kept; tests of the residuals need {} or more",
                                                plan.kept.size(), fewest_samples));

  const std::size_t n = plan.kept.size();
  const std::vector<WhitenessPlan::Portmanteau> wanted = {{"ljung_box", 1, 20}, {"ljung_box_20", 20, 20}};
  for (const auto& test : wanted) {
    std::size_t blocks = n;
    if (test.block > 1) {
      blocks = 0;
      for (std::size_t from = 0; from + test.block <= layout.samples; from += test.block) {
        const auto count = std::count(plan.mask.begin() + static_cast<std::ptrdiff_t>(from),
                                      plan.mask.begin() + static_cast<std::ptrdiff_t>(from + test.block), 1);
        blocks += 2 * static_cast<std::size_t>(count) >= test.block ? 1U : 0U;
      }
    }
    if (blocks >= blocks_per_lag * test.lags) plan.portmanteaus.push_back(test);
    else plan.not_run.push_back(fmt::format("{}: {} blocks, needs {}", test.name, blocks, blocks_per_lag * test.lags));
  }

  const std::size_t coarse = std::min(options.time_bins, n / options.least_in_bin);
  plan.groupings.push_back(time_groups("drift", "variance_time", n, coarse));
  const std::size_t fine = n / options.fine_bin;
  if (fine >= 2 * coarse) plan.groupings.push_back(time_groups("drift_fine", "", n, fine));
  else plan.not_run.push_back(fmt::format("drift_fine: {} bins, needs {}", fine, 2 * coarse));
  if (layout.input.empty()) {
    plan.not_run.emplace_back("input_level, input_change, variance_input: no input given");
  } else {
    std::vector<double> value(n);
    for (std::size_t j = 0; j < n; ++j) {
      value[j] = layout.input[plan.kept[j]];
      if (!std::isfinite(value[j]))
        return fail("input-not-finite", fmt::format("the input at sample {} is {}", plan.kept[j], value[j]));
    }
    std::vector<Grouping> on_input;
    on_input.push_back(value_groups("input_level", "variance_input", value, options));
    for (const double lag_ms : options.change_lags_ms) {
      const auto lag = static_cast<std::size_t>(std::max(1.0, std::round(lag_ms / layout.interval_ms)));
      for (std::size_t j = 0; j < n; ++j) {
        const std::size_t at = plan.kept[j];
        value[j] = layout.input[at] - layout.input[at >= lag ? at - lag : 0];
        if (!std::isfinite(value[j]))
          return fail("input-not-finite", fmt::format("the input {} ms before sample {} is not a number", lag_ms, at));
      }
      on_input.push_back(value_groups(fmt::format("input_change_{:g}ms", lag_ms), "", value, options));
    }
    for (auto& grouping : on_input) {
      if (grouping.groups >= 2) plan.groupings.push_back(std::move(grouping));
      else plan.not_run.push_back(grouping.name + ": the input does not vary");
    }
  }
  return plan;
}

const WhitenessTest* Whiteness::find(std::string_view name) const {
  for (const auto& test : tests)
    if (test.name == name) return &test;
  return nullptr;
}

Result<Whiteness> whiteness(std::span<const double> residuals, const WhitenessPlan& plan) {
  HILLOCK_CHECK(residuals.size() == plan.samples, "whiteness: residuals of another length than the plan");
  const std::size_t count = plan.kept.size();
  const double n = static_cast<double>(count);
  std::vector<double> x(count);
  double mean = 0.0;
  for (std::size_t j = 0; j < count; ++j) {
    x[j] = residuals[plan.kept[j]];
    if (!std::isfinite(x[j]))
      return fail("residual-not-finite", fmt::format("the residual at sample {} is {}", plan.kept[j], x[j]));
    mean += x[j];
  }
  mean /= n;
  double m2 = 0.0;
  double m3 = 0.0;
  double m4 = 0.0;
  for (const double value : x) {
    const double d = value - mean;
    m2 += d * d, m3 += d * d * d, m4 += d * d * d * d;
  }
  m2 /= n, m3 /= n, m4 /= n;
  if (!(std::sqrt(m2) > 1e-14 * std::fabs(mean)))
    return fail("residual-constant", fmt::format("the residuals are {} at every sample", mean));

  Whiteness out;
  const double t = mean / std::sqrt(m2 / (n - 1.0));
  out.tests.push_back({"mean", t, 2.0 * prob::t_survival(std::fabs(t), n - 1.0), 1.0});

  for (const auto& test : plan.portmanteaus) {
    double q = 0.0;
    if (test.block == 1) {
      q = ljung_box(autocorrelation_direct(residuals, plan.mask, test.lags), test.lags);
    } else {
      const Blocks blocks = block_means(residuals, plan.mask, test.block, mean);
      q = ljung_box(autocorrelation_direct(blocks.value, blocks.mask, test.lags), test.lags);
    }
    out.tests.push_back({test.name, q, prob::chi2_survival(q, static_cast<double>(test.lags)), 1.0});
  }

  std::vector<double> group_mean;
  std::vector<double> spread(count);
  std::vector<WhitenessTest> variances;
  for (const Grouping& grouping : plan.groupings) {
    const AnalysisOfVariance means = one_way(x, grouping, group_mean);
    out.tests.push_back({grouping.name, means.f, means.p, 1.0});
    if (grouping.variance_name.empty()) continue;
    for (std::size_t j = 0; j < count; ++j) spread[j] = std::fabs(x[j] - group_mean[grouping.group[j]]);
    const AnalysisOfVariance spreads = one_way(spread, grouping, group_mean);
    variances.push_back({grouping.variance_name, spreads.f, spreads.p, 1.0});
  }
  out.tests.insert(out.tests.end(), variances.begin(), variances.end());

  const double k2 = omnibus_normality(n, m3 / (m2 * std::sqrt(m2)), m4 / (m2 * m2));
  out.tests.push_back({"normality", k2, prob::chi2_survival(k2, 2.0), 1.0});

  std::vector<double> p;
  for (const auto& test : out.tests) p.push_back(test.p);
  const std::vector<double> adjusted = holm(p);
  for (std::size_t i = 0; i < adjusted.size(); ++i) {
    out.tests[i].p_holm = adjusted[i];
    out.p = std::min(out.p, adjusted[i]);
  }
  out.rejected = out.p < plan.options.level;
  return out;
}

double detectable_sine_amplitude(std::size_t kept_samples, std::size_t time_bins, double level, double power) {
  HILLOCK_CHECK(time_bins >= 2 && kept_samples > time_bins, "detectable_sine_amplitude: too few samples");
  HILLOCK_CHECK(level > 0.0 && level < power && power < 1.0, "detectable_sine_amplitude: 0 < level < power < 1");
  const double df1 = static_cast<double>(time_bins - 1);
  const double df2 = static_cast<double>(kept_samples - time_bins);
  const double critical = prob::f_quantile(1.0 - level, df1, df2);
  auto surplus = [&](double lambda) {  // of power over what is asked for
    return boost::math::cdf(boost::math::complement(boost::math::non_central_f(df1, df2, lambda), critical)) - power;
  };
  double low = 1e-3;
  double high = 1.0;
  while (surplus(high) < 0.0) high *= 2.0;
  for (int i = 0; i < 60; ++i) {  // power grows with lambda: bisection to 60 bits
    const double middle = 0.5 * (low + high);
    (surplus(middle) < 0.0 ? low : high) = middle;
  }
  return std::sqrt(2.0 * high / static_cast<double>(kept_samples));
}

}  // namespace hillock::verify
