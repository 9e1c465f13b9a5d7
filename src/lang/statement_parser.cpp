#include "lang/statement_parser.hpp"

#include "lang/limits.hpp"
#include "lang/words.hpp"

namespace hillock::lang {
namespace {

using Kind = TokenKind;

/// What `=`, `+=`, ... do to the variable before them.
std::optional<Operator> assignment(Kind kind) {
  switch (kind) {
    case Kind::assign: return Operator::none;
    case Kind::plus_assign: return Operator::add;
    case Kind::minus_assign: return Operator::sub;
    case Kind::star_assign: return Operator::mul;
    case Kind::slash_assign: return Operator::div;
    case Kind::percent_assign: return Operator::mod;
    default: return std::nullopt;
  }
}

}  // namespace

void StatementParser::statements() {
  std::size_t attempts = 0;
  while (true) {
    tokens_.skip_separators();
    if (tokens_.at(Kind::end_of_text)) return;
    if (++attempts > max_statements) {
      problems_.add("too-large", "more than 200000 statements", tokens_.here().at);
      return;
    }
    const std::size_t before = tokens_.position();
    current_ = {};
    current_.at = tokens_.here().at;
    try {
      statement();
      current_.at.end = tokens_.last_end();
      const bool flags_end_it = !current_.flags.empty();  // Brian 2 lets the next equation follow at once
      if (!flags_end_it && !tokens_.at_any({Kind::newline, Kind::semicolon, Kind::end_of_text})) unexpected_end();
      ast_.statements.push_back(std::move(current_));
    } catch (const GiveUp&) {
      current_.broken = true;
      current_.at.end = tokens_.last_end();
      if (!current_.name.empty()) ast_.statements.push_back(std::move(current_));
      const bool spans_lines = tokens_.ignores_newlines();
      tokens_.heed_all_newlines();
      recover(before, spans_lines);
    }
  }
}

// Mistakes.

void StatementParser::recover(std::size_t statement_start, bool spans_lines) {
  tokens_.resume(statement_start);
  while (true) {
    tokens_.skip_line();
    tokens_.skip_separators();
    if (!spans_lines || tokens_.at(Kind::end_of_text) || starts_statement()) return;
    // A line of its own that is no continuation (it starts with a name) deserves its own message.
    if (tokens_.at(Kind::name) && tokens_.ahead(1).kind == Kind::name) return;
  }
}

/// Could a statement start here? (Otherwise the line goes on with the broken statement before it.)
bool StatementParser::starts_statement() const {
  const auto kind = [&](std::size_t n) { return tokens_.ahead(n).kind; };
  if (kind(0) != Kind::name) return kind(0) == Kind::end_of_text;
  if (is_statement_word(tokens_.word(tokens_.ahead(0)))) return true;
  if (kind(1) == Kind::colon || kind(1) == Kind::assign) return true;
  return kind(1) == Kind::slash && kind(2) == Kind::name && kind(3) == Kind::assign;
}

void StatementParser::unexpected_end() {
  const bool equation = current_.kind == Statement::Kind::ode || current_.kind == Statement::Kind::definition ||
                        current_.kind == Statement::Kind::declaration;
  if (tokens_.at(Kind::colon) && !equation)
    tokens_.expected("the end of the statement", "only equations end with ': unit'");
  if (equation || current_.kind == Statement::Kind::input) tokens_.expected("the end of the statement");
  tokens_.after_value("the end of the statement");
}

// Which statement it is.

void StatementParser::statement() {
  const Token first = tokens_.here();
  if (first.kind == Kind::bad) throw GiveUp{};
  if (first.kind != Kind::name) {
    const bool goes_on = !ast_.statements.empty();
    tokens_.give_up(
        "syntax", "a statement cannot start with " + tokens_.found(first), first.at,
        goes_on ? "to go on with the line before, put the expression in parentheses or end that line with the operator"
                : "");
  }
  const std::string_view name = tokens_.word(first);
  const Kind next = tokens_.ahead(1).kind;
  if (is_statement_word(name)) {
    tokens_.take();
    if (name == "dialect" && next == Kind::assign) return dialect();
    if (next == Kind::colon || next == Kind::assign)
      tokens_.give_up("illegal-name", why_illegal(name) + " and cannot name a variable", first.at);
    return added(name);
  }
  const bool split_d =
      name == "d" && next == Kind::name && tokens_.ahead(2).kind == Kind::slash;  // "d x/dt", as Brian reads it
  if ((next == Kind::slash && name.size() > 1 && name.front() == 'd') || split_d) return ode(split_d);
  if (next == Kind::assign || next == Kind::colon) return definition();
  no_statement(name, next);
}

void StatementParser::no_statement(std::string_view name, Kind next) {
  if (assignment(next))
    tokens_.give_up("syntax", "an assignment outside a reset", tokens_.ahead(1).at,
                    "write 'reset " + std::string(name.substr(0, 40)) + " ...'");
  if (next == Kind::bad) {
    current_.name = tokens_.take().at;
    throw GiveUp{};
  }
  if (next == Kind::name) {
    std::vector<std::string> words;
    for (const std::string_view w : statement_words()) words.emplace_back(w);
    const std::string near = nearest(name, words);
    const Kind after = tokens_.ahead(2).kind;
    if (after == Kind::colon || after == Kind::assign || after == Kind::tilde) current_.name = tokens_.ahead(1).at;
    tokens_.give_up("syntax", "there is no statement " + brief(name), tokens_.here().at,
                    near.empty() ? "" : "'" + near + "'");
  }
  tokens_.take();
  tokens_.expected("'=' or ':' after " + brief(name));
}

void StatementParser::added(std::string_view word) {
  if (word == "param") return param();
  if (word == "const") return constant();
  if (word == "input") return input();
  if (word == "init") return init();
  if (word == "observe") return observe();
  if (word == "require") return require();
  if (word == "threshold") return lone_value(Statement::Kind::threshold);
  if (word == "refractory") return lone_value(Statement::Kind::refractory);
  if (word == "event") return event();
  if (word == "on") return on();
  if (word == "table") return table();
  if (word == "dialect") tokens_.expected("'= \"brian2\"' after 'dialect'");
  current_.kind = Statement::Kind::reset;
  assignments();
}

// Equations.

void StatementParser::ode(bool split_d) {
  current_.kind = Statement::Kind::ode;
  const Token first = tokens_.take();
  if (split_d) current_.name = tokens_.take().at;
  else current_.name = {first.at.begin + 1, first.at.end};
  const std::string left_side = "'d" + std::string(ast_.text(current_.name)) + "/dt'";
  tokens_.take();  // '/'
  if (!tokens_.at_word("dt")) tokens_.expected("'dt' in " + left_side);
  tokens_.take();
  tokens_.want(Kind::assign, "'=' after " + left_side);
  equation_value();
}

void StatementParser::definition() {
  current_.name = tokens_.take().at;
  if (tokens_.take().kind == Kind::assign) {
    current_.kind = Statement::Kind::definition;
    return equation_value();
  }
  current_.kind = Statement::Kind::declaration;
  unit_field();
  const std::string name(ast_.text(current_.name));
  if (tokens_.at(Kind::assign))
    tokens_.give_up("syntax", "a value after the unit", tokens_.here().at,
                    "'" + name + " = value : unit', or 'param " + name + " : unit = value'");
  flags();
}

/// The expression of an equation, which goes on over the lines up to ':', its unit and its flags.
void StatementParser::equation_value() {
  tokens_.ignore_newlines();
  current_.value = expressions_.expression();
  if (!tokens_.at(Kind::colon))
    tokens_.after_value("an operator, or ':' and the unit of " + quoted(current_.name),
                        current_.kind == Statement::Kind::definition
                            ? "end with ': unit' (': 1' for a pure number), or write 'const' before a fixed value"
                            : "end with ': unit' (': 1' for a pure number)");
  tokens_.take();
  tokens_.heed_newlines();
  unit_field();
  flags();
}

// Added statements.

void StatementParser::param() {
  current_.kind = Statement::Kind::param;
  current_.name = tokens_.want_name("the name of the parameter");
  const std::string name(ast_.text(current_.name));
  tokens_.want(Kind::colon, "':' and the unit of '" + name + "'", "'param " + name + " : unit = value'");
  unit_field();
  if (tokens_.accept(Kind::assign)) {
    tokens_.skip_newlines();
    current_.value = expressions_.expression();
  }
  if (tokens_.accept(Kind::tilde)) {
    tokens_.skip_newlines();
    current_.distribution = expressions_.distribution();
  }
  if (tokens_.at(Kind::assign))
    tokens_.expected("the end of the statement",
                     "the default comes before the prior: 'param " + name + " : unit = value ~ prior'");
}

void StatementParser::constant() {
  current_.kind = Statement::Kind::constant;
  current_.name = tokens_.want_name("the name of the constant");
  if (tokens_.accept(Kind::colon)) unit_field();
  tokens_.want(Kind::assign, "'=' and the value of " + quoted(current_.name));
  tokens_.skip_newlines();
  current_.value = expressions_.expression();
}

void StatementParser::input() {
  current_.kind = Statement::Kind::input;
  current_.name = tokens_.want_name("the name of the input");
  tokens_.want(Kind::colon, "':' and the unit of " + quoted(current_.name));
  unit_field();
}

// A broken `init`, `observe`, `event` or `on` defines nothing: its name is set at the end.

void StatementParser::init() {
  current_.kind = Statement::Kind::init;
  const Extent state = tokens_.want_name("the name of a state after 'init'");
  tokens_.want(Kind::assign, "'=' after 'init " + std::string(ast_.text(state)) + "'");
  current_.value = expressions_.expression();
  current_.name = state;
}

void StatementParser::observe() {
  current_.kind = Statement::Kind::observe;
  const Extent channel = tokens_.want_name("the name of what is recorded after 'observe'");
  tokens_.want(Kind::tilde, "'~' after 'observe " + std::string(ast_.text(channel)) + "'",
               "'observe I ~ normal(mean, sd)'");
  current_.distribution = expressions_.distribution();
  current_.name = channel;
}

void StatementParser::event() {
  current_.kind = Statement::Kind::event;
  const Extent name = tokens_.want_name("the name of the event");
  current_.value = expressions_.expression();
  current_.name = name;
}

void StatementParser::lone_value(Statement::Kind kind) {
  current_.kind = kind;
  current_.value = expressions_.expression();
}

void StatementParser::require() {
  current_.kind = Statement::Kind::require;
  do {
    tokens_.skip_newlines();
    RequiredItem item;
    item.expression = expressions_.expression();
    const ExprNode& root = ast_.nodes[item.expression.root];
    item.at = root.at;
    if (root.kind == ExprNode::Kind::call && root.b == 1) {
      const std::string_view function = ast_.text(root.word);
      if (function == "max") item.reduce = RequiredItem::Reduce::maximum;
      if (function == "min") item.reduce = RequiredItem::Reduce::minimum;
      if (item.reduce != RequiredItem::Reduce::every) item.expression.root = ast_.arguments[root.a];
    }
    current_.items.push_back(item);
  } while (tokens_.accept(Kind::comma));
  if (!tokens_.at_word("in"))
    tokens_.after_value("an operator, or 'in' and an interval", "'require k in [1/second, 10/second]'");
  tokens_.take();
  interval(current_.low, current_.high);
  if (!tokens_.at_word("for")) return;
  tokens_.take();
  current_.name = tokens_.want_name("the name of what ranges after 'for'");
  if (!tokens_.at_word("in")) tokens_.expected("'in' and an interval");
  tokens_.take();
  interval(current_.from, current_.to);
}

void StatementParser::on() {
  current_.kind = Statement::Kind::on;
  const Extent name = tokens_.want_name("the name of the event after 'on'");
  assignments();
  current_.name = name;
}

void StatementParser::dialect() {
  current_.kind = Statement::Kind::dialect;
  tokens_.take();
  if (!tokens_.at(Kind::quoted)) tokens_.expected("a dialect in quotes", "'dialect = \"brian2\"'");
  const Token named = tokens_.here();
  const std::string_view text = tokens_.word(named);
  if (text != "\"brian2\"")
    tokens_.give_up("unknown-dialect", "there is no dialect " + std::string(text.substr(0, 60)), named.at,
                    "'dialect = \"brian2\"', or none");
  if (!ast_.statements.empty())
    tokens_.give_up("misplaced-dialect", "the dialect of a model is its first statement", current_.at,
                    "move it to the top");
  ast_.brian = true;
  tokens_.take();
}

/// `table NAME(t) = [v0, v1, ...] unit, dt = 1 ms`
void StatementParser::table() {
  current_.kind = Statement::Kind::table;
  const char* form = "'table I(t) = [0, 1, 2] nA, dt = 1 ms'";
  const Extent name = tokens_.want_name("the name of the table");
  tokens_.want(Kind::open, "'(t)' after the name of the table", form);
  if (!tokens_.at_word("t")) tokens_.expected("'t': a table is a function of a time", form);
  tokens_.take();
  tokens_.want(Kind::close, "')'", form);
  tokens_.want(Kind::assign, "'=' and the values of the table", form);
  tokens_.want(Kind::open_bracket, "'[' and the values of the table", form);
  tokens_.ignore_newlines();
  do {
    if (current_.values.size() >= max_table_values)
      tokens_.give_up("too-large", "more than 10000 values of a table", tokens_.here().at,
                      "a recording, as an 'input'");
    current_.values.push_back(expressions_.expression());
  } while (tokens_.accept(Kind::comma));
  if (!tokens_.at(Kind::close_bracket)) tokens_.after_value("',' or ']'");
  tokens_.heed_newlines();
  tokens_.take();
  if (!tokens_.at(Kind::comma)) unit_field();
  tokens_.want(Kind::comma, "',' and the time between values", form);
  if (!tokens_.at_word("dt")) tokens_.expected("'dt = ' and the time between values", form);
  tokens_.take();
  tokens_.want(Kind::assign, "'=' after 'dt'", form);
  current_.value = expressions_.expression();
  current_.name = name;
}

/// `x = value; y += value`, of a reset or an event.
void StatementParser::assignments() {
  while (true) {
    ResetAssignment made;
    made.name = tokens_.want_name("the name of a variable to change");
    const auto op = assignment(tokens_.here().kind);
    if (!op) tokens_.expected("'=', '+=', '-=', '*=', '/=' or '%='");
    made.op = *op;
    tokens_.take();
    tokens_.skip_newlines();
    made.value = expressions_.expression();
    current_.assignments.push_back(made);
    if (tokens_.at(Kind::colon))
      tokens_.expected("the end of the assignment",
                       "an assignment has no unit; start an equation in a line of its own");
    // It goes on after ';' in the same line, up to the next statement word.
    const Token& next = tokens_.ahead(1);
    const bool goes_on = tokens_.at(Kind::semicolon) && next.kind == Kind::name &&
                         !is_statement_word(tokens_.word(next)) && assignment(tokens_.ahead(2).kind);
    if (!goes_on) return;
    tokens_.take();
  }
}

// Parts of statements.

bool StatementParser::at_part_of_unit() {
  if (tokens_.at(Kind::name)) return !is_python_keyword(tokens_.word(tokens_.here()));
  return tokens_.at_any({Kind::number, Kind::star, Kind::slash, Kind::double_star, Kind::minus});
}

void StatementParser::unit_field() {
  if (tokens_.at(Kind::open))
    tokens_.give_up("syntax", "a unit in parentheses", tokens_.here().at,
                    "write it without: '1/ms/mV', not '1/(ms*mV)'");
  if (!at_part_of_unit())
    tokens_.expected("the unit of " + quoted(current_.name) + " after ':'", "'1' for a pure number");
  current_.unit = tokens_.take().at;
  while (at_part_of_unit()) current_.unit.end = tokens_.take().at.end;
  if (tokens_.at(Kind::open) && tokens_.last_is(Kind::double_star))
    tokens_.give_up("syntax", "parentheses in a unit", tokens_.here().at,
                    "write the exponent as a number: 'second**-0.5'");
}

/// `(flag, flag)`, which may stand in the next line.
void StatementParser::flags() {
  std::size_t next = 0;
  while (tokens_.ahead(next).kind == Kind::newline) ++next;
  if (tokens_.ahead(next).kind != Kind::open) return;
  tokens_.skip_newlines();
  tokens_.take();
  tokens_.ignore_newlines();
  do {
    if (!tokens_.at(Kind::name)) tokens_.expected("a flag, such as 'constant'");
    Extent flag = tokens_.take().at;
    while (tokens_.at_any({Kind::name, Kind::minus, Kind::number})) flag.end = tokens_.take().at.end;
    current_.flags.push_back(flag);
  } while (tokens_.accept(Kind::comma));
  if (!tokens_.at(Kind::close)) tokens_.expected("',' or ')' after the flag");
  tokens_.heed_newlines();
  tokens_.take();
}

void StatementParser::interval(Expr& low, Expr& high) {
  tokens_.want(Kind::open_bracket, "'[' and an interval");
  tokens_.ignore_newlines();
  low = expressions_.expression();
  if (!tokens_.at(Kind::comma)) tokens_.after_value("',' and the upper end of the interval");
  tokens_.take();
  high = expressions_.expression();
  if (!tokens_.at(Kind::close_bracket)) tokens_.after_value("']'");
  tokens_.heed_newlines();
  tokens_.take();
}

}  // namespace hillock::lang
