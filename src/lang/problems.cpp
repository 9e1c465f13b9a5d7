#include "lang/problems.hpp"

#include <algorithm>

#include "lang/limits.hpp"

namespace hillock::lang {

bool Problems::room() const { return shown_.size() < max_errors; }

void Problems::add(std::string code, std::string message, Extent at, std::string hint) {
  ++count_;
  if (!room()) return;
  shown_.push_back(
      {at.begin, shown_.size(), Error{std::move(code), std::move(message), source_->span(at), {}, std::move(hint)}});
}

void Problems::add_not_yet_run(const std::string& construct, const std::string& reason, Extent at) {
  add("not-yet-run", construct + " cannot be run yet: " + reason, at);
}

void Problems::add_whole(std::string code, std::string message, std::string hint) {
  ++count_;
  if (!room()) return;
  Span span;
  span.file = source_->name();
  shown_.push_back(
      {0, shown_.size(), Error{std::move(code), std::move(message), std::move(span), {}, std::move(hint)}});
}

Errors Problems::take() {
  std::ranges::sort(shown_, {}, [](const Placed& p) { return std::pair(p.offset, p.order); });
  Errors errors;
  for (Placed& placed : shown_) errors.push_back(std::move(placed.error));
  if (count_ > shown_.size()) {
    Span span;
    span.file = source_->name();
    errors.push_back({"too-many-errors",
                      std::to_string(count_ - shown_.size()) + " more errors are not shown",
                      std::move(span),
                      {},
                      {}});
  }
  return errors;
}

Errors Problems::take_about_one_line() {
  Errors errors = take();
  if (source_->lines() > 1) return errors;
  for (Error& error : errors)
    if (error.span) error.span->line = 0;
  return errors;
}

}  // namespace hillock::lang
