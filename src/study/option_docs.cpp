#include "study/option_docs.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "study/options.hpp"

namespace hillock::study {
namespace {

struct Row {
  std::string section;   ///< "search", "data.<name>"
  std::string key;       ///< full, with placeholders
  std::string value;     ///< what may stand there
  std::string standard;  ///< the default, or "required"
  std::string sentence;
};

template <class Owner>
Row row_of(const Option<Owner>& option, const std::string& section, const std::string& before) {
  Row row;
  row.section = section;
  row.key = before + std::string(option.key) + (takes_names(option) ? ".<name>" : "");
  row.value = expected(option);
  const std::string standard = default_text(option);
  row.standard = option.limits.required ? "required" : standard.empty() ? "none" : standard;
  row.sentence = option.sentence;
  return row;
}

/// In the order of a study file: the recordings follow the priors.
std::vector<Row> all_rows() {
  std::vector<Row> rows;
  bool data_done = false;
  for (const auto& option : study_options()) {
    const std::string section(option.key.substr(0, option.key.find('.')));
    if (!data_done && section == "observe") {
      for (const auto& below : split_options()) rows.push_back(row_of(below, "data.<name>", "data.<name>."));
      data_done = true;
    }
    rows.push_back(row_of(option, section, ""));
  }
  return rows;
}

std::string section_words(std::string_view section) {
  if (section == "study") return "The study itself.";
  if (section == "model") return "The model and how its equations are solved.";
  if (section == "prior") return "Priors that replace those in the model file; with model.command, the parameters.";
  if (section == "data.<name>")
    return "One recording. `[data.train]` is fitted; every other section, under any name, is predicted and never seen "
           "by the search.";
  if (section == "observe") return "How model and data are compared.";
  if (section == "search") return "How the parameters and their posterior are found.";
  if (section == "verify") return "What is checked, and how hard.";
  if (section == "report") return "report.html.";
  bug(__FILE__, __LINE__, fmt::format("the section {} has no words", section));
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) out += std::string(indent, ' ') + line + "\n";
    line.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) flush();
    line += (line.empty() ? "" : " ") + std::string(word);
    at = end + 1;
  }
  flush();
  return out;
}

/// "data.train.mask" asks for "data.<name>.mask".
std::string with_placeholder(std::string_view prefix) {
  if (!prefix.starts_with("data.")) return std::string(prefix);
  const std::size_t dot = prefix.find('.', 5);
  return "data.<name>" + (dot == std::string_view::npos ? std::string() : std::string(prefix.substr(dot)));
}

std::string escaped(std::string text) {
  for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) text.insert(at, "\\");
  for (std::size_t at = 0; (at = text.find('<', at)) != std::string::npos; at += 4) text.replace(at, 1, "&lt;");
  return text;
}

}  // namespace

std::string options_markdown() {
  std::string out =
      "# The options of a study\n\n"
      "This page is written from the table in `src/study/options.cpp` (`hillock help options --markdown`).\n\n"
      "A study is one TOML file. Every option can also be set from the command line: `--set search.starts=100`; text\n"
      "needs no quotes there. Quantities are text with a unit: `\"0.1 ms\"`. Paths are relative to the study file.\n";
  std::string section;
  for (const Row& row : all_rows()) {
    if (row.section != section) {
      section = row.section;
      out += fmt::format("\n## [{}]\n\n{}\n\n| option | value | default | |\n|---|---|---|---|\n", section,
                         section_words(section));
    }
    out += fmt::format("| `{}` | {} | {} | {} |\n", row.key, escaped(row.value), escaped(row.standard),
                       escaped(row.sentence));
  }
  return out;
}

Result<std::string> options_help(std::string_view prefix) {
  const std::string wanted = with_placeholder(prefix);
  std::string out;
  std::string section;
  for (const Row& row : all_rows()) {
    const bool chosen = row.key == wanted || wanted.empty() || row.key.starts_with(wanted + ".");
    if (!chosen) continue;
    if (row.section != section) {
      section = row.section;
      out += fmt::format("{}[{}]  {}\n", out.empty() ? "" : "\n", section, section_words(section));
    }
    out += fmt::format("  {}\n", row.key);
    out += wrapped(row.sentence, 6, 100);
    out += wrapped(fmt::format("{}; {}", row.value,
                               row.standard == "required" ? "required"
                               : row.standard == "none"   ? "no default"
                                                          : "default " + row.standard),
                   6, 100);
  }
  if (!out.empty()) return out;
  std::vector<std::string> names;
  for (const Row& row : all_rows()) {
    names.push_back(row.key);
    if (std::ranges::find(names, row.section) == names.end()) names.push_back(row.section);
  }
  const std::string near = nearest(wanted, names);
  return fail("key-unknown", fmt::format("there is no option \"{}\"", prefix), "",
              near.empty() ? "hillock help options" : fmt::format("hillock help options {}", near));
}

}  // namespace hillock::study
