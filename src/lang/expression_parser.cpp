#include "lang/expression_parser.hpp"

#include <charconv>

#include "lang/limits.hpp"
#include "lang/words.hpp"
#include "units/unit.hpp"
#include "units/unit_parser.hpp"

namespace hillock::lang {
namespace {

using Kind = TokenKind;

// Levels of binding, weakest first: or, and, not, comparison, + -, * / // %, sign, **.
enum Level : int { level_or = 1, level_and, level_not, level_compare, level_add, level_multiply, level_sign };

struct Infix {
  Operator op = Operator::none;
  int level = 0;
};

Infix infix(Kind kind, std::string_view word) {
  using enum Operator;
  switch (kind) {
    case Kind::plus: return {add, level_add};
    case Kind::minus: return {sub, level_add};
    case Kind::star: return {mul, level_multiply};
    case Kind::slash: return {div, level_multiply};
    case Kind::double_slash: return {floordiv, level_multiply};
    case Kind::percent: return {mod, level_multiply};
    case Kind::less: return {less, level_compare};
    case Kind::less_equal: return {less_equal, level_compare};
    case Kind::greater: return {greater, level_compare};
    case Kind::greater_equal: return {greater_equal, level_compare};
    case Kind::equal_equal: return {equal, level_compare};
    case Kind::not_equal: return {not_equal, level_compare};
    case Kind::name:
      if (word == "and") return {both, level_and};
      if (word == "or") return {either, level_or};
      return {};
    default: return {};
  }
}

constexpr const char* raise_in_parentheses = "put parentheses around what is raised: '(5*mV)**2'";
constexpr const char* name_parts = "name parts of it: 'x = ... : unit'";

}  // namespace

class ExpressionParser::Deeper {
 public:
  explicit Deeper(ExpressionParser& parser) : parser_(parser) {
    if (parser_.depth_ >= max_nesting)
      parser_.tokens_.give_up("too-deep", "more than 200 expressions within each other", parser_.tokens_.here().at,
                              name_parts);
    ++parser_.depth_;
  }
  ~Deeper() { --parser_.depth_; }
  Deeper(const Deeper&) = delete;
  Deeper& operator=(const Deeper&) = delete;

