#pragma once
/// A likelihood of the data that was learnt: with the prior it makes a posterior, without the simulator.

#include <span>
#include <string>

#include "base/array.hpp"

namespace hillock::nn {
struct SavedNetwork;
}

namespace hillock::infer {

class PosteriorLikelihood {
 public:
  virtual ~PosteriorLikelihood() = default;
  /// log of the likelihood at z_k (standard normal under the prior), up to a constant; -inf where it is 0. Its gradient
  /// where not null.
  virtual void log_likelihood(const Array2& z, std::span<double> value, Array2* gradient = nullptr) const = 0;
  /// Why a file does not keep it; empty: it does.
  [[nodiscard]] virtual std::string not_kept() const { return {}; }
  /// What it needs besides priors, scales and data, as plain data (nn/saved_network.hpp).
  virtual void save(nn::SavedNetwork& network) const = 0;

 protected:
  PosteriorLikelihood() = default;
  PosteriorLikelihood(const PosteriorLikelihood&) = default;
  PosteriorLikelihood(PosteriorLikelihood&&) = default;
  PosteriorLikelihood& operator=(const PosteriorLikelihood&) = default;
  PosteriorLikelihood& operator=(PosteriorLikelihood&&) = default;
};

}  // namespace hillock::infer
