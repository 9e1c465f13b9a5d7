#include <array>

#include "ir/passes/narrow.hpp"
#include "ir/passes/pass.hpp"
#include "ir/passes/take_ahead.hpp"

namespace hillock::ir {
namespace {

bool in_single(const Program& program) { return !program.singles.empty(); }

constexpr std::array table{
    Pass{"merge_divisions", "a/exprel(x) and a/(b/c) by one division.", true, false, nullptr, merge_divisions},
    Pass{"hoist_reciprocals", "A division by what changes less often is a product with its reciprocal.", true, true,
         nullptr, hoist_reciprocals},
    Pass{"share_exponentials", "Exponentials of one moving quantity from one of them.", true, false, nullptr,
         share_exponentials},
    Pass{"divide_by_exponentials", "Of singles: x/(exp(x) - 1) by a division that can be shared.", true, false,
         in_single, divide_by_exponentials},
    Pass{"share_reciprocals", "Divisions by one number are products with its reciprocal.", true, false, nullptr,
         share_reciprocals},
    Pass{"share_divisions", "One division for those that can begin together.", true, false, nullptr, share_divisions},
    Pass{"collect_terms", "Factors and offsets that stand still, each in one number.", true, false, nullptr,
         collect_terms},
    Pass{"take_exponentials_ahead", "Exponentials of a state as soon as it is known, for the next row.", true, false,
         nullptr, take_exponentials_ahead},
    Pass{"narrow", "What is kept in single precision is computed in it.", false, true, in_single, narrow},
    Pass{"contract", "Products that sums read are fused with them.", true, true, nullptr, contract},
    Pass{"lower_functions", "Library functions become primitives.", false, false, nullptr, lower_functions},
};

}  // namespace

std::span<const Pass> passes() { return table; }

}  // namespace hillock::ir
