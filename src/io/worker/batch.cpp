#include "io/worker/batch.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace hillock::io::worker {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// 1 + the place of `reason` in `reasons`, where it is put unless there are too many.
std::uint16_t number_in(std::vector<std::string>& reasons, std::map<std::string, std::uint16_t, std::less<>>& numbers,
                        std::string_view reason) {
  const auto known = numbers.find(reason);
  if (known != numbers.end()) return known->second;
  const std::string name(reasons.size() + 1 < most_reasons ? reason : "other");
  const auto place = numbers.find(name);
  if (place != numbers.end()) return place->second;
  reasons.push_back(name);
  return numbers[name] = static_cast<std::uint16_t>(reasons.size());
}

}  // namespace

Batch::Batch(const Array2& parameters, std::uint64_t first, std::size_t statistics, std::size_t workers,
             Answers answers)
    : parameters_(parameters),
      first_(first),
      statistics_(statistics),
      answers_(answers),
      left_(parameters.rows),
      holder_(parameters.rows, nobody),
      owed_(workers) {
  answers_.x = Array2(parameters.rows, statistics);
  answers_.failed.assign(parameters.rows, 0);
  answers_.undefined.assign(parameters.rows * statistics, 0);
}

void Batch::hand_to(std::size_t worker, std::size_t row) {
  holder_[row] = static_cast<std::int32_t>(worker);
  owed_[worker].rows.push_back(row);
  ++owed_[worker].count;
}

Batch::Rows Batch::take(std::size_t worker, std::size_t most) {
  const auto finite = [&](std::size_t row) {
    return std::ranges::all_of(parameters_.row(row), [](double value) { return std::isfinite(value); });
  };
  for (; next_ < parameters_.rows && !finite(next_); ++next_) fail_row(next_, "parameter-not-finite");
  Rows rows{next_, 0};
  for (; rows.count < most && next_ < parameters_.rows && finite(next_); ++rows.count, ++next_) hand_to(worker, next_);
  return rows;
}

std::optional<std::size_t> Batch::take_suspect(std::size_t worker, bool fresh) {
  auto& from = fresh && !alone_and_fresh_.empty() ? alone_and_fresh_ : alone_;
  if (from.empty()) return std::nullopt;
  const std::size_t row = from.front();
  from.pop_front();
  hand_to(worker, row);
  return row;
}

bool Batch::accept(std::size_t worker, const Answer& answer, bool in_order) {
  const std::uint64_t place = answer.id - first_;
  if (place >= parameters_.rows || holder_[place] != static_cast<std::int32_t>(worker)) return false;
  const auto row = static_cast<std::size_t>(place);
  Owed& owed = owed_[worker];
  if (in_order && owed.rows.front() != row) return false;
  if (!answer.failure.empty()) {
    fail_row(row, answer.failure);
  } else {
    HILLOCK_CHECK(answer.x.size() == statistics_, "a reader handed over an answer of another size");
    double* x = answers_.x.values.data() + row * statistics_;
    bool all_lost = true;
    bool any_lost = false;
    for (std::size_t i = 0; i < statistics_; ++i) {
      x[i] = answer.x[i];
      if (std::isfinite(x[i])) {
        all_lost = false;
        continue;
      }
      any_lost = true;
      const bool said = !answer.reasons.empty() && !answer.reasons[i].empty();
      all_lost = all_lost && !said;
    }
    if (all_lost) {
      fail_row(row, not_finite);
    } else {
      for (std::size_t i = 0; any_lost && i < statistics_; ++i) {
        if (std::isfinite(x[i])) continue;
        x[i] = nan;
        const bool said = !answer.reasons.empty() && !answer.reasons[i].empty();
        answers_.undefined[row * statistics_ + i] = number_of(said ? std::string_view(answer.reasons[i]) : not_finite);
      }
      holder_[row] = answered_row;
      --left_;
    }
  }
  --owed.count;
  while (!owed.rows.empty() && holder_[owed.rows.front()] == answered_row) owed.rows.pop_front();
  return true;
}

void Batch::lose(std::size_t worker, bool certain, const std::string& reason) {
  Owed& owed = owed_[worker];
  const bool single = owed.count == 1;
  for (const std::size_t row : owed.rows) {
    if (holder_[row] != static_cast<std::int32_t>(worker)) continue;
    if (single && certain) {
      fail_row(row, reason);
      continue;
    }
    holder_[row] = nobody;
    (single ? alone_and_fresh_ : alone_).push_back(row);
  }
  owed.rows.clear();
  owed.count = 0;
}

void Batch::fail_row(std::size_t row, std::string_view reason) {
  const std::uint16_t number = number_of(reason);
  answers_.failed[row] = number;
  std::ranges::fill(answers_.x.row(row), nan);
  for (std::size_t i = 0; i < statistics_; ++i) answers_.undefined[row * statistics_ + i] = number;
  holder_[row] = answered_row;
  --left_;
}

std::uint16_t Batch::number_of(std::string_view reason) { return number_in(reasons_, reason_numbers_, reason); }

void Batch::finish(std::vector<std::string>& reasons) {
  if (reasons_.empty()) return;
  std::map<std::string, std::uint16_t, std::less<>> numbers;
  for (std::size_t i = 0; i < reasons.size(); ++i) numbers[reasons[i]] = static_cast<std::uint16_t>(i + 1);
  std::vector<std::uint16_t> renumbered(reasons_.size() + 1, 0);
  const auto renumber = [&](std::uint16_t& number) {
    if (number == 0) return;
    if (renumbered[number] == 0) renumbered[number] = number_in(reasons, numbers, reasons_[number - 1]);
    number = renumbered[number];
  };
  for (std::size_t row = 0; row < parameters_.rows; ++row) {
    renumber(answers_.failed[row]);
    for (std::size_t i = 0; i < statistics_; ++i) renumber(answers_.undefined[row * statistics_ + i]);
  }
}

}  // namespace hillock::io::worker
