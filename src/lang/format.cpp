#include "lang/format.hpp"

#include <algorithm>

#include "lang/parser.hpp"

namespace hillock::lang {
namespace {

constexpr std::size_t widest = 110;  // a longer line is broken after an operator or a comma
constexpr std::size_t long_comment = 200;

struct Sign {
  std::string_view text;
  int level;
};

Sign sign_of(Operator op) {
  switch (op) {
    case Operator::either: return {" or ", 1};
    case Operator::both: return {" and ", 2};
    case Operator::negation: return {"not ", 3};
    case Operator::less: return {" < ", 4};
    case Operator::less_equal: return {" <= ", 4};
    case Operator::greater: return {" > ", 4};
    case Operator::greater_equal: return {" >= ", 4};
    case Operator::equal: return {" == ", 4};
    case Operator::not_equal: return {" != ", 4};
    case Operator::add: return {" + ", 5};
    case Operator::sub: return {" - ", 5};
    case Operator::mul: return {"*", 6};
    case Operator::div: return {"/", 6};
    case Operator::floordiv: return {" // ", 6};
    case Operator::mod: return {" % ", 6};
    case Operator::negative: return {"-", 7};
    case Operator::positive: return {"+", 7};
    case Operator::power: return {"**", 8};
    case Operator::none: return {"", 9};
  }
  return {"", 9};
}

/// Text that is broken after an operator or a comma where a line gets long.
class Writer {
 public:
  explicit Writer(bool breaks) : breaks_(breaks) {}
  void put(std::string_view text) { out_ += text; }
  /// `text` ends with an operator or a comma: a good place to break.
  void put_breakable(std::string_view text) {
    out_ += text;
    if (!breaks_ || out_.size() - line_start_ < widest) return;
    while (out_.back() == ' ') out_.pop_back();
    out_ += '\n';
    line_start_ = out_.size();
    out_ += "    ";
  }
  std::string take() { return std::move(out_); }

 private:
  bool breaks_;
  std::string out_;
  std::size_t line_start_ = 0;
};

int level_of(const ExprNode& node) {
  using Kind = ExprNode::Kind;
  if (node.kind == Kind::binary || node.kind == Kind::unary) return sign_of(node.op).level;
  return 9;
}

/// Would the two characters, one after the other, be read as one thing?
bool joined(char a, char b) {
  const auto in_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  const bool power_of_ten = (a == 'e' || a == 'E') && (b == '+' || b == '-');
  return (in_word(a) && in_word(b)) || (a == b && (a == '*' || a == '/')) || power_of_ten;
}

/// A unit, right or wrong, means the same without the spaces that go.
std::string without_space(std::string_view text) {
  std::string out;
  bool space = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\f' || c == '\v') {
      space = true;
      continue;
    }
    if (space && !out.empty() && joined(out.back(), c)) out += ' ';
    out += c;
    space = false;
  }
  return out;
}

/// Writes the tree with a stack of its own: the left spine of a long sum is as deep as the sum is long.
void write(const Ast& ast, std::uint32_t root, Writer& out) {
  using Kind = ExprNode::Kind;
  struct Work {
    std::uint32_t node = 0;
    bool parentheses = false;
    std::string_view text;  // written where given, instead of a node
    bool breakable = false;
  };
  std::vector<Work> stack{{root, false, {}, false}};
  while (!stack.empty()) {
    const Work work = stack.back();
    stack.pop_back();
    if (!work.text.empty()) {
      if (work.breakable) out.put_breakable(work.text);
      else out.put(work.text);
      continue;
    }
    const ExprNode& node = ast.nodes[work.node];
    if (work.parentheses) {
      stack.push_back({0, false, ")", false});
      stack.push_back({work.node, false, {}, false});
      out.put("(");
      continue;
    }
    switch (node.kind) {
      case Kind::number:
      case Kind::boolean:
      case Kind::name: out.put(ast.text(node.word)); break;
      case Kind::quantity: {
        // The number is the text before the unit.
        const std::string_view all = ast.text({node.at.begin, node.word.begin});
        out.put(without_space(all));
        out.put(" ");
        out.put(without_space(ast.text(node.word)));
        break;
      }
      case Kind::unary: {
        const Sign sign = sign_of(node.op);
        out.put(sign.text);
        stack.push_back({node.a, level_of(ast.nodes[node.a]) < sign.level, {}, false});
        break;
      }
      case Kind::binary: {
        const Sign sign = sign_of(node.op);
        const int left = level_of(ast.nodes[node.a]), right = level_of(ast.nodes[node.b]);
        const bool power = node.op == Operator::power;
        const bool comparison = sign.level == 4;
        // ** binds its left side tighter than its right, which may be a sign; all others associate to the left.
        // A number with its unit is raised only in parentheses.
        const bool quantity_raised = power && ast.nodes[node.a].kind == Kind::quantity;
        const bool left_in = quantity_raised || (power || comparison ? left <= sign.level : left < sign.level);
        const bool right_in = power ? right < 7 : right <= sign.level;
        stack.push_back({node.b, right_in, {}, false});
        stack.push_back({0, false, sign.text, true});
        stack.push_back({node.a, left_in, {}, false});
        break;
      }
      case Kind::call:
        out.put(ast.text(node.word));
        out.put("(");
        stack.push_back({0, false, ")", false});
        for (std::uint32_t i = node.b; i-- > 0;) {
          stack.push_back({ast.arguments[node.a + i], false, {}, false});
          if (i > 0) stack.push_back({0, false, ", ", true});
        }
        break;
    }
  }
}

