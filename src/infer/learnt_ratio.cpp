#include "infer/learnt_ratio.hpp"

#include "nn/saved_network.hpp"

namespace hillock::infer {
namespace {

constexpr const char* left_out_name = "left-out";

std::shared_ptr<const FailureRegion> shared(std::optional<FailureRegion> region) {
  return region ? std::make_shared<const FailureRegion>(std::move(*region)) : nullptr;
}

}  // namespace

void LearntRatio::save(nn::SavedNetwork& network) const {
  network.fields["learnt"] = "ratio";
  posterior_.ratio.save(network);
  if (posterior_.failure) posterior_.failure->save(network);
  if (posterior_.left_out) posterior_.left_out->save(network, left_out_name);
}

Result<std::shared_ptr<const LearntRatio>> LearntRatio::load(const nn::SavedNetwork& network, std::size_t dimension,
                                                             const StatisticScale& scale, std::vector<double> observed,
                                                             const std::string& where) {
  auto ratio = RatioEstimator::load(network, where);
  if (!ratio) return fail(std::move(ratio.error()));
  if (ratio->dimension() != dimension || ratio->statistics() != scale.columns())
    return fail("network-damaged", "its ratio is of another number of parameters or statistics", where);
  auto failure = FailureRegion::load(network, dimension, where);
  if (!failure) return fail(std::move(failure.error()));
  auto left_out = FailureRegion::load(network, dimension, where, left_out_name);
  if (!left_out) return fail(std::move(left_out.error()));
  NrePosterior posterior{scale, std::move(*ratio), shared(std::move(*failure)), shared(std::move(*left_out))};
  return std::make_shared<const LearntRatio>(std::move(posterior), std::move(observed));
}

}  // namespace hillock::infer
