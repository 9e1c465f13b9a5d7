#include "calibration/ledger.hpp"

#include <nlohmann/json.hpp>
#include <filesystem>
#include <sstream>

#include "io/whole_file.hpp"

namespace hillock::bench {

using Json = nlohmann::ordered_json;

Result<Ledger> Ledger::open(const std::string& path, const std::string& settings) {
  Ledger ledger;
  ledger.path_ = path;
  ledger.settings_ = settings;
  if (!std::filesystem::exists(path)) return ledger;
  const auto text = io::read_whole(path, io::largest_input);
  if (!text) return fail(text.error());
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (json.is_discarded() || json.value("settings", "") != settings) continue;
    Outcome outcome{json.at("study"),   json.at("k"),      json.at("status"),
                    json.at("reasons"), json.at("inside"), json.at("cpu_s")};
    ledger.known_.insert_or_assign({outcome.study, outcome.k}, outcome);
  }
  return ledger;
}

std::optional<Outcome> Ledger::find(const std::string& study, std::uint64_t k) const {
  const auto found = known_.find({study, k});
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

Result<void> Ledger::add(const Outcome& o) {
  known_.insert_or_assign({o.study, o.k}, o);
  const Json json = {{"study", o.study},   {"k", o.k},         {"status", o.status},   {"reasons", o.reasons},
                     {"inside", o.inside}, {"cpu_s", o.cpu_s}, {"settings", settings_}};
  return io::append_line(path_, json.dump());
}

}  // namespace hillock::bench