void write(const Ast& ast, const Expr& expr, Writer& out) { write(ast, expr.root, out); }

void write(const Ast& ast, const Distribution& distribution, Writer& out) {
  out.put(ast.text(distribution.family));
  out.put("(");
  for (std::size_t i = 0; i < distribution.arguments.size(); ++i) {
    if (i > 0) out.put_breakable(", ");
    write(ast, distribution.arguments[i], out);
  }
  out.put(")");
}

void write_interval(const Ast& ast, const Expr& low, const Expr& high, Writer& out) {
  out.put("[");
  write(ast, low, out);
  out.put_breakable(", ");
  write(ast, high, out);
  out.put("]");
}

void write_range(const Ast& ast, const Statement& statement, Writer& out) {
  out.put(" in ");
  write_interval(ast, statement.low, statement.high, out);
  if (statement.name.empty()) return;
  out.put(" for ");
  out.put(ast.text(statement.name));
  out.put(" in ");
  write_interval(ast, statement.from, statement.to, out);
}

void write_item(const Ast& ast, const RequiredItem& item, Writer& out) {
  using Reduce = RequiredItem::Reduce;
  if (item.reduce != Reduce::every) out.put(item.reduce == Reduce::maximum ? "max(" : "min(");
  write(ast, item.expression, out);
  if (item.reduce != Reduce::every) out.put(")");
}

void write_unit(const Ast& ast, const Statement& statement, Writer& out) {
  out.put(" : ");
  out.put(without_space(ast.text(statement.unit)));
}

void write_flags(const Ast& ast, const Statement& statement, Writer& out) {
  if (statement.flags.empty()) return;
  out.put(" (");
  for (std::size_t i = 0; i < statement.flags.size(); ++i) {
    if (i > 0) out.put(", ");
    // Words of a flag one space apart; "event-driven" as it is. A comment among them has a line of its own.
    std::string flag;
    bool space = false, comment = false;
    for (const char c : ast.text(statement.flags[i])) {
      comment = c != '\n' && (comment || c == '#');
      if (comment || c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') {
        space = true;
        continue;
      }
      if (space && c != '-' && flag.back() != '-') flag += ' ';
      space = false;
      flag += c;
    }
    out.put(flag);
  }
  out.put(")");
}

void write(const Ast& ast, const Statement& s, Writer& out) {
  using Kind = Statement::Kind;
  const std::string_view name = ast.text(s.name);
  switch (s.kind) {
    case Kind::ode:
      out.put("d");
      out.put(name);
      out.put("/dt = ");
      write(ast, s.value, out);
      write_unit(ast, s, out);
      write_flags(ast, s, out);
      break;
    case Kind::definition:
      out.put(name);
      out.put(" = ");
      write(ast, s.value, out);
      write_unit(ast, s, out);
      write_flags(ast, s, out);
      break;
    case Kind::declaration:
      out.put(name);
      write_unit(ast, s, out);
      write_flags(ast, s, out);
      break;
    case Kind::param:
      out.put("param ");
      out.put(name);
      write_unit(ast, s, out);
      if (s.value.given()) {
        out.put(" = ");
        write(ast, s.value, out);
      }
      if (s.distribution) {
        out.put(" ~ ");
        write(ast, *s.distribution, out);
      }
      break;
    case Kind::constant:
      out.put("const ");
      out.put(name);
      if (!s.unit.empty()) write_unit(ast, s, out);
      out.put(" = ");
      write(ast, s.value, out);
      break;
    case Kind::input:
      out.put("input ");
      out.put(name);
      write_unit(ast, s, out);
      break;
    case Kind::init:
      out.put("init ");
      out.put(name);
      out.put(" = ");
      write(ast, s.value, out);
      break;
    case Kind::observe:
      out.put("observe ");
      out.put(name);
      out.put(" ~ ");
      write(ast, *s.distribution, out);
      break;
    case Kind::require:
      out.put("require ");
      for (std::size_t i = 0; i < s.items.size(); ++i) {
        if (i > 0) out.put_breakable(", ");
        write_item(ast, s.items[i], out);
      }
      write_range(ast, s, out);
      break;
    case Kind::threshold:
      out.put("threshold ");
      write(ast, s.value, out);
      break;
    case Kind::refractory:
      out.put("refractory ");
      write(ast, s.value, out);
      break;
    case Kind::event:
      out.put("event ");
      out.put(name);
      out.put(" ");
      write(ast, s.value, out);
      break;
    case Kind::dialect: out.put("dialect = \"brian2\""); break;
    case Kind::table:
      out.put("table ");
      out.put(name);
      out.put("(t) = [");
      for (std::size_t i = 0; i < s.values.size(); ++i) {
        if (i > 0) out.put_breakable(", ");
        write(ast, s.values[i], out);
      }
      out.put("]");
      if (!s.unit.empty()) {
        out.put(" ");
        out.put(without_space(ast.text(s.unit)));
      }
      out.put(", dt = ");
      write(ast, s.value, out);
      break;
    case Kind::reset:
    case Kind::on:
      out.put(s.kind == Kind::reset ? "reset " : "on ");
      if (s.kind == Kind::on) {
        out.put(name);
        out.put(" ");
      }
      for (std::size_t i = 0; i < s.assignments.size(); ++i) {
        const ResetAssignment& a = s.assignments[i];
        if (i > 0) out.put("; ");
        out.put(ast.text(a.name));
        switch (a.op) {
          case Operator::add: out.put(" += "); break;
          case Operator::sub: out.put(" -= "); break;
          case Operator::mul: out.put(" *= "); break;
          case Operator::div: out.put(" /= "); break;
          case Operator::mod: out.put(" %= "); break;
          default: out.put(" = "); break;
        }
        write(ast, a.value, out);
      }
      break;
  }
}

