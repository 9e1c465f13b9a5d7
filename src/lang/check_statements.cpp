#include "lang/check_statements.hpp"

#include <algorithm>
#include <cmath>

#include "lang/conditional_prior.hpp"
#include "lang/flags.hpp"
#include "lang/prior.hpp"
#include "lang/words.hpp"

namespace hillock::lang {
namespace {

using Kind = Statement::Kind;

/// While it lives, expressions may hold noise, or random numbers.
class Allowed {
 public:
  explicit Allowed(bool& what) : what_(what) { what_ = true; }
  ~Allowed() { what_ = false; }
  Allowed(const Allowed&) = delete;
  Allowed& operator=(const Allowed&) = delete;

 private:
  bool& what_;
};

class StatementCheck {
 public:
  StatementCheck(const Ast& ast, const Names& names, const Variation& variation, Checker& checker, Problems& problems)
      : ast_(ast),
        names_(names),
        variation_(variation),
        checker_(checker),
        problems_(problems),
        running_(while_running(names, problems)) {}

  Findings take() {
    for (std::uint32_t i = 0; i < ast_.statements.size(); ++i)
      if (!ast_.statements[i].broken) check_statement(i);
    check_values_given();
    return std::move(findings_);
  }

 private:
  const Ast& ast_;
  const Names& names_;
  const Variation& variation_;
  Checker& checker_;
  Problems& problems_;
  const Resolve running_;
  Findings findings_;
  const units::Dimension second_ = units::find_unit("second")->dimension;
  bool has_threshold_ = false, has_refractory_ = false;

  [[nodiscard]] std::string_view text(Extent at) const { return ast_.text(at); }
  [[nodiscard]] Extent at(const Expr& expr) const { return ast_.nodes[expr.root].at; }
  Value check(const Expr& expr) { return checker_.check(expr, running_); }
  Value check(const Expr& expr, const units::Dimension& wanted, const std::string& what) {
    return checker_.check(expr, running_, wanted, what);
  }

  void check_statement(std::uint32_t index) {
    const Statement& s = ast_.statements[index];
    switch (s.kind) {
      case Kind::ode: return check_ode(s);
      case Kind::definition: return check_definition(s);
      case Kind::param: return check_param(index);
      case Kind::init: return check_init(s);
      case Kind::observe: return check_observe(index);
      case Kind::require:
        findings_.ranges[index] = check_require(ast_, s, names_, variation_, checker_, problems_);
        return;
      case Kind::threshold: return check_threshold(s);
      case Kind::refractory: return check_refractory(s);
      case Kind::event: return check_event(index);
      case Kind::reset: check_assignments(s, "reset"); return without_threshold(s, "a reset");
      case Kind::on: return check_on(s);
      case Kind::declaration:
      case Kind::dialect:
      case Kind::constant:
      case Kind::table:
      case Kind::input: return;  // names, units, constants and tables are done
    }
  }

  void check_ode(const Statement& s) {
    const WrittenUnit unit = names_.unit_of(ast_, s);
    const std::string name(text(s.name));
    const Allowed noise(checker_.noise_allowed);
    if (!unit.unit) {
      check(s.value);
      return;
    }
    const units::Dimension wanted = unit.unit->dimension / second_;
    checker_.check(s.value, running_, wanted, "the right side of 'd" + name + "/dt'", [&] {
      return "'d" + name + "/dt = ... : " + unit.unit->name + "' needs a right side in " + units::describe(wanted);
    });
  }

  void check_definition(const Statement& s) {
    const WrittenUnit unit = names_.unit_of(ast_, s);
    const std::string what = quoted(text(s.name));
    const Allowed allowed(has_flag(ast_, s, "constant over dt") ? checker_.random_allowed : checker_.noise_allowed);
    if (!unit.unit) {
      check(s.value);
    } else if (unit.boolean) {
      checker_.check_condition(s.value, running_, what);
    } else {
      const Value value = check(s.value, unit.unit->dimension, what);
      if (value.known && unit.whole && !value.whole)
        problems_.add("type-mismatch", what + " is an integer, but its expression is none by its form", at(s.value),
                      "'int(...)'");
    }
  }

