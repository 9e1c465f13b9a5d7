#pragma once
/// Recordings from known parameters: the hERG model on the two protocols, with noise.

#include <array>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "herg.hpp"
#include "published.hpp"
#include "sim/simulator.hpp"

namespace hillock::bench {

/// The parameters of one synthetic cell.
struct Truth {
  int cell = 0;               ///< the published fit that it was drawn around
  std::array<double, 9> p{};  ///< 1/ms, 1/mV, uS as in PublishedFit
  double sigma_na = 0.0;      ///< of the noise
};

/// Makes recordings. May be called from several threads.
class Synthesiser {
 public:
  /// Protocols from the recordings of one cell in `folder`; the currents are not looked at.
  [[nodiscard]] static Result<Synthesiser> create(const ir::Model& model, const std::string& folder, int cell);

  /// Cell number `k` of `seed`: published fit k mod 6, each parameter times exp(0.15 z), drawn again until the model's
  /// joint condition (`require`) holds, for its prior says that it does. The noise is as large as what that fit left of
  /// its recording: the published error (rms over range) times the range of the fit's current.
  [[nodiscard]] Truth draw_truth(const std::vector<PublishedFit>& published, std::uint64_t seed, std::uint64_t k) const;

  /// Writes `path` (.npz) with time_ms, voltage_mV, current_nA and temperature_C. The noise has standard deviation
  /// truth.sigma_na at each sample and correlation `rho` from one sample to the next; numbers `k` of `seed`.
  [[nodiscard]] Result<void> write(const std::string& path, Protocol protocol, const Truth& truth, double rho,
                                   std::uint64_t seed, std::uint64_t k) const;

 private:
  struct Command {
    HergRecording recording;
    sim::Batch trace;
  };
  explicit Synthesiser(std::vector<Command> commands) : commands_(std::move(commands)) {}
  [[nodiscard]] std::vector<double> mean_na(Protocol protocol, const std::array<double, 9>& p) const;
  std::vector<Command> commands_;  ///< by protocol
};

}  // namespace hillock::bench
