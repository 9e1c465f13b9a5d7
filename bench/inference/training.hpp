#pragma once
/// How fast the flows of the room nn learn, and the same networks in PyTorch (torch_peer.py), measured in turns.

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "table.hpp"

namespace hillock::bench {

/// Samples per second of CPU time of one core, medians of five rounds, for the masked autoregressive flow and the
/// autoregressive spline flow: "loop" (shuffled rows, gradient, clipping, Adam) and "forward_backward", ours and the
/// peer's. Checked first: slopes are those of finite differences, and both learn the same data equally well.
/// Ends the benchmark where a check fails. Without PyTorch the peer's numbers are null, and "peer" says why.
[[nodiscard]] nlohmann::json measure_training(const std::string& peer);

/// Rows and notes; `numbers` null: not measured.
void add_training(const nlohmann::json& numbers, Table& table);

}  // namespace hillock::bench
