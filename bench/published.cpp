#include "published.hpp"

#include <fmt/format.h>

#include "io/csv/csv.hpp"

namespace hillock::bench {

Result<std::vector<PublishedFit>> read_published(const std::string& path) {
  const auto file = io::read_csv(path);
  if (!file) return fail(file.error());
  Errors errors;
  const auto column = [&](const std::string& name) -> std::vector<double> {
    if (const data::Array* array = file->find(name)) return array->values;
    errors.push_back({"published-columns", fmt::format("there is no column \"{}\"", name), std::nullopt, path, ""});
    return {};
  };
  const auto cell = column("cell"), error = column("best_error"), within = column("runs_within_0.1_percent");
  const auto runs = column("runs"), seconds = column("median_seconds_per_run");
  const auto test = column("action_potential_error_gap_interpolated");
  std::array<std::vector<double>, 9> p;
  for (std::size_t j = 0; j < p.size(); ++j) p[j] = column(fmt::format("p{}", j + 1));
  if (!errors.empty()) return fail(std::move(errors));
  std::vector<PublishedFit> fits;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    PublishedFit fit{static_cast<int>(cell[i]),
                     error[i],
                     static_cast<int>(within[i]),
                     static_cast<int>(runs[i]),
                     seconds[i],
                     test[i],
                     {}};
    for (std::size_t j = 0; j < p.size(); ++j) fit.p[j] = p[j][i];
    fits.push_back(fit);
  }
  return fits;
}

double recorded_command_error(int cell) {
  constexpr std::array errors = {2.610e-2, 1.896e-2, 2.597e-2, 1.921e-2, 1.610e-2, 2.135e-2};
  HILLOCK_CHECK(cell >= 1 && cell <= static_cast<int>(errors.size()), "a cell without a known error");
  return errors[static_cast<std::size_t>(cell) - 1];
}

}  // namespace hillock::bench
