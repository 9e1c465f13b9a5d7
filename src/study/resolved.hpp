#pragma once
/// A study with every question answered: what the pipeline is given. Initialisers are the defaults; `options.hpp`
/// holds the table that fills the fields from a study file, and every key of that table is one field here.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "data/mask.hpp"
#include "units/unit.hpp"

namespace hillock::study {

/// Where the user wrote something: its key ("data.train.observe.I") and its place in the study file.
struct Origin {
  std::string key;
  std::optional<Span> span;  ///< none for a default
  /// An error about what stands here.
  [[nodiscard]] Error error(std::string code, std::string message, std::string hint = {}) const;
};

/// A quantity, and the text it was read from (the lock file repeats the text).
struct QuantityText {
  units::Quantity quantity;
  std::string text;
  Origin origin;
  [[nodiscard]] double si() const { return quantity.si(); }
};

/// A file: as given, and where that is.
struct PathText {
  std::string given;
  std::string absolute;
  Origin origin;
};

/// An array of the data file, with the unit of its numbers where the array's name does not carry it.
struct ArrayRef {
  std::string array;
  std::optional<units::Unit> unit;
};

/// Several texts: the words of a command, names.
struct TextList {
  std::vector<std::string> texts;
  Origin origin;
};

/// A time of the clock, as on a stopwatch: "10 s", "2 min".
struct ClockTime {
  double seconds = 0.0;
  std::string text;
};

struct PriorText {
  std::string name;  ///< the parameter
  std::string text;  ///< "loguniform(1e-7/ms, 1e3/ms)"
  Origin origin;
};

/// One text of a list.
struct ListedText {
  std::string text;
  Origin origin;
};

struct NamedQuantity {
  std::string name;
  QuantityText value;
};

/// One recorded channel: the model's observation `channel` is compared with `source`.
struct Observed {
  std::string channel;
  ArrayRef source;
  Origin origin;
};

/// A stretch of a closed-form input: `value`, an expression of t, holds up to `until` (exclusive).
struct Piece {
  std::optional<QuantityText> until;  ///< none: to the end; only the last piece may have none
  std::string value;
  Origin origin;
};

/// A sampled input.
struct SampledInput {
  ArrayRef source;
  std::string interpolation = "linear";  ///< "linear" | "previous"
};

struct InputSource {
  std::string name;
  std::variant<SampledInput, std::vector<Piece>> source;
  Origin origin;
};

/// The value of one of the model's constants for one recording: from the file, or given.
struct ConstantSource {
  std::string name;
  std::variant<ArrayRef, QuantityText> source;
  Origin origin;
};

struct MaskWindow {
  QuantityText from, to;  ///< samples with from <= t < to are left out
};

struct MaskSamples {
  data::SampleWindow window;
  std::string text;
};

struct MaskOptions {
  std::optional<QuantityText> after_steps;
  std::optional<QuantityText> step_threshold;  ///< none: 3 mV, for a voltage
  std::string step_input;                      ///< empty: the only input
  std::vector<MaskSamples> samples;
  std::vector<MaskWindow> windows;
};

/// One recording with a role. `train` is fitted; every other is predicted and never seen by the search.
struct DataSplit {
  std::string name;
  Origin origin;
  PathText file;
  std::string cell;                               ///< what was recorded; empty: not said
  std::string time;                               ///< array name; empty: the only one called time or time_<unit>
  std::string time_unit;                          ///< empty: the unit in the array's name
  std::optional<QuantityText> sampling_interval;  ///< instead of a time array
  std::string holds = "recording";                ///< "recording" | "statistics"
  std::optional<QuantityText> duration;           ///< of what the statistics are of
  std::vector<ListedText> columns;                ///< of the statistics' file; empty: all of it, as it is
  std::vector<Observed> observe;
  std::vector<InputSource> inputs;
  std::vector<ConstantSource> constants;
  std::vector<NamedQuantity> initial;  ///< the input's value at which `init` is evaluated
  MaskOptions mask;
  std::string command_in_gaps = "recorded";  ///< "recorded" | "interpolated"
};

struct ModelOptions {
  PathText file;                           ///< equations; or
  TextList command;                        ///< a program that simulates: exactly one of the two is given
  std::string folder;                      ///< absolute: where the command runs
  std::string protocol = "json";           ///< "json" | "binary"
  TextList statistics;                     ///< of the program; empty: those that it names
  std::int64_t workers = 0;                ///< copies of the program; 0: one per thread
  ClockTime time_limit = {60.0, "60 s"};   ///< of one simulation by the program
  ClockTime start_limit = {60.0, "60 s"};  ///< until the program has answered the greeting
  std::string integrator = "exponential_euler";
  std::string precision = "float64";  ///< of simulations in likelihood-free inference; "float32": faster
  std::optional<QuantityText> dt;     ///< none: the sampling interval
  std::vector<NamedQuantity> constants;
};

struct ObserveOptions {
  std::string error = "rms_over_range";  ///< "rms_over_range" | "rms"
  std::vector<ListedText> statistics;    ///< empty: every kept sample of every channel
};

struct SearchOptions {
  /// "levenberg_marquardt" | "cma_es"; by simulations: "auto" | "npe" | "tsnpe" | "nle" | "nre" | "abc_rejection" |
  /// "abc_smc"
  std::string method = "levenberg_marquardt";
  std::int64_t simulations = 0;    ///< 0: 100000, or what --budget allows
  std::int64_t rounds = 0;         ///< 0: the method's own
  std::string density = "auto";    ///< "auto" | a name of nn/densities.hpp
  std::int64_t members = 0;        ///< 0: the method's own
  std::string embedding = "auto";  ///< "auto" | "none" | "trace" | "set"
  std::int64_t trials = 0;         ///< that the posterior holds for, at most; 0: as many as the data have
  std::int64_t starts = 48;
  std::int64_t screen = 4096;
  std::int64_t max_iterations = 200;
  double tolerance = 1e-9;
  double agreement = 0.001;
  std::string posterior = "nuts";  ///< "nuts" | "laplace" | "none"
  std::int64_t chains = 16;
  std::int64_t warmup = 60;
  std::int64_t draws = 0;  ///< 0: 250 a chain, or 10000 in all
  std::int64_t most_draws = 1000;
  double target_accept = 0.8;
  std::int64_t max_depth = 10;
};

struct VerifyOptions {
  std::int64_t bootstrap = 500;
  std::int64_t predictive_draws = 300;
  std::int64_t calibration_draws = 200;
  std::string certify = "weights";  ///< "weights" | "exact" | "none"
  bool half_step = true;
  std::string other_integrator = "dopri5";  ///< an integrator, or "none"
  double level = 0.05;
};

struct ReportOptions {
  std::string title;  ///< empty: the study's name
  bool html = true;
  std::int64_t pair_draws = 1000;
};

/// What a lock file adds to a study: with what it was made.
struct LockFacts {
  std::string version;  ///< of Hillock
  std::string build;    ///< git describe
  std::string isa;      ///< "avx512", "avx2", "interpreter"
};

struct ResolvedStudy {
  std::string file;    ///< the study file, as given
  std::string folder;  ///< absolute: where relative paths of the study start
  std::string name;
  std::int64_t seed = 1;
  std::string results;  ///< the results folder; relative to the working directory unless absolute
  ModelOptions model;
  std::vector<PriorText> priors;
  std::vector<DataSplit> data;  ///< train first, then the others as written
  ObserveOptions observe;
  SearchOptions search;
  VerifyOptions verify;
  ReportOptions report;
  std::optional<LockFacts> lock;  ///< set where the study was read from a study.lock.toml

  [[nodiscard]] const DataSplit& train() const { return data.front(); }
};

}  // namespace hillock::study