 private:
  ExpressionParser& parser_;
};

template <class Item>
void ExpressionParser::list(Extent opened, std::initializer_list<Kind> no_item, const Item& item) {
  tokens_.ignore_newlines();
  if (!tokens_.at(Kind::close)) {
    do {
      item();
    } while (tokens_.accept(Kind::comma));
    if (!tokens_.at(Kind::close)) {
      if (tokens_.at_any(no_item)) tokens_.unclosed(opened);
      tokens_.after_value("',' or ')'");
    }
  }
  tokens_.heed_newlines();
  tokens_.take();
}

Expr ExpressionParser::expression() {
  first_node_ = static_cast<std::uint32_t>(ast_.nodes.size());
  const Part part = binary(level_or);
  return {first_node_, part.node};
}

Distribution ExpressionParser::distribution() {
  Distribution out;
  out.family = tokens_.want_name("the name of a distribution after '~'");
  out.at = out.family;
  if (!tokens_.at(Kind::open)) tokens_.expected("'(' and the arguments of " + brief(ast_.text(out.family)));
  list(tokens_.take().at, {Kind::end_of_text, Kind::colon, Kind::semicolon, Kind::assign, Kind::tilde},
       [&] { out.arguments.push_back(expression()); });
  out.at.end = tokens_.last_end();
  return out;
}

// Nodes.

std::uint32_t ExpressionParser::emit(const ExprNode& node) {
  if (ast_.nodes.size() - first_node_ >= max_expression_nodes)
    tokens_.give_up("too-large", "an expression of more than 100000 parts", node.word, name_parts);
  ast_.nodes.push_back(node);
  return static_cast<std::uint32_t>(ast_.nodes.size() - 1);
}

ExpressionParser::Part ExpressionParser::combine(Operator op, Extent sign, Part left, Part right) {
  ExprNode node;
  node.kind = ExprNode::Kind::binary;
  node.op = op;
  node.a = left.node;
  node.b = right.node;
  node.at = join(left.at, right.at);
  node.word = sign;
  return {emit(node), node.at};
}

ExpressionParser::Part ExpressionParser::prefix(Operator op, Extent word_at, Part operand) {
  ExprNode node;
  node.kind = ExprNode::Kind::unary;
  node.op = op;
  node.a = operand.node;
  node.at = join(word_at, operand.at);
  node.word = word_at;
  return {emit(node), node.at};
}

// Operators.

ExpressionParser::Part ExpressionParser::binary(int least) {
  const Deeper deeper(*this);
  Part left = sign(least);
  bool compared = false;
  while (true) {
    const Infix next = infix(tokens_.here().kind, tokens_.word(tokens_.here()));
    if (next.op == Operator::none || next.level < least) return left;
    if (next.level == level_compare && compared)
      tokens_.give_up("syntax", "comparisons cannot be chained", tokens_.here().at,
                      "join two with 'and': 'a < b and b < c'");
    compared = next.level == level_compare;
    const Extent operator_at = tokens_.take().at;
    tokens_.skip_newlines();  // a line may end with an operator
    left = combine(next.op, operator_at, left, binary(next.level + 1));
  }
}

/// A value with the signs or `not` before it, and the powers after it.
ExpressionParser::Part ExpressionParser::sign(int least) {
  if (tokens_.at_word("not")) {
    const Extent at_not = tokens_.take().at;
    if (least > level_not)
      tokens_.give_up("syntax", "'not' after an operator", at_not, "put parentheses around 'not ...'");
    tokens_.skip_newlines();
    return prefix(Operator::negation, at_not, binary(level_not));
  }
  if (tokens_.at_any({Kind::minus, Kind::plus})) {
    const Deeper deeper(*this);
    const Operator op = tokens_.at(Kind::minus) ? Operator::negative : Operator::positive;
    const Extent at_sign = tokens_.take().at;
    tokens_.skip_newlines();
    return prefix(op, at_sign, sign(level_sign));
  }
  const bool quantity_first = tokens_.at(Kind::number);
  const Part base = primary();
  if (!tokens_.at(Kind::double_star)) return base;
  if (quantity_first && ast_.nodes[base.node].kind == ExprNode::Kind::quantity)
    tokens_.give_up("syntax", "a power of a number with its unit", tokens_.here().at, raise_in_parentheses);
  const Deeper deeper(*this);
  const Extent at_power = tokens_.take().at;
  tokens_.skip_newlines();
  return combine(Operator::power, at_power, base, sign(level_sign));
}

// Values.

ExpressionParser::Part ExpressionParser::primary() {
  const Token token = tokens_.here();
  ExprNode node;
  node.at = token.at;
  node.word = token.at;
  if (token.kind == Kind::number) return number(node);
  if (token.kind == Kind::open) return parenthesised();
  if (token.kind != Kind::name) {
    if (token.kind == Kind::open_bracket) tokens_.expected("a value", "there are no lists in expressions");
    if (token.kind == Kind::close && tokens_.last_is(Kind::open))
      tokens_.give_up("syntax", "empty parentheses", token.at);
    tokens_.expected("a value");
  }
  const std::string_view name = tokens_.word(token);
  if (name == "True" || name == "False") {
    tokens_.take();
    node.kind = ExprNode::Kind::boolean;
    node.value = name == "True" ? 1.0 : 0.0;
    return {emit(node), node.at};
  }
  if (name == "if" || name == "lambda" || name == "else")
    tokens_.give_up("syntax", "there is no '" + std::string(name) + "' in expressions", token.at,
                    name == "lambda" ? "name it otherwise, for example 'lambda_'"
                                     : "multiply by the condition: 'a*(v > b) + c*(v <= b)'");
  if (is_python_keyword(name)) tokens_.expected("a value");
  tokens_.take();
  if (tokens_.at(Kind::open)) return call(node);
  node.kind = ExprNode::Kind::name;
  return {emit(node), node.at};
}

ExpressionParser::Part ExpressionParser::parenthesised() {
  const Extent opened = tokens_.take().at;
  const Deeper deeper(*this);
  tokens_.ignore_newlines();
  const Part inner = binary(level_or);
  if (!tokens_.at(Kind::close)) {
    if (tokens_.at(Kind::comma))
      tokens_.give_up("syntax", "a ',' in parentheses that belong to no function", tokens_.here().at,
                      "write the decimal point as '.'");
    if (tokens_.at_any({Kind::colon, Kind::end_of_text, Kind::semicolon, Kind::assign})) tokens_.unclosed(opened);
    tokens_.after_value("an operator or ')'");
  }
  tokens_.heed_newlines();
  tokens_.take();
  return {inner.node, {opened.begin, tokens_.last_end()}};
}

ExpressionParser::Part ExpressionParser::call(ExprNode node) {
  const Extent opened = tokens_.take().at;
  const Deeper deeper(*this);
  std::vector<std::uint32_t> arguments;
  list(opened, {Kind::colon, Kind::end_of_text, Kind::semicolon}, [&] { arguments.push_back(binary(level_or).node); });
  node.kind = ExprNode::Kind::call;
  node.a = static_cast<std::uint32_t>(ast_.arguments.size());
  node.b = static_cast<std::uint32_t>(arguments.size());
  node.at.end = tokens_.last_end();
  ast_.arguments.insert(ast_.arguments.end(), arguments.begin(), arguments.end());
  return {emit(node), node.at};
}

// Numbers, with their unit where one follows.

ExpressionParser::Part ExpressionParser::number(ExprNode node) {
  node.kind = ExprNode::Kind::number;
  node.value = number_value(tokens_.take());
  const Token& next = tokens_.ahead(0);
  if (next.kind == Kind::name && !is_python_keyword(tokens_.word(next))) read_unit_of(node);
  return {emit(node), node.at};
}

double ExpressionParser::number_value(const Token& token) {
  const std::string_view text = tokens_.word(token);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range)
    tokens_.give_up("number-range", "the number " + std::string(text) + " is beyond the range of double precision",
                    token.at);
  if (error != std::errc{} || end != text.data() + text.size())
    tokens_.give_up("syntax", "'" + std::string(text) + "' is not a number", token.at);
  return value;
}

