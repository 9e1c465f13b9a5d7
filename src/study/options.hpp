#pragma once
/// The one table of options. A row is one key of a study file: its field (whose type is the option's type), its
/// limits, and one sentence. The reader, `--set`, `hillock help options`, docs/reference/options.md and the lock file
/// are all made from these rows, so none of them can disagree; a new option is a field in resolved.hpp and a row here.

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "study/resolved.hpp"

namespace hillock::study {

/// Where a row's value goes in its owner (a study, or one recording of it).
template <class Owner>
using Field = std::variant<std::string& (*)(Owner&), std::int64_t& (*)(Owner&), double& (*)(Owner&), bool& (*)(Owner&),
                           PathText& (*)(Owner&), std::optional<QuantityText>& (*)(Owner&),
                           std::vector<PriorText>& (*)(Owner&), std::vector<NamedQuantity>& (*)(Owner&),
                           std::vector<Observed>& (*)(Owner&), std::vector<InputSource>& (*)(Owner&),
                           std::vector<ConstantSource>& (*)(Owner&), std::vector<MaskSamples>& (*)(Owner&),
                           std::vector<MaskWindow>& (*)(Owner&), TextList& (*)(Owner&), ClockTime& (*)(Owner&),
                           std::vector<ListedText>& (*)(Owner&)>;

/// What a value may be, apart from its type.
struct Limits {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool open = false;                      ///< the bounds themselves are not allowed
  std::vector<std::string_view> choices;  ///< the allowed words; empty: any text
  std::string_view dimension;             ///< the unit whose dimension a quantity must have; empty: any
  bool required = false;
};

template <class Owner>
struct Option {
  std::string_view key;  ///< "search.starts"; in a recording's rows what follows "data.<name>."
  Field<Owner> field;
  Limits limits;
  std::string_view default_words;  ///< where the default is no constant: "the sampling interval"
  std::string_view sentence;
};

/// The rows of a whole study, in the order of the sections.
[[nodiscard]] const std::vector<Option<ResolvedStudy>>& study_options();
/// The rows of one recording: keys below `data.<name>`.
[[nodiscard]] const std::vector<Option<DataSplit>>& split_options();

/// True for the kinds that take free names below them (`observe.<channel>`).
template <class Owner>
[[nodiscard]] bool takes_names(const Option<Owner>& option);

/// "an integer from 1 to 100000", "one of "nuts", "laplace", "none"", "a quantity of time, such as "0.1 ms"".
template <class Owner>
[[nodiscard]] std::string expected(const Option<Owner>& option);

/// The default as it would be written in a study file; words where it is no constant; empty where there is none.
template <class Owner>
[[nodiscard]] std::string default_text(const Option<Owner>& option);

/// Every key with its placeholders: "data.<name>.observe.<channel>".
[[nodiscard]] std::vector<std::string> option_names();

}  // namespace hillock::study
