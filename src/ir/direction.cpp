#include "ir/direction.hpp"

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "ir/dependence.hpp"
#include "ir/derive.hpp"

namespace hillock::ir {
namespace {

class Direction {
 public:
  Direction(Program& program, std::span<const std::uint32_t> with_respect_to, std::uint32_t first)
      : p_(program), al_(program.graph) {
    for (std::size_t k = 0; k < with_respect_to.size(); ++k) {
      parameters_.push_back(p_.parameter(with_respect_to[k]));
      along_.push_back(p_.parameter(first + static_cast<std::uint32_t>(k)));
    }
    const std::vector<bool> reached = reached_from(reads(p_), with_respect_to);
    tangents_.resize(p_.init.size());
    for (std::uint32_t c = 0; c < tangents_.size(); ++c)
      if (reached[c]) tangents_[c] = p_.carry(p_.carried_names[c] + " along", still(p_.init[c]));
  }

  void extend(std::vector<Assignment>& assignments) {
    const std::vector<Assignment> plain = assignments;
    for (const Assignment& a : plain)
      if (tangents_[a.carried]) assignments.push_back({*tangents_[a.carried], of(a.value)});
  }
  [[nodiscard]] std::optional<std::uint32_t> tangent(std::uint32_t carried) const { return tangents_[carried]; }

 private:
  /// Of a part that reads no carried variable.
  NodeId still(NodeId root) {
    const std::vector<NodeId> slopes = gradient(al_, root, parameters_);
    NodeId sum = al_.number(0.0);
    for (std::size_t k = 0; k < slopes.size(); ++k) sum = al_.add(sum, chained(al_, slopes[k], along_[k]));
    return sum;
  }

  NodeId of(NodeId root) {
    const std::vector<NodeId> parts = still_parts(p_, root, {});
    std::vector<NodeId> leaves;
    for (std::uint32_t c = 0; c < tangents_.size(); ++c)
      if (tangents_[c]) leaves.push_back(p_.carried(c));
    const std::size_t carried = leaves.size();
    leaves.insert(leaves.end(), parts.begin(), parts.end());
    const std::vector<NodeId> bars = gradient(al_, root, leaves);
    NodeId sum = al_.number(0.0);
    std::size_t at = 0;
    for (const auto& tangent : tangents_)
      if (tangent) sum = al_.add(sum, chained(al_, bars[at++], p_.carried(*tangent)));
    for (std::size_t i = 0; i < parts.size(); ++i) sum = al_.add(sum, chained(al_, bars[carried + i], still(parts[i])));
    return sum;
  }

  Program& p_;
  Algebra al_;
  std::vector<NodeId> parameters_, along_;
  std::vector<std::optional<std::uint32_t>> tangents_;
};

}  // namespace

std::uint32_t add_direction(Program& program, std::uint32_t objective, std::span<const std::uint32_t> with_respect_to,
                            std::uint32_t first_direction) {
  program.parameters =
      std::max(program.parameters, first_direction + static_cast<std::uint32_t>(with_respect_to.size()));
  Direction direction(program, with_respect_to, first_direction);
  direction.extend(program.observe);
  direction.extend(program.advance);
  const auto sum = direction.tangent(objective);
  return sum ? *sum : program.carry("along", program.graph.constant(0.0));
}

}  // namespace hillock::ir