/// `5 mV`, `10 um**2`: the unit that follows a number in the same line.
void ExpressionParser::read_unit_of(ExprNode& node) {
  const std::string_view unit = tokens_.word(tokens_.here());
  if (units::find_unit(unit) == nullptr) {
    const std::string number(tokens_.word(*tokens_.last()));
    const std::string nearest_unit = problems_.room() ? units::suggest_unit(unit) : "";
    std::string hint = "'" + number + "*" + std::string(unit.substr(0, 40)) + "' for a product";
    if (!nearest_unit.empty()) hint += ", '" + number + " " + nearest_unit + "' for a quantity";
    tokens_.give_up("syntax", "an operator is missing between '" + number + "' and " + brief(unit), tokens_.here().at,
                    hint);
  }
  node.kind = ExprNode::Kind::quantity;
  node.word = tokens_.take().at;
  if (tokens_.ahead(0).kind == Kind::double_star) {
    const bool has_sign = tokens_.ahead(1).kind == Kind::minus || tokens_.ahead(1).kind == Kind::plus;
    if (tokens_.ahead(has_sign ? 2 : 1).kind != Kind::number)
      tokens_.give_up("syntax", "the power of a unit must be a number", tokens_.ahead(1).at, raise_in_parentheses);
    tokens_.take();
    if (has_sign) tokens_.take();
    node.word.end = tokens_.take().at.end;
  }
  node.at.end = node.word.end;
}

}  // namespace hillock::lang
