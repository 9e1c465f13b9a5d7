#pragma once
/// The derivative of a program's sum along one direction in its parameters, as a sum of the same kind: differentiated
/// in reverse (`adjoint`), it gives the second derivatives times the direction.
///
/// With x the carried variables and v the direction, x. = F_x x. + F_p v goes along with x' = F(x, p): one more number
/// for each carried variable that the parameters reach, whatever their number. The adjoint of both is as long as
/// the program twice over (Griewank & Walther 2008, section 3.6: second-order adjoints; here the adjoint of the
/// tangents, which by the symmetry of second derivatives is the tangent of the adjoint).

#include <span>

#include "ir/program.hpp"

namespace hillock::ir {

/// Adds the derivative of the carried variable `objective` along v, where v_k belongs to parameter with_respect_to[k]
/// and is the program's parameter first_direction + k (so they differ between lanes).
/// @return the carried variable that holds it
std::uint32_t add_direction(Program& program, std::uint32_t objective, std::span<const std::uint32_t> with_respect_to,
                            std::uint32_t first_direction);

}  // namespace hillock::ir
