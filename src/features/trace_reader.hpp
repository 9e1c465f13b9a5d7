#pragma once
/// Features of many stored traces on one grid: what `measure` does for one, bound once. For simulations whose traces
/// are changed after the run, such as those of channels that record counts.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "features/readings.hpp"
#include "ir/program.hpp"

namespace hillock::features {

struct TraceGrid {
  double start = 0.0;
  double interval = 0.0;
  std::vector<std::uint8_t> mask;  ///< by sample: those that are 1 were kept
  bool spikes = false;             ///< the model's own come with the traces, and are those of every feature of spikes
  bool several = false;            ///< between two samples there may be more than one of them
};

class TraceReader {
 public:
  /// @param channels  names; the quantity of each request is one of them
  TraceReader(const TraceGrid& grid, std::span<const std::string> channels, std::span<const Request> requests);

  /// What one thread needs.
  class Run {
   public:
    explicit Run(const TraceReader& reader);
    /// Of a kept sample, all to be set before `read`: each channel's value; the spikes so far and the time of the last.
    double& value(std::size_t kept, std::size_t channel) { return record(kept)[channel]; }
    void set_spikes(std::size_t kept, double count, double last);
    /// @param out  by request
    void read(std::span<Value> out);

   private:
    /// A loop reads its tape from the end.
    double* record(std::size_t kept) { return tape_.data() + (reader_->loop_.rows - 1 - kept) * reader_->loop_.tape; }
    const TraceReader* reader_;
    Readings::Finish finish_;
    std::vector<double> tape_, carried_;
  };

 private:
  std::size_t channels_;
  bool spikes_;
  ir::Program program_;
  Readings readings_;
  ir::Loop loop_;
};

}  // namespace hillock::features
