#pragma once
/// What features of spikes have in common.

#include "features/feature.hpp"

namespace hillock::features {

/// The number of spikes in the window.
[[nodiscard]] ir::NodeId counted_spikes(Stream& stream);
/// A reading that takes so many spikes.
[[nodiscard]] Reading at_least(Stream& stream, ir::NodeId value, double spikes);
/// Times of the first and of the last spike in the window.
[[nodiscard]] ir::NodeId first_spike(Stream& stream);
[[nodiscard]] ir::NodeId last_spike(Stream& stream);

}  // namespace hillock::features
