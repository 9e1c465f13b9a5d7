#include "features/trace_reader.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace hillock::features {

using ir::NodeId;

TraceReader::TraceReader(const TraceGrid& grid, std::span<const std::string> channels,
                         std::span<const Request> requests)
    : channels_(channels.size()), spikes_(grid.spikes) {
  program_.columns = 1;
  program_.tape = static_cast<std::uint32_t>(channels_ + (spikes_ ? 2 : 0));
  std::vector<NodeId> values;
  for (std::uint32_t c = 0; c < channels_; ++c) values.push_back(program_.from_tape(c));
  Source source;
  if (spikes_) {
    // Carried, as a simulation has them: a record holds what they are at the next sample.
    const NodeId zero = program_.graph.constant(0.0);
    source.spikes = program_.carry("spikes", zero);
    source.last_spike = program_.carry("last spike", zero);
    program_.advance.push_back({*source.spikes, program_.from_tape(static_cast<std::uint32_t>(channels_))});
    program_.advance.push_back({*source.last_spike, program_.from_tape(static_cast<std::uint32_t>(channels_ + 1))});
    source.several = grid.several;
  }
  source.time = program_.column(0);
  for (Request request : requests) {
    const auto channel = std::ranges::find(channels, request.quantity);
    HILLOCK_CHECK(channel != channels.end(), "a feature of a channel that is not there");
    complete_resolution(request, grid.start, grid.interval, grid.mask.size());
    source.name = request.quantity;
    source.value = values[static_cast<std::size_t>(channel - channels.begin())];
    readings_.add(program_, source, request);
  }
  ir::Timeline timeline{0, 1, {}, {}};
  for (std::size_t i = 0; i < grid.mask.size(); ++i)
    if (grid.mask[i] != 0) timeline.values.push_back(grid.start + static_cast<double>(i) * grid.interval);
  timeline.rows = timeline.values.size();
  timeline.observe.assign(timeline.rows, 1);
  HILLOCK_CHECK(timeline.rows > 0, "traces without samples");
  loop_ = ir::bind(program_, timeline);
}

TraceReader::Run::Run(const TraceReader& reader)
    : reader_(&reader),
      finish_(reader.readings_.finish(reader.program_)),
      tape_(reader.loop_.rows * reader.loop_.tape),
      carried_(reader.loop_.carried) {}

void TraceReader::Run::set_spikes(std::size_t kept, double count, double last) {
  if (kept == 0) return;  // before the first step there are none
  double* before = record(kept - 1) + reader_->channels_;
  before[0] = count;
  before[1] = last;
}

void TraceReader::Run::read(std::span<Value> out) {
  ir::interpret(reader_->loop_, {0, reader_->loop_.rows}, {}, carried_, {}, tape_);
  finish_.run(carried_, out);
}

}  // namespace hillock::features
