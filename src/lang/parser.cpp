#include "lang/parser.hpp"

#include <algorithm>
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

/// A statement is given up; its error is reported.
struct GiveUp {};

class Parser {
 public:
  Parser(Ast& ast, std::vector<Token> tokens, Problems& problems)
      : ast_(ast), tokens_(std::move(tokens)), problems_(problems) {}

  void statements() {
    while (true) {
      while (at(Kind::newline) || at(Kind::semicolon)) ++position_;
      if (at(Kind::end_of_text)) return;
      if (++attempts_ > max_statements) {
        problems_.add("too-large", "more than 200000 statements", here().at);
        return;
      }
      const std::size_t before = position_;
      current_ = {};
      current_.at = here().at;
      try {
        statement();
        current_.at.end = last_end();
        const bool flags_end_it = !current_.flags.empty();  // Brian 2 lets the next equation follow at once
        if (!flags_end_it && !at(Kind::newline) && !at(Kind::semicolon) && !at(Kind::end_of_text)) unexpected_end();
        ast_.statements.push_back(std::move(current_));
      } catch (const GiveUp&) {
        current_.broken = true;
        current_.at.end = last_end();
        if (!current_.name.empty()) ast_.statements.push_back(std::move(current_));
        const bool spans_lines = soft_ > 0;
        soft_ = 0;
        depth_ = 0;
        recover(before, spans_lines);
      }
    }
  }

  Expr lone_expression() {
    soft_ = 1;
    try {
      const Expr value = expression();
      if (!at(Kind::end_of_text)) after_value("the end of the expression");
      return value;
    } catch (const GiveUp&) {
      return {};
    }
  }

  std::optional<Distribution> lone_distribution() {
    soft_ = 1;
    try {
      Distribution value = distribution();
      if (!at(Kind::end_of_text)) expected("the end after ')'");
      return value;
    } catch (const GiveUp&) {
      return std::nullopt;
    }
  }

 private:
  Ast& ast_;
  std::vector<Token> tokens_;
  Problems& problems_;
  std::size_t position_ = 0;
  std::size_t consumed_ = 0;  // one past the last token taken
  int soft_ = 0;              // > 0: a newline is space
  int depth_ = 0;
  std::size_t attempts_ = 0;  // statements begun
  std::uint32_t first_node_ = 0;
  Statement current_;

  // Tokens.

  const Token& here() {
    if (soft_ > 0)
      while (tokens_[position_].kind == Kind::newline) ++position_;
    return tokens_[position_];
  }
  bool at(Kind kind) { return here().kind == kind; }
  [[nodiscard]] std::string_view word(const Token& token) const { return ast_.text(token.at); }
  bool at_word(std::string_view wanted) { return at(Kind::name) && word(here()) == wanted; }
  const Token& take() {
    here();
    consumed_ = position_ + 1;
    const Token& token = tokens_[position_];
    if (token.kind != Kind::end_of_text) ++position_;
    return token;
  }
  bool accept(Kind kind) {
    if (!at(kind)) return false;
    take();
    return true;
  }
  /// The token after the current one, newlines not skipped.
  [[nodiscard]] const Token& ahead(std::size_t n = 1) const {
    return tokens_[std::min(position_ + n, tokens_.size() - 1)];
  }
  [[nodiscard]] std::uint32_t last_end() const { return consumed_ == 0 ? 0 : tokens_[consumed_ - 1].at.end; }
  void skip_newlines() {
    while (tokens_[position_].kind == Kind::newline) ++position_;
  }

  // Mistakes.

