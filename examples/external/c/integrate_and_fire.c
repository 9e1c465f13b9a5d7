/* A leaky integrate-and-fire neuron with noise, as somebody else's simulator.
 *
 *   tau dv/dt = mu - v + sigma sqrt(2 tau) xi,   v >= 20 mV: a spike, v = 0
 *
 * for one second in steps of 0.1 ms, each the exact step of the Ornstein-Uhlenbeck process between spikes. What is
 * measured: the rate of spikes, the coefficient of variation of the intervals (none below three spikes), and mean and
 * standard deviation of v.
 */
#include "../hillock.h"

enum { steps = 10000 };
static const double dt = 1e-4, threshold = 20e-3;

static int integrate_and_fire(const double *p, double *x, hillock_rng *rng) {
  const double tau = p[0], mu = p[1], sigma = p[2];
  if (!(tau > 0.0 && sigma >= 0.0)) return 1;
  const double decay = exp(-dt / tau), kick = sigma * sqrt(1.0 - decay * decay);
  double v = 0.0, sum = 0.0, squares = 0.0, last = 0.0, intervals = 0.0, interval_squares = 0.0;
  int spikes = 0;
  for (int i = 0; i < steps; i += 2) {
    double noise[2];
    hillock_normal_pair(rng, &noise[0], &noise[1]);
    for (int half = 0; half < 2; ++half) {
      v = mu + (v - mu) * decay + kick * noise[half];
      if (v >= threshold) {
        const double now = (i + half + 1) * dt;
        if (spikes++ > 0) intervals += now - last, interval_squares += (now - last) * (now - last);
        last = now;
        v = 0.0;
      }
      sum += v;
      squares += v * v;
    }
  }
  const int n = spikes - 1;
  const double mean = sum / steps, interval = intervals / n;
  x[0] = spikes / (steps * dt);
  x[1] = n < 2 ? NAN : sqrt(fmax(0.0, interval_squares / n - interval * interval)) / interval;
  x[2] = mean;
  x[3] = sqrt(fmax(0.0, squares / steps - mean * mean));
  return 0;
}

int main(void) {
  return hillock_serve(3, 4, "\"statistics\":[\"rate\",\"cv_isi\",\"v_mean\",\"v_sd\"],\"failures\":[\"tau-not-positive\"]",
                       integrate_and_fire);
}
