#pragma once
/// Collects the mistakes of one text, in the order of their places.

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "lang/source.hpp"

namespace hillock::lang {

class Problems {
 public:
  explicit Problems(std::shared_ptr<const Source> source) : source_(std::move(source)) {}

  void add(std::string code, std::string message, Extent at, std::string hint = {});
  /// About something that is read, and cannot be run for this reason.
  void add_not_yet_run(const std::string& construct, const std::string& reason, Extent at);
  /// About the whole text.
  void add_whole(std::string code, std::string message, std::string hint = {});
  [[nodiscard]] bool any() const { return count_ > 0; }
  /// Whether the next one would still be shown: a hint that costs time is worth computing.
  [[nodiscard]] bool room() const;
  /// Sorted by place; the last one says how many more there are.
  [[nodiscard]] Errors take();
  /// The same for a text that is the value of a key: where it has one line only, the key is the place (line 0).
  [[nodiscard]] Errors take_about_one_line();

 private:
  struct Placed {
    std::uint32_t offset;
    std::size_t order;  ///< of being found, for several at one place
    Error error;
  };
  std::shared_ptr<const Source> source_;
  std::size_t count_ = 0;
  std::vector<Placed> shown_;
};

}  // namespace hillock::lang