  [[noreturn]] void give_up(std::string code, std::string message, Extent where, std::string hint = {}) {
    problems_.add(std::move(code), std::move(message), where, std::move(hint));
    throw GiveUp{};
  }
  [[nodiscard]] std::string found(const Token& token) const {
    if (token.kind != Kind::name && token.kind != Kind::number) return std::string(describe(token.kind));
    return "'" + std::string(word(token).substr(0, 40)) + "'";
  }
  /// Found something else than what is wanted here.
  [[noreturn]] void expected(const std::string& what, std::string hint = {}) {
    const Token& token = here();
    if (token.kind == Kind::bad) throw GiveUp{};  // reported by the lexer
    const std::uint32_t end = last_end();
    // Across a line break the reader should look at the end of the line before.
    const bool next_line = consumed_ > 0 && ast_.source->line(token.at.begin) != ast_.source->line(end);
    if (next_line || token.kind == Kind::newline)
      give_up("syntax", "expected " + what + ", found the end of the line", {end, end + 1}, std::move(hint));
    give_up("syntax", "expected " + what + ", found " + found(token), token.at, std::move(hint));
  }
  /// After a complete value comes something that cannot follow one.
  [[noreturn]] void after_value(const std::string& wanted, std::string hint = {}) {
    const Token& token = here();
    const bool same_line = consumed_ > 0 && ast_.source->line(token.at.begin) == ast_.source->line(last_end());
    const bool value_starts = token.kind == Kind::name || token.kind == Kind::number || token.kind == Kind::open;
    const bool value_before =
        consumed_ > 0 && (tokens_[consumed_ - 1].kind == Kind::name || tokens_[consumed_ - 1].kind == Kind::number ||
                          tokens_[consumed_ - 1].kind == Kind::close);
    if (same_line && value_starts && value_before) {
      const std::string_view text = word(token);
      if (text == "if" || text == "else")
        give_up("syntax", "there is no 'if' in expressions", token.at,
                "multiply by the condition: 'a*(v > b) + c*(v <= b)'");
      give_up("syntax", "an operator is missing before " + found(token), token.at,
              token.kind == Kind::name && !is_python_keyword(text) ? "for a product write '*'" : "");
    }
    if (token.kind == Kind::assign)
      give_up("syntax", "expected " + wanted + ", found '='", token.at, "write '==' to compare");
    if (token.kind == Kind::open_bracket)
      give_up("syntax", "expected " + wanted + ", found '['", token.at, "there is no indexing in the language");
    expected(wanted, std::move(hint));
  }
  [[noreturn]] void unexpected_end() {
    const bool equation = current_.kind == Statement::Kind::ode || current_.kind == Statement::Kind::definition ||
                          current_.kind == Statement::Kind::declaration;
    if (at(Kind::colon) && !equation) expected("the end of the statement", "only equations end with ': unit'");
    if (equation || current_.kind == Statement::Kind::input) expected("the end of the statement");
    after_value("the end of the statement");
  }
  void want(Kind kind, const std::string& what, std::string hint = {}) {
    if (!accept(kind)) expected(what, std::move(hint));
  }
  Extent want_name(const std::string& what) {
    if (!at(Kind::name)) expected(what);
    return take().at;
  }

  /// Could a statement start at this token? (Otherwise the line goes on with the broken statement before it.)
  bool starts_statement(std::size_t i) {
    const auto kind = [&](std::size_t n) { return tokens_[std::min(i + n, tokens_.size() - 1)].kind; };
    if (kind(0) != Kind::name) return kind(0) == Kind::end_of_text;
    if (is_statement_word(word(tokens_[i]))) return true;
    if (kind(1) == Kind::colon || kind(1) == Kind::assign) return true;
    return kind(1) == Kind::slash && kind(2) == Kind::name && kind(3) == Kind::assign;
  }

  void recover(std::size_t statement_start, bool spans_lines) {
    position_ = std::max(consumed_, statement_start);
    while (true) {
      while (!at(Kind::newline) && !at(Kind::semicolon) && !at(Kind::end_of_text)) ++position_;
      while (at(Kind::newline) || at(Kind::semicolon)) ++position_;
      if (!spans_lines || at(Kind::end_of_text) || starts_statement(position_)) return;
      // A line of its own that is no continuation (it starts with a name) deserves its own message.
      if (at(Kind::name) && ahead().kind == Kind::name) return;
    }
  }

  // Expressions.

  std::uint32_t emit(ExprNode node) {
    if (ast_.nodes.size() - first_node_ >= max_expression_nodes)
      give_up("too-large", "an expression of more than 100000 parts", node.word, "name parts of it: 'x = ... : unit'");
    ast_.nodes.push_back(node);
    return static_cast<std::uint32_t>(ast_.nodes.size() - 1);
  }

  /// A node, and the text it covers with its parentheses.
  struct Part {
    std::uint32_t node = 0;
    Extent at;
  };