  void check_param(std::uint32_t index) {
    const Statement& s = ast_.statements[index];
    const WrittenUnit unit = names_.unit_of(ast_, s);
    const std::string what = "the default of " + quoted(text(s.name));
    std::optional<double> value;
    if (!unit.unit) {  // reported
      if (s.distribution) (void)check_prior(ast_, *s.distribution, nullptr, {}, checker_, problems_);
      return;
    }
    if (s.value.given()) {
      value = check_number(ast_, s.value, unit.unit->dimension, what, checker_, problems_);
      if (value) findings_.defaults[index] = *value;
    }
    if (!s.distribution) return;
    auto prior = check_prior(ast_, *s.distribution, &unit.unit->dimension,
                             names_in_prior(ast_, names_, index, problems_), checker_, problems_);
    if (!prior) return;
    if (value && !in_support(*prior, *value))
      problems_.add("default-outside-prior", what + " is impossible under its prior", at(s.value),
                    "widen the prior, or move the default into it");
    findings_.priors[index] = std::move(*prior);
  }

  void check_init(const Statement& s) {
    const std::string_view name = text(s.name);
    const Entity* entity = names_.find(name);
    const Allowed random(checker_.random_allowed);
    if (entity == nullptr) {
      const std::string near = problems_.room() ? nearest(name, names_.to_suggest(Role::state)) : "";
      problems_.add("unknown-name", "there is no state " + quoted(name), s.name, near.empty() ? "" : "'" + near + "'");
      check(s.value);
    } else if (entity->role != Role::state) {
      if (entity->role != Role::broken)
        problems_.add(
            "init-of-no-state",
            quoted(name) + " is " + std::string(role_text(entity->role)) + ": only states have initial values", s.name,
            "states are defined by 'd" + std::string(name) + "/dt = ...'");
      check(s.value);
    } else if (entity->value.known && entity->value.boolean) {
      checker_.check_condition(s.value, running_, "the initial value of " + quoted(name));
    } else if (entity->value.known) {
      check(s.value, entity->value.dimension, "the initial value of " + quoted(name));
    } else {
      check(s.value);
    }
  }

  // Observations.

  void check_observe(std::uint32_t index) {
    const Statement& s = ast_.statements[index];
    const Entity* entity = names_.find(text(s.name));
    check_channel(index, entity);
    if (!check_noise_form(*s.distribution)) {
      for (const Expr& argument : s.distribution->arguments) check(argument);
      return;
    }
    check_noise(index, entity);
  }

  /// Whether the name of an observation is free or something that can be observed (then `entity`).
  void check_channel(std::uint32_t index, const Entity* entity) {
    const Statement& s = ast_.statements[index];
    const std::string_view channel = text(s.name);
    const std::uint32_t first = names_.channels.at(channel);
    if (first != index)
      problems_.add("duplicate",
                    quoted(channel) + " is observed twice, first in " + line_of(ast_, ast_.statements[first].at),
                    s.name, "delete one");
    if (entity == nullptr) {
      if (const std::string why = why_illegal(channel, ast_.brian); !why.empty())
        problems_.add("illegal-name", why + " and cannot name a channel", s.name);
    } else if (entity->role != Role::state && entity->role != Role::definition && entity->role != Role::broken) {
      problems_.add("observe-of-no-result",
                    quoted(channel) + " is " + std::string(role_text(entity->role)) +
                        ": what is observed is a state, a sub-expression or a new name",
                    s.name);
    }
  }

