#include "lang/check_require.hpp"

#include "lang/prior.hpp"
#include "lang/words.hpp"

namespace hillock::lang {
namespace {

struct Interval {
  double low = 0.0, high = 0.0;
};

/// What a name has that ranges over [low, high] and is nothing else: the dimension of its ends. (Mistakes in them are
/// reported by `interval`.)
Value value_of_range(const Ast& ast, const Expr& low, const Expr& high) {
  const Resolve units_only = [](std::string_view, Extent) -> std::optional<Value> { return std::nullopt; };
  Problems unheard(ast.source);
  Checker quiet(ast, unheard);
  const Value a = quiet.check(low, units_only), b = quiet.check(high, units_only);
  return Value::of(a.known && !a.any_dimension   ? a.dimension
                   : b.known && !b.any_dimension ? b.dimension
                                                 : units::Dimension{});
}

class RequireCheck {
 public:
  RequireCheck(const Ast& ast, const Statement& statement, const Names& names, const Variation& variation,
               Checker& checker, Problems& problems)
      : ast_(ast),
        s_(statement),
        name_(ast.text(statement.name)),
        entity_(name_.empty() ? nullptr : names.find(name_)),
        names_(names),
        variation_(variation),
        checker_(checker),
        problems_(problems) {}

  RequiredRange check() {
    if (!name_.empty()) check_name();
    const Resolve running = while_running(names_, problems_);
    const Resolve resolve = [&](std::string_view wanted, Extent where) -> std::optional<Value> {
      if (!name_.empty() && wanted == name_ && entity_ == nullptr && name_ != "t") return out_.bound;
      return running(wanted, where);
    };
    std::optional<Value> shared;  // by all conditions: the interval's
    for (const RequiredItem& item : s_.items) {
      const Value value = checker_.check(item.expression, resolve);
      check_stands_still(item);
      if (!shared) {
        shared = value;
        const Interval inside = interval(s_.low, s_.high, value, "interval", true);
        out_.low = inside.low;
        out_.high = inside.high;
      } else if (value.known && shared->known && !value.any_dimension && !shared->any_dimension &&
                 value.dimension != shared->dimension) {
        problems_.add("unit-mismatch",
                      "the conditions share an interval: the first is " + units::describe(shared->dimension) +
                          ", this is " + units::describe(value.dimension),
                      item.at, "a 'require' of its own");
      }
    }
    return out_;
  }

 private:
  const Ast& ast_;
  const Statement& s_;
  const std::string_view name_;  // what ranges
  const Entity* const entity_;   // where that is a name of the model
  const Names& names_;
  const Variation& variation_;
  Checker& checker_;
  Problems& problems_;
  std::uint32_t may_vary_ = Varies::nothing;  // in the conditions
  RequiredRange out_;

  /// What ranges, and from where to where.
  void check_name() {
    Value bound = Value::unknown();
    if (entity_ != nullptr) {
      bound = entity_->value;
      if (entity_->role == Role::state || entity_->role == Role::input) {
        may_vary_ = static_cast<std::uint32_t>(entity_ - names_.entities.data());
      } else if (entity_->role != Role::broken) {
        problems_.add("require-range",
                      quoted(name_) + " is " + std::string(role_text(entity_->role)) +
                          ": what ranges is an input, a state or 't'",
                      s_.name);
        bound = Value::unknown();
      }
    } else if (name_ == "t") {
      bound = Value::of(units::find_unit("second")->dimension);
      may_vary_ = Varies::time;
    } else if (const std::string why = why_illegal(name_, ast_.brian); !why.empty()) {
      problems_.add("illegal-name", why + " and cannot name what ranges", s_.name);
    } else {
      bound = value_of_range(ast_, s_.from, s_.to);
    }
    const Interval over = interval(s_.from, s_.to, bound, "range of " + quoted(name_), false);
    out_.from = over.low;
    out_.to = over.high;
    out_.bound = bound;
  }

  void check_stands_still(const RequiredItem& item) {
    const std::uint32_t other = variation_.of(item.expression).other_than(may_vary_);
    if (other == Varies::nothing) return;
    const std::string varying = variation_.name(other);
    problems_.add("require-open", "the condition depends on " + quoted(varying) + ", which has no value here", item.at,
                  name_.empty() ? "add 'for " + varying + " in [from, to]'" : "only one name can range");
  }

  /// [low, high] as numbers of the dimension of `wanted`.
  Interval interval(const Expr& low, const Expr& high, const Value& wanted, const std::string& what,
                    bool may_be_infinite) {
    if (!wanted.known) return {};
    const units::Dimension dimension = wanted.any_dimension ? units::Dimension{} : wanted.dimension;
    const auto a =
        check_number(ast_, low, dimension, "the lower end of the " + what, checker_, problems_, may_be_infinite);
    const auto b =
        check_number(ast_, high, dimension, "the upper end of the " + what, checker_, problems_, may_be_infinite);
    if (!a || !b) return {};
    if (!(*a < *b)) {
      problems_.add("empty-interval", "the lower end of the " + what + " must be below the upper one",
                    join(ast_.nodes[low.root].at, ast_.nodes[high.root].at), *a > *b ? "swap them" : "");
      return {};
    }
    return {*a, *b};
  }
};

}  // namespace

RequiredRange check_require(const Ast& ast, const Statement& statement, const Names& names, const Variation& variation,
                            Checker& checker, Problems& problems) {
  return RequireCheck(ast, statement, names, variation, checker, problems).check();
}

}  // namespace hillock::lang
