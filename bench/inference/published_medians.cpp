#include "inference/published_medians.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <vector>

#include "io/whole_file.hpp"

namespace hillock::bench {
namespace {

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, ',');) out.push_back(field);
  return out;
}

}  // namespace

Result<PublishedMedians> PublishedMedians::read(const std::string& path) {
  const auto text = io::read_whole(path, std::size_t{1} << 24U);
  if (!text) return fail(text.error());
  return parse(*text, path);
}

Result<PublishedMedians> PublishedMedians::parse(const std::string& text, const std::string& path) {
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> header = fields(line);
  Errors errors;
  const auto column = [&](const std::string& name) {
    const auto at = std::ranges::find(header, name);
    if (at == header.end())
      errors.push_back({"published-columns", fmt::format("there is no column \"{}\"", name), std::nullopt, path, ""});
    return static_cast<std::size_t>(at - header.begin());
  };
  const std::size_t source = column("source"), task = column("task"), algorithm = column("algorithm");
  const std::size_t simulations = column("num_simulations"), median = column("c2st_median");
  if (!errors.empty()) return fail(std::move(errors));
  PublishedMedians out;
  for (std::size_t number = 2; std::getline(lines, line); ++number) {
    if (line.empty()) continue;
    const std::vector<std::string> f = fields(line);
    const auto value = [&](std::size_t k) {
      char* end = nullptr;
      const double v = k < f.size() ? std::strtod(f[k].c_str(), &end) : std::nan("");
      return end == nullptr || *end != '\0' || f[k].empty() ? std::nan("") : v;
    };
    const double count = value(simulations), c2st = value(median);
    if (f.size() < std::max({source, task, algorithm}) + 1 || !(count >= 1.0 && count < 1e15) ||
        !(c2st >= 0.0 && c2st <= 1.0)) {
      errors.push_back({"published-number",
                        fmt::format("line {} has no number of simulations, or no C2ST between 0 and 1", number),
                        std::nullopt, path, ""});
      continue;
    }
    if (f[source] != (f[task] == "gaussian_mixture" ? "gmm_rerun" : "main_paper")) continue;
    out.medians_[{f[task], f[algorithm], static_cast<std::uint64_t>(count)}] = c2st;
  }
  if (!errors.empty()) return fail(std::move(errors));
  return out;
}

std::optional<double> PublishedMedians::find(const std::string& task, const std::string& algorithm,
                                             std::uint64_t simulations) const {
  const auto found = medians_.find({task, algorithm, simulations});
  if (found == medians_.end()) return std::nullopt;
  return found->second;
}

std::optional<PublishedMedians::Best> PublishedMedians::best(const std::string& task, std::uint64_t simulations) const {
  std::optional<Best> out;
  for (const char* algorithm : {"NPE", "SNPE", "NLE", "SNLE", "NRE", "SNRE"})
    if (const auto c2st = find(task, algorithm, simulations); c2st && (!out || *c2st < out->c2st))
      out = {*c2st, algorithm};
  return out;
}

}  // namespace hillock::bench