  /// Is this a noise that there is, with as many arguments as it takes?
  bool check_noise_form(const Distribution& noise) {
    const std::string family(text(noise.family));
    const ir::NoiseInfo* row = ir::find_noise(family);
    if (row == nullptr) {
      std::vector<std::string> names;
      std::string forms;
      for (const ir::NoiseInfo& each : ir::noise_families()) {
        names.emplace_back(each.name);
        forms += (forms.empty() ? "'" : ", '") + std::string(each.form) + "'";
      }
      const std::string near = nearest(family, names);
      problems_.add("noise-family", "there is no noise " + quoted(family), noise.family,
                    near.empty() ? forms : "'" + near + "'");
      return false;
    }
    if (noise.arguments.size() != row->arguments) {
      problems_.add("argument-count",
                    "the noise " + quoted(family) + " takes " + std::to_string(row->arguments) +
                        (row->arguments == 1 ? " argument, found " : " arguments, found ") +
                        std::to_string(noise.arguments.size()),
                    noise.at, "'" + std::string(row->form) + "'");
      return false;
    }
    return true;
  }

  void check_noise(std::uint32_t index, const Entity* entity) {
    const Statement& s = ast_.statements[index];
    const std::string channel = quoted(text(s.name));
    const std::vector<Expr>& arguments = s.distribution->arguments;
    const bool has_unit = entity != nullptr && entity->value.known;
    const ir::NoiseInfo& family = *ir::find_noise(text(s.distribution->family));
    if (family.counts) return check_counts(index, entity, family);
    if (family.family == ir::NoiseFamily::lognormal) return check_lognormal(index, entity);
    Value mean =
        has_unit ? check(arguments[0], entity->value.dimension, "the mean of " + channel) : check(arguments[0]);
    if (has_unit) mean = entity->value;
    const std::string sd_name = "the sd of " + channel;
    const Value sd =
        mean.known && !mean.any_dimension ? check(arguments[1], mean.dimension, sd_name) : check(arguments[1]);
    findings_.observed_units[index] =
        has_unit ? entity->unit : unit_of_channel(arguments[1], !mean.any_dimension ? mean.dimension : sd.dimension);
    check_positive(sd, sd_name, arguments[1]);
    if (arguments.size() < 3) return;
    const std::string tau_name = "the correlation time of " + channel;
    check_positive(check(arguments[2], second_, tau_name), tau_name, arguments[2]);
    check_stationary(sd_name, arguments[1]);
    check_stationary(tau_name, arguments[2]);
  }

  void check_lognormal(std::uint32_t index, const Entity* entity) {
    const Statement& s = ast_.statements[index];
    const std::string channel = quoted(text(s.name));
    const std::vector<Expr>& arguments = s.distribution->arguments;
    const std::string median_name = "the median of " + channel;
    const bool has_unit = entity != nullptr && entity->value.known;
    const Value median = has_unit ? check(arguments[0], entity->value.dimension, median_name) : check(arguments[0]);
    check_positive(median, median_name, arguments[0]);
    const std::string sd_name = "the sd of the log of " + channel;
    check_positive(check(arguments[1], units::Dimension{}, sd_name), sd_name, arguments[1]);
    findings_.observed_units[index] = has_unit ? entity->unit : unit_of_channel(arguments[0], median.dimension);
  }

  /// Of families whose numbers are whole: all is without a unit.
  void check_counts(std::uint32_t index, const Entity* entity, const ir::NoiseInfo& family) {
    const Statement& s = ast_.statements[index];
    const std::string channel = quoted(text(s.name));
    if (entity != nullptr && entity->value.known && entity->value.dimension != units::Dimension{})
      problems_.add("unit-mismatch",
                    channel + " is in " + units::describe(entity->value.dimension) + ", but what " +
                        quoted(family.name) + " gives is a pure number",
                    s.name, "a new name for what is counted");
    const std::vector<Expr>& arguments = s.distribution->arguments;
    const auto argument = [&](std::size_t i, const std::string& called, double high, bool whole) {
      const std::string what = "the " + called + " of " + channel;
      const Value value = check(arguments[i], units::Dimension{}, what);
      if (!value.known || !value.number) return;
      const double x = *value.number;
      const std::string range = whole ? "a whole number from 0 on" : high == 1.0 ? "from 0 to 1" : "at least 0";
      if (!(x >= 0.0 && x <= high && (!whole || x == std::floor(x))))
        problems_.add("noise-range", what + " must be " + range, at(arguments[i]));
    };
    switch (family.family) {
      case ir::NoiseFamily::binomial:
        argument(0, "number of trials", most_trials, true);
        argument(1, "probability", 1.0, false);
        break;
      case ir::NoiseFamily::bernoulli: argument(0, "probability", 1.0, false); break;
      default: argument(0, "mean", most_trials, false); break;
    }
    const bool has_unit = entity != nullptr && entity->value.known;
    findings_.observed_units[index] = has_unit ? entity->unit : units::display_unit(units::Dimension{});
  }

