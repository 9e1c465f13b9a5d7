#include "table.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <cmath>
#include <filesystem>

#include "io/whole_file.hpp"

namespace hillock::bench {
namespace {

using Json = nlohmann::ordered_json;

Json number(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  return std::strtod(fmt::format("{:.9g}", *value).c_str(), nullptr);
}

std::string shown(std::optional<double> value, const char* absent = "") {
  if (!value) return absent;
  if (!std::isfinite(*value)) return "not measured";
  const double size = std::fabs(*value);
  return size >= 1e4 && size < 1e7 ? fmt::format("{:.0f}", *value) : fmt::format("{:.6g}", *value);
}

std::string today() { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr))); }

std::string compiler() { return std::string(HILLOCK_BENCH_COMPILER); }

Json lines_of(const Sheet& sheet) {
  Json out = Json::array();
  for (const std::vector<Sheet::Entry>& line : sheet.lines) {
    HILLOCK_CHECK(line.size() == sheet.columns.size(), "a line of a sheet with another number of entries than columns");
    Json json;
    for (std::size_t j = 0; j < line.size(); ++j)
      json[sheet.columns[j]] = std::visit(
          [](const auto& entry) -> Json {
            if constexpr (std::is_same_v<std::decay_t<decltype(entry)>, double>) return number(entry);
            else return entry;
          },
          line[j]);
    out.push_back(std::move(json));
  }
  return out;
}

Json document(const Table& table) {
  Json out;
  out["schema"] = "hillock.bench/1";
  out["benchmark"] = table.benchmark;
  out["title"] = table.title;
  out["date"] = today();
  out["machine"] = {{"cpu", table.machine.cpu},
                    {"cores", table.machine.cores},
                    {"isa", table.machine.isa},
                    {"load_at_start", number(table.machine.load)}};
  out["versions"] = {{"hillock", table.hillock}, {"compiler", compiler()}, {"llvm", HILLOCK_BENCH_LLVM}};
  out["notes"] = table.notes;
  out["rows"] = Json::array();
  for (const Row& r : table.rows) {
    Json json;
    json["name"] = r.name;
    json["value"] = number(r.value);
    json["unit"] = r.unit;
    json["peer"] = r.peer.empty() ? Json(nullptr) : Json(r.peer);
    json["peer_value"] = number(r.peer_value);
    json["ratio"] = number(r.ratio());
    json["target"] = r.target().empty() ? Json(nullptr) : Json(r.target());
    json["met"] = r.met() ? Json(*r.met()) : Json(nullptr);
    out["rows"].push_back(std::move(json));
  }
  for (const Sheet& sheet : table.sheets) out[sheet.name] = lines_of(sheet);
  return out;
}

/// One row a line.
std::string text_of(const Json& document) {
  Json head = document;
  for (auto member = head.begin(); member != head.end();)
    member = document.at(member.key()).is_array() && member.key() != "notes" ? head.erase(member) : std::next(member);
  std::string out = head.dump(2);
  out.resize(out.size() - 2);  // "\n}"
  for (const auto& [key, lines] : document.items()) {
    if (head.contains(key)) continue;
    out += fmt::format(",\n  \"{}\": [", key);
    const char* comma = "\n    ";
    for (const Json& line : lines) {
      out += comma + line.dump();
      comma = ",\n    ";
    }
    out += "\n  ]";
  }
  return out + "\n}\n";
}

std::string entry_text(const Sheet::Entry& entry) {
  if (const auto* text = std::get_if<std::string>(&entry)) return *text;
  if (const auto* truth = std::get_if<bool>(&entry)) return *truth ? "yes" : "**no**";
  const double value = std::get<double>(entry);
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : "";
}

std::string markdown(const Sheet& sheet) {
  std::string out = fmt::format("\n{}\n\n|", sheet.title), rule = "|";
  for (const std::string& column : sheet.columns) out += fmt::format(" {} |", column), rule += "---|";
  out += "\n" + rule + "\n";
  for (const std::vector<Sheet::Entry>& line : sheet.lines) {
    out += "|";
    for (const Sheet::Entry& entry : line) out += fmt::format(" {} |", entry_text(entry));
    out += "\n";
  }
  return out;
}

std::string markdown(const Table& table) {
  std::string out = fmt::format("# {}\n\n{}\n\n", table.benchmark, table.title);
  out += fmt::format("{}; {} cores, {}; load {:.1f} at the start. {}; {}, LLVM {}. {}.\n\n", table.machine.cpu,
                     table.machine.cores, table.machine.isa, table.machine.load, table.hillock, compiler(),
                     HILLOCK_BENCH_LLVM, today());
  out += "| what | value | unit | peer | peer's value | ratio | target | met |\n|---|---:|---|---|---:|---:|---|---|\n";
  for (const Row& r : table.rows)
    out += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", r.name, shown(r.value), r.unit, r.peer,
                       shown(r.peer_value), shown(r.ratio()), r.target(), r.met() ? (*r.met() ? "yes" : "**no**") : "");
  for (const Sheet& sheet : table.sheets) out += markdown(sheet);
  if (!table.notes.empty()) out += "\n";
  for (const std::string& note : table.notes) out += fmt::format("- {}\n", note);
  return out;
}

}  // namespace

Result<void> write_table(const Table& table, const std::string& path) {
  const std::string page = markdown(table);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code ignored;  // an unwritable folder is an error of the writing below
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  if (auto written = io::write_whole(path, text_of(document(table))); !written) return written;
  if (auto written = io::write_whole(std::filesystem::path(path).replace_extension(".md").string(), page); !written)
    return written;
  fmt::print("{}", page);
  return {};
}

}  // namespace hillock::bench
