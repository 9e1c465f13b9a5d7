#include "study/recorded_channel.hpp"

#include "base/rng.hpp"
#include "prob/counts.hpp"

namespace hillock::study {

RecordedChannel RecordedChannel::of(const ir::Model& model, std::size_t samples, const std::string& name) {
  RecordedChannel made{name};
  for (std::size_t o = 0; o < model.observations.size(); ++o) {
    if (model.observations[o].channel != name) continue;
    made.family = model.observations[o].family;
    made.stream = stream_id("recorded") + static_cast<std::uint32_t>(o * samples);
  }
  return made;
}

double RecordedChannel::value(const sim::Record& record, const sim::RecordedOutput& output, std::size_t kept,
                              std::size_t sample, std::uint64_t seed, std::uint64_t number) const {
  if (!output.drawn) return record(kept, output.first);
  Rng rng(seed, stream + static_cast<std::uint32_t>(sample), number);
  if (family == ir::NoiseFamily::poisson) return prob::draw_poisson(rng, record(kept, output.first));
  return prob::draw_binomial(rng, record(kept, output.first), record(kept, output.first + 1));
}

}  // namespace hillock::study