  static constexpr double most_trials = 9007199254740992.0;  // 2^53: every whole number up to it is a double

  /// For a channel whose name is new: the unit of its sd where that is a name, else one of that dimension.
  units::Unit unit_of_channel(const Expr& sd, const units::Dimension& dimension) {
    const ExprNode& node = ast_.nodes[sd.root];
    const Entity* entity = node.kind == ExprNode::Kind::name ? names_.find(text(node.word)) : nullptr;
    return entity != nullptr ? entity->unit : units::display_unit(dimension);
  }

  void check_positive(const Value& value, const std::string& what, const Expr& expr) {
    if (value.known && value.number && !(*value.number > 0.0))
      problems_.add("noise-not-positive", what + " must be above 0", at(expr));
  }

  void check_stationary(const std::string& what, const Expr& expr) {
    const std::uint32_t with = variation_.of(expr).first;
    if (with == Varies::nothing) return;
    problems_.add("noise-varies", what + " changes with " + quoted(variation_.name(with)) + ", but 'ar1' is stationary",
                  at(expr), "use parameters and constants only");
  }

  // Spikes and events.

  void check_threshold(const Statement& s) {
    const Allowed random(checker_.random_allowed);
    checker_.check_condition(s.value, running_, "a threshold");
    if (has_threshold_) problems_.add("duplicate", "a second threshold", s.at, "join the conditions with 'or'");
    has_threshold_ = true;
  }

  void check_refractory(const Statement& s) {
    const Allowed random(checker_.random_allowed);
    const Value value = check(s.value);
    if (value.known && !value.boolean && !value.any_dimension && value.dimension != second_)
      problems_.add("unit-mismatch",
                    "a refractory period must be second, or a condition, but is " + units::describe(value.dimension),
                    at(s.value));
    if (has_refractory_) problems_.add("duplicate", "a second refractory period", s.at, "delete one");
    has_refractory_ = true;
    without_threshold(s, "a refractory period");
  }

  void check_event(std::uint32_t index) {
    const Statement& s = ast_.statements[index];
    const std::string_view name = text(s.name);
    {
      const Allowed random(checker_.random_allowed);
      checker_.check_condition(s.value, running_, "the condition of an event");
    }
    if (name == "spike") problems_.add("illegal-name", "'spike' is what 'threshold' defines", s.name);
    else if (const std::string why = why_illegal(name, ast_.brian); !why.empty())
      problems_.add("illegal-name", why + " and cannot name an event", s.name);
    const auto first = std::ranges::find_if(ast_.statements, [&](const Statement& other) {
      return other.kind == Kind::event && !other.broken && text(other.name) == name;
    });
    if (&*first != &s)
      problems_.add("duplicate",
                    "the event " + quoted(name) + " is defined twice, first in " + line_of(ast_, first->at), s.name,
                    "rename one, or join the conditions with 'or'");
  }

  void check_on(const Statement& s) {
    std::vector<std::string> events;
    for (const Statement& other : ast_.statements)
      if (other.kind == Kind::event) events.emplace_back(text(other.name));
    const std::string name(text(s.name));
    if (std::ranges::find(events, name) == events.end()) {
      const std::string near = nearest(name, events);
      problems_.add("unknown-name", "there is no event " + quoted(name), s.name,
                    near.empty() ? "'event " + name + " condition' first" : "'" + near + "'");
    }
    check_assignments(s, "changed");
  }