  struct Deeper {
    explicit Deeper(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > max_nesting)
        parser_.give_up("too-deep", "more than 200 expressions within each other", parser_.here().at,
                        "name parts of it: 'x = ... : unit'");
    }
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    Parser& parser_;
  };

  Expr expression() {
    first_node_ = static_cast<std::uint32_t>(ast_.nodes.size());
    const Part part = binary(level_or);
    return {first_node_, part.node};
  }

  Infix infix() {
    using enum Operator;
    switch (here().kind) {
      case Kind::plus:
        return {add, level_add};
      case Kind::minus:
        return {sub, level_add};
      case Kind::star:
        return {mul, level_multiply};
      case Kind::slash:
        return {div, level_multiply};
      case Kind::double_slash:
        return {floordiv, level_multiply};
      case Kind::percent:
        return {mod, level_multiply};
      case Kind::less:
        return {less, level_compare};
      case Kind::less_equal:
        return {less_equal, level_compare};
      case Kind::greater:
        return {greater, level_compare};
      case Kind::greater_equal:
        return {greater_equal, level_compare};
      case Kind::equal_equal:
        return {equal, level_compare};
      case Kind::not_equal:
        return {not_equal, level_compare};
      case Kind::name:
        if (word(here()) == "and") return {both, level_and};
        if (word(here()) == "or") return {either, level_or};
        return {};
      default:
        return {};
    }
  }

  Part combine(Operator op, Extent sign, Part left, Part right) {
    ExprNode node;
    node.kind = ExprNode::Kind::binary;
    node.op = op;
    node.a = left.node;
    node.b = right.node;
    node.at = join(left.at, right.at);
    node.word = sign;
    return {emit(node), node.at};
  }

  Part binary(int least) {
    const Deeper deeper(*this);
    Part left = sign(least);
    bool compared = false;
    while (true) {
      const Infix next = infix();
      if (next.op == Operator::none || next.level < least) return left;
      if (next.level == level_compare && compared)
        give_up("syntax", "comparisons cannot be chained", here().at, "join two with 'and': 'a < b and b < c'");
      compared = next.level == level_compare;
      const Extent operator_at = take().at;
      skip_newlines();  // a line may end with an operator
      left = combine(next.op, operator_at, left, binary(next.level + 1));
    }
  }

  Part prefix(Operator op, Extent word_at, Part operand) {
    ExprNode node;
    node.kind = ExprNode::Kind::unary;
    node.op = op;
    node.a = operand.node;
    node.at = join(word_at, operand.at);
    node.word = word_at;
    return {emit(node), node.at};
  }

  /// A value with the signs or `not` before it, and the powers after it.
  Part sign(int least) {
    if (at_word("not")) {
      const Extent at_not = take().at;
      if (least > level_not) give_up("syntax", "'not' after an operator", at_not, "put parentheses around 'not ...'");
      skip_newlines();
      return prefix(Operator::negation, at_not, binary(level_not));
    }
    if (at(Kind::minus) || at(Kind::plus)) {
      const Deeper deeper(*this);
      const Operator op = at(Kind::minus) ? Operator::negative : Operator::positive;
      const Extent at_sign = take().at;
      skip_newlines();
      return prefix(op, at_sign, sign(level_sign));
    }
    const bool quantity_first = at(Kind::number);
    const Part base = primary();
    if (!at(Kind::double_star)) return base;
    if (quantity_first && ast_.nodes[base.node].kind == ExprNode::Kind::quantity)
      give_up("syntax", "a power of a number with its unit", here().at,
              "put parentheses around what is raised: '(5*mV)**2'");
    const Deeper deeper(*this);
    const Extent at_power = take().at;
    skip_newlines();
    return combine(Operator::power, at_power, base, sign(level_sign));
  }

  double number_value(const Token& token) {
    const std::string_view text = word(token);
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
      give_up("number-range", "the number " + std::string(text) + " is beyond the range of double precision", token.at);
    if (error != std::errc{} || end != text.data() + text.size())
      give_up("syntax", "'" + std::string(text) + "' is not a number", token.at);
    return value;
  }

  /// `5 mV`, `10 um**2`: the unit that follows a number in the same line.
  void read_unit_of(ExprNode& node) {
    const std::string_view unit = word(here());
    if (units::find_unit(unit) == nullptr) {
      const std::string number(word(tokens_[consumed_ - 1]));
      if (is_python_keyword(unit)) after_value("the end of the expression");
      const std::string nearest_unit = problems_.room() ? units::suggest_unit(unit) : "";
      std::string hint = "'" + number + "*" + std::string(unit.substr(0, 40)) + "' for a product";
      if (!nearest_unit.empty()) hint += ", '" + number + " " + nearest_unit + "' for a quantity";
      give_up("syntax", "an operator is missing between '" + number + "' and '" + std::string(unit.substr(0, 40)) + "'",
              here().at, hint);
    }
    node.kind = ExprNode::Kind::quantity;
    node.word = take().at;
    if (tokens_[position_].kind == Kind::double_star) {
      const std::size_t sign = ahead(1).kind == Kind::minus || ahead(1).kind == Kind::plus ? 1U : 0U;
      if (ahead(1 + sign).kind != Kind::number)
        give_up("syntax", "the power of a unit must be a number", ahead(1).at,
                "put parentheses around what is raised: '(5*mV)**2'");
      take();
      if (sign == 1) take();
      node.word.end = take().at.end;
    }
    node.at.end = node.word.end;
  }

  Part primary() {
    const Token token = here();
    ExprNode node;
    node.at = token.at;
    node.word = token.at;
    if (token.kind == Kind::number) {
      take();
      node.kind = ExprNode::Kind::number;
      node.value = number_value(token);
      const Token& next = tokens_[position_];
      if (next.kind == Kind::name && !is_python_keyword(word(next))) read_unit_of(node);
      return {emit(node), node.at};
    }
    if (token.kind == Kind::open) {
      take();
      const Deeper deeper(*this);
      ++soft_;
      const Part inner = binary(level_or);
      if (!at(Kind::close)) unclosed(token.at, inner);
      --soft_;
      take();
      return {inner.node, {token.at.begin, last_end()}};
    }
    if (token.kind != Kind::name) {
      if (token.kind == Kind::open_bracket) expected("a value", "there are no lists in expressions");
      if (token.kind == Kind::close && consumed_ > 0 && tokens_[consumed_ - 1].kind == Kind::open)
        give_up("syntax", "empty parentheses", token.at);
      expected("a value");
    }
    const std::string_view name = word(token);
    if (name == "True" || name == "False") {
      take();
      node.kind = ExprNode::Kind::boolean;
      node.value = name == "True" ? 1.0 : 0.0;
      return {emit(node), node.at};
    }
    if (name == "if" || name == "lambda" || name == "else")
      give_up("syntax", "there is no '" + std::string(name) + "' in expressions", token.at,
              name == "lambda" ? "name it otherwise, for example 'lambda_'"
                               : "multiply by the condition: 'a*(v > b) + c*(v <= b)'");
    if (is_python_keyword(name)) expected("a value");
    take();
    if (!at(Kind::open)) {
      node.kind = ExprNode::Kind::name;
      return {emit(node), node.at};
    }
    return call(node);
  }

  [[noreturn]] void unclosed(Extent opened, Part inner) {
    const int line = ast_.source->line(opened.begin);
    if (at(Kind::comma))
      give_up("syntax", "a ',' in parentheses that belong to no function", here().at, "write the decimal point as '.'");
    if (at(Kind::colon) || at(Kind::end_of_text) || at(Kind::semicolon) || at(Kind::assign))
      give_up("syntax", "the '(' of line " + std::to_string(line) + " is not closed before " + found(here()), opened);
    (void)inner;
    after_value("an operator or ')'");
  }

  Part call(ExprNode node) {
    const Extent opened = take().at;
    const Deeper deeper(*this);
    ++soft_;
    std::vector<std::uint32_t> arguments;
    if (!at(Kind::close)) {
      while (true) {
        const Part part = binary(level_or);
        arguments.push_back(part.node);
        if (accept(Kind::comma)) continue;
        if (at(Kind::close)) break;
        if (at(Kind::colon) || at(Kind::end_of_text) || at(Kind::semicolon))
          give_up("syntax",
                  "the '(' of line " + std::to_string(ast_.source->line(opened.begin)) + " is not closed before " +
                      found(here()),
                  opened);
        after_value("',' or ')'");
      }
    }
    --soft_;
    take();
    node.kind = ExprNode::Kind::call;
    node.a = static_cast<std::uint32_t>(ast_.arguments.size());
    node.b = static_cast<std::uint32_t>(arguments.size());
    node.at.end = last_end();
    ast_.arguments.insert(ast_.arguments.end(), arguments.begin(), arguments.end());
    return {emit(node), node.at};
  }

  // Parts of statements.

  void unit_field(const std::string& of) {
    const auto part_of_unit = [&] {
      switch (here().kind) {
        case Kind::name:
          return !is_python_keyword(word(here()));
        case Kind::number:
        case Kind::star:
        case Kind::slash:
        case Kind::double_star:
        case Kind::minus:
          return true;
        default:
          return false;
      }
    };
    if (at(Kind::open)) {
      give_up("syntax", "a unit in parentheses", here().at, "write it without: '1/ms/mV', not '1/(ms*mV)'");
    }
    if (!part_of_unit()) expected("the unit of " + of + " after ':'", "'1' for a pure number");
    current_.unit = take().at;
    while (part_of_unit()) current_.unit.end = take().at.end;
    if (at(Kind::open) && last_is_power())
      give_up("syntax", "parentheses in a unit", here().at, "write the exponent as a number: 'second**-0.5'");
  }
  [[nodiscard]] bool last_is_power() const { return tokens_[consumed_ - 1].kind == Kind::double_star; }

  void flags() {
    std::size_t next = position_;
    while (tokens_[next].kind == Kind::newline) ++next;
    if (tokens_[next].kind != Kind::open) return;
    position_ = next;
    take();
    ++soft_;
    do {
      if (!at(Kind::name)) expected("a flag, such as 'constant'");
      Extent flag = take().at;
      while (at(Kind::name) || at(Kind::minus) || at(Kind::number)) flag.end = take().at.end;
      current_.flags.push_back(flag);
    } while (accept(Kind::comma));
    if (!at(Kind::close)) expected("',' or ')' after the flag");
    --soft_;
    take();
  }

  Distribution distribution() {
    Distribution out;
    out.family = want_name("the name of a distribution after '~'");
    out.at = out.family;
    if (!at(Kind::open))
      expected("'(' and the arguments of '" + std::string(ast_.text(out.family).substr(0, 40)) + "'");
    const Extent opened = take().at;
    ++soft_;
    if (!at(Kind::close)) {
      while (true) {
        out.arguments.push_back(expression());
        if (accept(Kind::comma)) continue;
        if (at(Kind::close)) break;
        if (at(Kind::end_of_text) || at(Kind::colon) || at(Kind::semicolon) || at(Kind::assign) || at(Kind::tilde))
          give_up("syntax",
                  "the '(' of line " + std::to_string(ast_.source->line(opened.begin)) + " is not closed before " +
                      found(here()),
                  opened);
        after_value("',' or ')'");
      }
    }
    --soft_;
    take();
    out.at.end = last_end();
    return out;
  }

  void interval(Expr& low, Expr& high) {
    want(Kind::open_bracket, "'[' and an interval");
    ++soft_;
    low = expression();
    if (!at(Kind::comma)) after_value("',' and the upper end of the interval");
    take();
    high = expression();
    if (!at(Kind::close_bracket)) after_value("']'");
    --soft_;
    take();
  }

  // Statements.

  void statement() {
    const Token first = here();
    if (first.kind == Kind::bad) throw GiveUp{};
    if (first.kind != Kind::name) {
      const bool goes_on = !ast_.statements.empty();
      give_up(
          "syntax", "a statement cannot start with " + found(first), first.at,
          goes_on
              ? "to go on with the line before, put the expression in parentheses or end that line with the operator"
              : "");
    }
    const std::string_view name = word(first);
    const Kind next = ahead().kind;
    if (is_statement_word(name)) {
      if (next == Kind::colon || next == Kind::assign) {
        take();
        give_up("illegal-name", why_illegal(name) + " and cannot name a variable", first.at);
      }
      take();
      return added(name);
    }
    const bool split_d =
        name == "d" && next == Kind::name && ahead(2).kind == Kind::slash;  // "d x/dt", as Brian reads it
    if ((next == Kind::slash && name.size() > 1 && name.front() == 'd') || split_d) return ode(split_d);
    if (next == Kind::assign || next == Kind::colon) return definition();
    if (next == Kind::plus_assign || next == Kind::minus_assign || next == Kind::star_assign ||
        next == Kind::slash_assign || next == Kind::percent_assign)
      give_up("syntax", "an assignment outside a reset", ahead().at,
              "write 'reset " + std::string(name.substr(0, 40)) + " ...'");
    if (next == Kind::bad) {
      current_.name = take().at;
      throw GiveUp{};
    }
    if (next == Kind::name) {
      std::vector<std::string> words;
      for (const std::string_view w : statement_words()) words.emplace_back(w);
      const std::string near = nearest(name, words);
      if (ahead(2).kind == Kind::colon || ahead(2).kind == Kind::assign || ahead(2).kind == Kind::tilde)
        current_.name = ahead().at;
      give_up("syntax", "there is no statement '" + std::string(name.substr(0, 40)) + "'", first.at,
              near.empty() ? "" : "'" + near + "'");
    }
    take();
    expected("'=' or ':' after '" + std::string(name.substr(0, 40)) + "'");
  }

  void equation_value() {
    // The expression of an equation goes on over the lines up to ':'.
    ++soft_;
    current_.value = expression();
    if (!at(Kind::colon)) {
      const std::string of = "'" + std::string(ast_.text(current_.name)) + "'";
      after_value("an operator, or ':' and the unit of " + of,
                  current_.kind == Statement::Kind::definition
                      ? "end with ': unit' (': 1' for a pure number), or write 'const' before a fixed value"
                      : "end with ': unit' (': 1' for a pure number)");
    }
    take();
    --soft_;
    unit_field("'" + std::string(ast_.text(current_.name)) + "'");
    flags();
  }

  void ode(bool split_d) {
    current_.kind = Statement::Kind::ode;
    const Token first = take();
    if (split_d) {
      current_.name = take().at;
    } else {
      current_.name = {first.at.begin + 1, first.at.end};
    }
    const std::string name(ast_.text(current_.name));
    take();  // '/'
    if (!at_word("dt")) expected("'dt' in 'd" + name + "/dt'");
    take();
    want(Kind::assign, "'=' after 'd" + name + "/dt'");
    equation_value();
  }

  void definition() {
    current_.name = take().at;
    if (take().kind == Kind::assign) {
      current_.kind = Statement::Kind::definition;
      return equation_value();
    }
    current_.kind = Statement::Kind::declaration;
    unit_field("'" + std::string(ast_.text(current_.name)) + "'");
    if (at(Kind::assign))
      give_up("syntax", "a value after the unit", here().at,
              "'" + std::string(ast_.text(current_.name)) + " = value : unit', or 'param " +
                  std::string(ast_.text(current_.name)) + " : unit = value'");
    flags();
  }

  void added(std::string_view name) {
    using Form = Statement::Kind;
    if (name == "param") return param();
    if (name == "const") return constant_value();
    if (name == "input") {
      current_.kind = Form::input;
      current_.name = want_name("the name of the input");
      want(Kind::colon, "':' and the unit of '" + std::string(ast_.text(current_.name)) + "'");
      return unit_field("'" + std::string(ast_.text(current_.name)) + "'");
    }
    if (name == "init") {
      current_.kind = Form::init;
      const Extent state = want_name("the name of a state after 'init'");
      want(Kind::assign, "'=' after 'init " + std::string(ast_.text(state)) + "'");
      current_.value = expression();
      current_.name = state;  // only now: a broken `init` defines nothing
      return;
    }
    if (name == "observe") {
      current_.kind = Form::observe;
      const Extent channel = want_name("the name of what is recorded after 'observe'");
      want(Kind::tilde, "'~' after 'observe " + std::string(ast_.text(channel)) + "'",
           "'observe I ~ normal(mean, sd)'");
      current_.distribution = distribution();
      current_.name = channel;
      return;
    }
    if (name == "require") return require();
    if (name == "threshold") {
      current_.kind = Form::threshold;
      current_.value = expression();
      return;
    }
    if (name == "refractory") {
      current_.kind = Form::refractory;
      current_.value = expression();
      return;
    }
    if (name == "event") {
      current_.kind = Form::event;
      const Extent event_name = want_name("the name of the event");
      current_.value = expression();
      current_.name = event_name;
      return;
    }
    reset();
  }

  void param() {
    current_.kind = Statement::Kind::param;
    current_.name = want_name("the name of the parameter");
    const std::string name(ast_.text(current_.name));
    want(Kind::colon, "':' and the unit of '" + name + "'", "'param " + name + " : unit = value'");
    unit_field("'" + name + "'");
    if (accept(Kind::assign)) {
      skip_newlines();
      current_.value = expression();
    }
    if (accept(Kind::tilde)) {
      skip_newlines();
      current_.distribution = distribution();
    }
    if (at(Kind::assign))
      expected("the end of the statement",
               "the default comes before the prior: 'param " + name + " : unit = value ~ prior'");
  }

  void constant_value() {
    current_.kind = Statement::Kind::constant;
    current_.name = want_name("the name of the constant");
    const std::string name(ast_.text(current_.name));
    if (accept(Kind::colon)) unit_field("'" + name + "'");
    want(Kind::assign, "'=' and the value of '" + name + "'");
    skip_newlines();
    current_.value = expression();
  }

  void require() {
    current_.kind = Statement::Kind::require;
    do {
      skip_newlines();
      RequiredItem item;
      item.expression = expression();
      const ExprNode& root = ast_.nodes[item.expression.root];
      item.at = root.at;
      if (root.kind == ExprNode::Kind::call && root.b == 1) {
        const std::string_view function = ast_.text(root.word);
        if (function == "max") item.reduce = RequiredItem::Reduce::maximum;
        if (function == "min") item.reduce = RequiredItem::Reduce::minimum;
        if (item.reduce != RequiredItem::Reduce::every) item.expression.root = ast_.arguments[root.a];
      }
      current_.items.push_back(item);
    } while (accept(Kind::comma));
    if (!at_word("in")) after_value("an operator, or 'in' and an interval", "'require k in [1/second, 10/second]'");
    take();
    interval(current_.low, current_.high);
    if (!at_word("for")) return;
    take();
    current_.name = want_name("the name of what ranges after 'for'");
    if (!at_word("in")) expected("'in' and an interval");
    take();
    interval(current_.from, current_.to);
  }

  void reset() {
    current_.kind = Statement::Kind::reset;
    while (true) {
      ResetAssignment assignment;
      assignment.name = want_name("the name of a variable to reset");
      switch (here().kind) {
        case Kind::assign:
          assignment.op = Operator::none;
          break;
        case Kind::plus_assign:
          assignment.op = Operator::add;
          break;
        case Kind::minus_assign:
          assignment.op = Operator::sub;
          break;
        case Kind::star_assign:
          assignment.op = Operator::mul;
          break;
        case Kind::slash_assign:
          assignment.op = Operator::div;
          break;
        case Kind::percent_assign:
          assignment.op = Operator::mod;
          break;
        default:
          expected("'=', '+=', '-=', '*=', '/=' or '%='");
      }
      take();
      skip_newlines();
      assignment.value = expression();
      current_.assignments.push_back(assignment);
      if (at(Kind::colon))
        expected("the end of the assignment", "a reset has no unit; start an equation in a line of its own");
      // The reset goes on after ';' in the same line, up to the next statement word.
      const bool goes_on = at(Kind::semicolon) && ahead(1).kind == Kind::name && !is_statement_word(word(ahead(1))) &&
                           ahead(2).kind >= Kind::assign && ahead(2).kind <= Kind::percent_assign;
      if (!goes_on) return;
      take();
    }
  }
};