class Formatter {
 public:
  explicit Formatter(const Ast& ast) : ast_(ast) {}

  std::string run() {
    for (const Statement& statement : ast_.statements) {
      // Comments before the statement, and those within it (they have no place of their own in the new layout).
      const int last_line = ast_.source->line(statement.at.end - 1);
      std::size_t trailing = ast_.comments.size();
      while (next_ < ast_.comments.size() && ast_.comments[next_].at.begin < statement.at.end)
        line_comment(ast_.source->line(statement.at.begin));
      if (next_ < ast_.comments.size() && !ast_.comments[next_].own_line &&
          line_of(ast_.comments[next_]) == last_line && is_last_in_line(statement))
        trailing = next_++;
      if (trailing < ast_.comments.size() && size_of(ast_.comments[trailing]) > long_comment) {
        blank_before(ast_.source->line(statement.at.begin));
        put(ast_.text(ast_.comments[trailing].at));
        end_line(last_written_);
        trailing = ast_.comments.size();
      } else {
        blank_before(ast_.source->line(statement.at.begin));
      }
      put(format_statement(ast_, statement));
      if (trailing < ast_.comments.size()) {
        put("  ");
        put(ast_.text(ast_.comments[trailing].at));
      }
      end_line(last_line);
    }
    while (next_ < ast_.comments.size()) line_comment(ast_.source->lines());
    return std::move(out_);
  }

 private:
  const Ast& ast_;
  std::string out_;
  std::size_t next_ = 0;  // the next comment
  int last_written_ = 0;  // source line of what was written last; 0: nothing yet

  [[nodiscard]] int line_of(const Comment& comment) const { return ast_.source->line(comment.at.begin); }
  [[nodiscard]] static std::size_t size_of(const Comment& comment) { return comment.at.end - comment.at.begin; }
  /// The next statement starts in a later line.
  [[nodiscard]] bool is_last_in_line(const Statement& statement) const {
    const auto i = static_cast<std::size_t>(&statement - ast_.statements.data());
    return i + 1 >= ast_.statements.size() ||
           ast_.source->line(ast_.statements[i + 1].at.begin) > ast_.source->line(statement.at.end - 1);
  }
  void put(std::string_view text) { out_ += text; }
  void end_line(int source_line) {
    out_ += '\n';
    last_written_ = source_line;
  }
  /// One blank line where the source had any.
  void blank_before(int source_line) {
    if (last_written_ > 0 && source_line > last_written_ + 1) out_ += '\n';
  }
  void line_comment(int before_line) {
    const Comment& comment = ast_.comments[next_++];
    blank_before(std::min(line_of(comment), before_line));
    put(ast_.text(comment.at));
    end_line(line_of(comment));
  }
};

}  // namespace

std::string format_expression(const Ast& ast, const Expr& expr) {
  Writer out(false);
  write(ast, expr, out);
  return out.take();
}

std::string format_statement(const Ast& ast, const Statement& statement) {
  Writer out(true);
  write(ast, statement, out);
  return out.take();
}

std::string format_requirement(const Ast& ast, const Statement& statement, const RequiredItem& item) {
  Writer out(false);
  write_item(ast, item, out);
  write_range(ast, statement, out);
  return out.take();
}

Result<std::string> format_model(std::string_view text, std::string_view file_name) {
  const Result<Ast> ast = parse(text, file_name);
  if (!ast) return fail(ast.error());
  return Formatter(*ast).run();
}

}  // namespace hillock::lang