  /// Of a reset or an event; `done` says what happens to the names.
  void check_assignments(const Statement& s, const std::string& done) {
    const Allowed random(checker_.random_allowed);
    std::unordered_map<std::string_view, Value> locals;  // names that the statement itself defines
    const Resolve resolve = [&](std::string_view name, Extent where) -> std::optional<Value> {
      if (const auto place = locals.find(name); place != locals.end()) return place->second;
      return running_(name, where);
    };
    for (const ResetAssignment& assignment : s.assignments) {
      const std::string_view name = text(assignment.name);
      const Entity* entity = names_.find(name);
      const bool keeps_unit = assignment.op != Operator::mul && assignment.op != Operator::div;
      Value target = Value::unknown();
      if (entity != nullptr) {
        target = entity->value;
        if (entity->role != Role::state && entity->role != Role::declared && entity->role != Role::broken) {
          problems_.add("assignment",
                        quoted(name) + " is " + std::string(role_text(entity->role)) + " and cannot be " + done,
                        assignment.name,
                        entity->role == Role::parameter || entity->role == Role::constant
                            ? "declare it as a variable, '" + std::string(name) + " : " + entity->unit.name +
                                  "': it then starts from that value"
                            : "");
          target = Value::unknown();
        } else if (entity->declaration) {
          for (const std::string_view flag : {"constant", "shared", "linked"})
            if (has_flag(ast_, ast_.statements[*entity->declaration], flag))
              problems_.add("assignment", quoted(name) + " is declared " + std::string(flag) + " and cannot be " + done,
                            assignment.name, "without that flag");
        }
      } else if (const auto place = locals.find(name); place != locals.end()) {
        target = place->second;
      } else if (assignment.op != Operator::none) {
        problems_.add("unknown-name", "there is no " + quoted(name) + " here", assignment.name);
      } else {
        if (const std::string why = why_illegal(name, ast_.brian); !why.empty())
          problems_.add("illegal-name", why + " and cannot name a variable", assignment.name);
        locals[name] = checker_.check(assignment.value, resolve);
        continue;
      }
      if (!target.known) checker_.check(assignment.value, resolve);
      else if (target.boolean && assignment.op == Operator::none)
        checker_.check_condition(assignment.value, resolve, "what " + quoted(name) + " is " + done + " with");
      else
        checker_.check(assignment.value, resolve, keeps_unit ? target.dimension : units::Dimension{},
                       "what " + quoted(name) + " is " + done + " with");
    }
  }

  /// A part of a spike in a model that has none.
  void without_threshold(const Statement& s, const std::string& what) {
    const auto is_threshold = [](const Statement& other) { return other.kind == Kind::threshold; };
    if (std::ranges::none_of(ast_.statements, is_threshold))
      problems_.add("no-threshold", what + " in a model that has no threshold", s.at, "threshold v > -50*mV");
  }

  // Names that no statement gives a value.

  void check_values_given() {
    for (const Entity& entity : names_.entities) {
      if (entity.declaration) check_linked(entity);
      if (entity.role != Role::declared) continue;
      const Statement& s = ast_.statements[entity.statement];
      if (s.broken) continue;
      const std::string name(entity.name);
      const std::string unit = entity.value.known ? entity.unit.name : "unit";
      problems_.add("no-value",
                    quoted(entity.name) + " is declared but gets no value (Brian 2 would take it from Python)", s.name,
                    "'param " + name + " : " + unit + " ~ prior' to fit it, 'const " + name +
                        " = value' to fix it, 'input " + name + " : " + unit + "' if it is recorded or commanded");
    }
  }

  /// What another group lends comes from outside.
  void check_linked(const Entity& entity) {
    const Statement& s = ast_.statements[*entity.declaration];
    if (!has_flag(ast_, s, "linked") || entity.role == Role::input || entity.role == Role::declared) return;
    problems_.add("misplaced-flag",
                  quoted(entity.name) + " is linked, so another group gives its value, but here it is " +
                      std::string(role_text(entity.role)),
                  s.name, "'input " + std::string(entity.name) + " : " + entity.unit.name + "', or without the flag");
  }
};

}  // namespace

Findings check_statements(const Ast& ast, const Names& names, const Variation& variation, Checker& checker,
                          Problems& problems) {
  return StatementCheck(ast, names, variation, checker, problems).take();
}

}  // namespace hillock::lang
