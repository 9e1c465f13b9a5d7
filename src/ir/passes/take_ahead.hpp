#pragma once
/// Exponentials of one state, computed as soon as that state is known.
///
/// The rates of a channel wait for an exponential of the voltage, then for a division, then for a polynomial; the
/// voltage waits for none of these. So exp(f(v)) of the new v is computed at the end of the row before and carried: the
/// row's divisions begin at once, and what follows them runs beside the next exponential. The same operations, the same
/// bits.

#include "ir/program.hpp"

namespace hillock::ir {

/// Adds a carried variable for each exponential that every row needs and that depends on one state and on what stands
/// still. Programs with steps of their own, or that go backwards over a tape, stay as they are.
void take_exponentials_ahead(Program& program);

}  // namespace hillock::ir
