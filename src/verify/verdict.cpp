#include "verify/verdict.hpp"

#include <cmath>

#include "base/error.hpp"

namespace hillock::verify {

std::string_view to_string(Status status) {
  switch (status) {
    case Status::invalid: return "invalid";
    case Status::unidentifiable: return "unidentifiable";
    case Status::misspecified: return "misspecified";
    case Status::consistent: return "consistent";
    case Status::supported: return "supported";
  }
  HILLOCK_CHECK(false, "a status without a name");
}

std::string_view to_string(HeldOut kind) {
  switch (kind) {
    case HeldOut::same_protocol: return "same_protocol";
    case HeldOut::other_protocol: return "other_protocol";
    case HeldOut::other_cell: return "other_cell";
  }
  HILLOCK_CHECK(false, "a kind of held-out data without a name");
}

bool was_predicted(const StatisticSummary& s) { return std::isfinite(s.predicted_undefined); }

bool fits(const StatisticSummary& s) {
  const bool observed = std::isfinite(s.observed);
  const bool too_often = s.predicted_undefined > 0.975;  // NaN: not known, not held against it
  const bool too_seldom = s.predicted_undefined < 0.025;
  return observed ? s.inside && !too_often : !too_seldom;
}

}  // namespace hillock::verify
