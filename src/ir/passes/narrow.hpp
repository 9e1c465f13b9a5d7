#pragma once
/// Programs in single precision, where that is safe: twice as many simulations in a register.
///
/// The precision of a number follows from what it is computed of.
///
///   * What depends on parameters and columns alone is computed in double and rounded where it meets a state.
///   * What depends on carried variables that are single (the states) is single.
///   * What depends on carried variables that are double (times of spikes, counts, sums of features) is double, also
///     where a state enters it, and rounded where a state is assigned from it.
///
/// A state x that grows by a little at each step, x + d, would lose what of d is below the last digit of x, and stand
/// still where all of it is: a gate with a time constant of 10^5 steps by a per cent. So what the sum rounds off is
/// carried as well (Kahan 1965, Comm. ACM 8:40), and added to the next d.

#include <span>
#include <vector>

#include "ir/program.hpp"

namespace hillock::ir {

/// Keeps these carried variables in single precision (Program::singles), with a compensation for each one whose
/// `advance` is, on every side of its choices, a sum of the variable and something else; x e + b is one where e = 1 +
/// a. Before `bind`; afterwards nothing may be differentiated.
void keep_in_single(Program& program, std::span<const std::uint32_t> carried);

/// Gives every node its precision. A pass of `bind`, before library functions are lowered.
void narrow(Program& program);

}  // namespace hillock::ir
