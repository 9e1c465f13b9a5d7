#pragma once
/// What features of spikes have in common.

#include "features/feature.hpp"

namespace hillock::features {

/// The number of spikes in the window.
[[nodiscard]] ir::NodeId counted_spikes(Stream& stream);
/// The simulation blew up: the last value in the window is no number. Counts and times do not show it by themselves.
[[nodiscard]] ir::NodeId failed(Stream& stream);
/// A reading that takes so many spikes.
[[nodiscard]] Reading at_least(Stream& stream, ir::NodeId value, double spikes);
/// The same of a reading that these spikes decide.
[[nodiscard]] Reading decided_by(Stream& stream, ir::NodeId value, double spikes);
/// Times of the first and of the last spike in the window.
[[nodiscard]] ir::NodeId first_spike(Stream& stream);
[[nodiscard]] ir::NodeId last_spike(Stream& stream);

}  // namespace hillock::features
