#include "study/parameter_space.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ir/derive.hpp"
#include "ir/interpret.hpp"

namespace hillock::study {
namespace {

/// The expressions of a conditional prior and their derivatives, op by op over columns of rows.
class PriorArguments final : public prob::ArgumentFunction {
 public:
  /// `given`: the symbols of the parameters that the expressions read, in the order of the columns.
  PriorArguments(const ir::Model& model, const ir::PriorSpec& prior, std::span<const ir::SymbolId> given) {
    std::vector<ir::NodeId> roots;
    for (const ir::PriorSpec::Argument& argument : prior.expressions) roots.push_back(argument.value);
    ir::Graph graph;
    roots = ir::simplify(model.graph, roots, graph);
    ir::Algebra algebra(graph);
    std::vector<ir::NodeId> leaves;
    for (const ir::SymbolId id : given) leaves.push_back(graph.symbol(id));
    std::vector<ir::NodeId> slopes;
    for (const ir::NodeId root : roots)
      for (const ir::NodeId slope : ir::gradient(algebra, root, leaves)) slopes.push_back(slope);
    values_ = {graph, given, roots};
    slopes_ = {graph, given, slopes};
  }

  void evaluate(std::size_t rows, std::span<const double> given, std::span<double> arguments,
                std::span<double> slopes) const override {
    values_.run(rows, given, arguments);
    if (!slopes.empty()) slopes_.run(rows, given, slopes);
  }

 private:
  class Columns {
   public:
    Columns() = default;
    Columns(const ir::Graph& graph, std::span<const ir::SymbolId> given, std::span<const ir::NodeId> roots) {
      std::vector<std::uint32_t> place(graph.size());
      for (const ir::NodeId id : ir::reachable(graph, roots)) {
        const ir::Node& node = graph[id];
        Step step{node.op, {0, 0, 0}, 0, node.value};
        for (std::size_t k = 0; k < 3 && node.args[k] != ir::no_node; ++k)
          step.args[k] = place[ir::index(node.args[k])];
        if (node.op == ir::Op::symbol)
          step.column = static_cast<std::uint32_t>(std::ranges::find(given, node.symbol) - given.begin());
        place[ir::index(id)] = static_cast<std::uint32_t>(steps_.size());
        steps_.push_back(step);
      }
      for (const ir::NodeId root : roots) roots_.push_back(place[ir::index(root)]);
    }

    /// out: root k of row r is out[k*rows + r].
    void run(std::size_t rows, std::span<const double> given, std::span<double> out) const {
      std::vector<double> values(steps_.size() * rows);
      for (std::size_t s = 0; s < steps_.size(); ++s) {
        const Step& step = steps_[s];
        double* to = values.data() + s * rows;
        const double* a = values.data() + step.args[0] * rows;
        const double* b = values.data() + step.args[1] * rows;
        const double* c = values.data() + step.args[2] * rows;
        switch (step.op) {
          case ir::Op::constant: std::fill(to, to + rows, step.value); break;
          case ir::Op::symbol: std::copy_n(given.data() + step.column * rows, rows, to); break;
          case ir::Op::add:
            for (std::size_t r = 0; r < rows; ++r) to[r] = a[r] + b[r];
            break;
          case ir::Op::sub:
            for (std::size_t r = 0; r < rows; ++r) to[r] = a[r] - b[r];
            break;
          case ir::Op::mul:
            for (std::size_t r = 0; r < rows; ++r) to[r] = a[r] * b[r];
            break;
          case ir::Op::div:
            for (std::size_t r = 0; r < rows; ++r) to[r] = a[r] / b[r];
            break;
          default:
            for (std::size_t r = 0; r < rows; ++r) to[r] = ir::apply(step.op, a[r], b[r], c[r]);
        }
      }
      for (std::size_t k = 0; k < roots_.size(); ++k)
        std::copy_n(values.data() + roots_[k] * rows, rows, out.data() + k * rows);
    }

   private:
    struct Step {
      ir::Op op;
      std::uint32_t args[3];
      std::uint32_t column;
      double value;
    };
    std::vector<Step> steps_;
    std::vector<std::uint32_t> roots_;
  };
  Columns values_, slopes_;
};

prob::Family family_called(std::string_view name) {
  const std::vector<std::string>& names = prob::family_names();
  const auto at = std::ranges::find(names, name);
  HILLOCK_CHECK(at != names.end(), "a conditional prior of a family that prob does not have");
  return static_cast<prob::Family>(at - names.begin());
}

}  // namespace

Result<prob::Entry> prior_of(const ir::Model& model, std::size_t parameter) {
  const auto& prior = model.parameters[parameter].prior;
  HILLOCK_CHECK(prior.has_value(), "a parameter came through without a prior");
  if (!prior->conditional()) {
    auto fixed =
        prob::Prior::make(prior->family, prior->arguments, model.symbol(model.parameters[parameter].symbol).name);
    if (!fixed) return fail(std::move(fixed.error()));
    return prob::Entry(std::move(*fixed));
  }
  prob::Conditional out;
  out.family = family_called(prior->family);
  std::vector<ir::SymbolId> symbols;
  for (std::size_t i = 0; i < model.parameters.size(); ++i)
    if (std::ranges::find(prior->given, model.parameters[i].symbol) != prior->given.end()) {
      out.given.push_back(i);
      symbols.push_back(model.parameters[i].symbol);
    }
  out.arguments = std::make_shared<PriorArguments>(model, *prior, symbols);
  return prob::Entry(std::move(out));
}

Result<prob::ParameterSpace> parameter_space(const ir::Model& model) {
  Errors errors;
  std::vector<std::string> names;
  std::vector<prob::Entry> priors;
  for (std::size_t i = 0; i < model.parameters.size(); ++i) {
    auto prior = prior_of(model, i);
    if (!prior) {
      errors.insert(errors.end(), prior.error().begin(), prior.error().end());
      continue;
    }
    names.push_back(model.symbol(model.parameters[i].symbol).name);
    priors.push_back(std::move(*prior));
  }
  if (!errors.empty()) return fail(std::move(errors));
  return prob::ParameterSpace::make_joint(std::move(names), std::move(priors));
}

Error no_prior_here(const ir::Model& model, std::size_t parameter, const std::string& where) {
  const ir::PriorSpec& prior = *model.parameters[parameter].prior;
  std::string read;
  for (const ir::SymbolId id : prior.given) read += (read.empty() ? "" : " and ") + model.symbol(id).name;
  return {"prior-not-positive",
          fmt::format("the prior {} of {} has no meaning at these values of {}", prior.text,
                      model.symbol(model.parameters[parameter].symbol).name, read),
          prior.span, where, fmt::format("other values of {}, or one for the parameter itself", read)};
}

}  // namespace hillock::study
