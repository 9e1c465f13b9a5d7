#pragma once
/// A likelihood ratio that neural ratio estimation has learnt (nre.hpp), at the data.

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "infer/nre.hpp"
#include "infer/posterior_likelihood.hpp"

namespace hillock::infer {

class LearntRatio final : public PosteriorLikelihood {
 public:
  LearntRatio(NrePosterior posterior, std::vector<double> observed)
      : posterior_(std::move(posterior)), observed_(std::move(observed)) {}
  void log_likelihood(const Array2& z, std::span<double> value, Array2* gradient = nullptr) const override {
    posterior_.log_likelihood(z, observed_, value, gradient);
  }
  void save(nn::SavedNetwork& network) const override;
  /// @param dimension  of z
  /// Error code "network-damaged", and those of FailureRegion::load.
  [[nodiscard]] static Result<std::shared_ptr<const LearntRatio>> load(const nn::SavedNetwork& network,
                                                                       std::size_t dimension,
                                                                       const StatisticScale& scale,
                                                                       std::vector<double> observed,
                                                                       const std::string& where);

 private:
  NrePosterior posterior_;
  std::vector<double> observed_;
};

}  // namespace hillock::infer