Ast empty_ast(std::string_view text, std::string_view name) {
  return Ast{std::make_shared<const Source>(text, name), {}, {}, {}, {}};
}

}  // namespace

Recovered parse_recovering(std::string_view text, std::string_view file_name) {
  Ast ast = empty_ast(text, file_name);
  Problems problems(ast.source);
  Tokens tokens = lex(*ast.source, problems);
  ast.comments = std::move(tokens.comments);
  Parser(ast, std::move(tokens.tokens), problems).statements();
  return {std::move(ast), std::move(problems)};
}

Result<Ast> parse(std::string_view text, std::string_view file_name) {
  Recovered recovered = parse_recovering(text, file_name);
  if (recovered.problems.any()) return fail(recovered.problems.take());
  return std::move(recovered.ast);
}

LoneExpression parse_lone_expression(std::string_view text, std::string_view name) {
  Ast ast = empty_ast(text, name);
  Problems problems(ast.source);
  Tokens tokens = lex(*ast.source, problems);
  Expr value = Parser(ast, std::move(tokens.tokens), problems).lone_expression();
  if (problems.any()) value = {};
  return {std::move(ast), std::move(problems), value};
}

LoneDistribution parse_lone_distribution(std::string_view text, std::string_view name) {
  Ast ast = empty_ast(text, name);
  Problems problems(ast.source);
  Tokens tokens = lex(*ast.source, problems);
  auto value = Parser(ast, std::move(tokens.tokens), problems).lone_distribution();
  if (problems.any()) value.reset();
  return {std::move(ast), std::move(problems), std::move(value)};
}

}  // namespace hillock::lang
