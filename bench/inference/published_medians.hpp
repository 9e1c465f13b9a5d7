#pragma once
/// What has been published for the benchmark's tasks: C2ST, median over ten observations, by algorithm and number of
/// simulations (published_medians.csv of the data set, from github.com/sbi-benchmark/results).

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "base/error.hpp"

namespace hillock::bench {

class PublishedMedians {
 public:
  struct Best {
    double c2st = 0.0;
    std::string algorithm;
  };

  /// Columns source, task, algorithm, num_simulations, c2st_median. Of gaussian_mixture the rows of source "gmm_rerun"
  /// count (the main paper's were of another task definition), of the others those of "main_paper".
  /// Error codes: those of io/whole_file.hpp; "published-columns", "published-number".
  [[nodiscard]] static Result<PublishedMedians> read(const std::string& path);
  [[nodiscard]] static Result<PublishedMedians> parse(const std::string& text, const std::string& path);

  [[nodiscard]] std::optional<double> find(const std::string& task, const std::string& algorithm,
                                           std::uint64_t simulations) const;
  /// The best of NPE, SNPE, NLE, SNLE, NRE and SNRE.
  [[nodiscard]] std::optional<Best> best(const std::string& task, std::uint64_t simulations) const;

 private:
  std::map<std::tuple<std::string, std::string, std::uint64_t>, double> medians_;
};

}  // namespace hillock::bench
