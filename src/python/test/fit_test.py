"""hillock.fit with functions whose posteriors are known, that fail, and that are interrupted."""

import math
import os
import signal
import sys
import tempfile
import threading
import time
import unittest

try:
    import numpy as np
except ImportError:
    print("skipped: numpy is not there")
    sys.exit(77)
import hillock

PRIOR = {"a": "normal(0, 1)", "b": "normal(0, 1)"}
noise = np.random.default_rng(1)


def gaussian(theta):
    """x = theta + N(0, 0.5^2): given x the posterior is N(0.8 x, 0.2) for each parameter."""
    return theta + 0.5 * noise.standard_normal(theta.shape)


SD = math.sqrt(0.2)
OBSERVED = [1.0, -0.5]


class Gaussian(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.calls = []
        cls.thread = set()

        def simulator(theta):
            cls.calls.append(len(theta))
            cls.thread.add(threading.get_ident())
            return gaussian(theta)

        cls.fit = hillock.fit(simulator, PRIOR, OBSERVED, method="npe", simulations=10_000, batch=True, draws=4000)

    def expect_gaussian(self, draws, observed):
        # The mean of 4000 draws is known to 0.007; a network from 10 000 simulations is within about a tenth of a
        # posterior sd (0.045) of the mean and within 10 % of the sd: twice that.
        for j, x in enumerate(observed):
            self.assertAlmostEqual(draws[:, j].mean(), 0.8 * x, delta=0.09)
            self.assertAlmostEqual(draws[:, j].std(), SD, delta=0.2 * SD)

    def test_draws(self):
        draws = self.fit.draws
        self.assertEqual(list(draws), ["a", "b"])
        self.assertEqual(draws["a"].shape, (4000,))
        self.assertFalse(draws["a"].flags.writeable)
        self.expect_gaussian(np.stack(list(draws.values()), axis=1), OBSERVED)

    def test_draws_outlive_the_posterior(self):
        fit = hillock.fit(gaussian, PRIOR, OBSERVED, method="abc_rejection", simulations=2000, batch=True, draws=100)
        draws, copy = fit.draws["a"], fit.draws["a"].copy()
        del fit
        self.assertTrue(np.array_equal(draws, copy))

    def test_called_from_this_thread_alone(self):
        self.assertEqual(self.thread, {threading.get_ident()})

    def test_other_observations_need_no_simulator(self):
        before = len(self.calls)
        self.assertTrue(self.fit.amortised)
        self.expect_gaussian(self.fit.sample(4000, observed=[-1.0, 0.8]), [-1.0, 0.8])
        self.assertEqual(len(self.calls), before)

    def test_sample_again(self):
        self.assertFalse(np.array_equal(self.fit.sample(5), self.fit.sample(5)))
        self.assertTrue(np.array_equal(self.fit.sample(5, seed=3), self.fit.sample(5, seed=3)))
        self.assertEqual(self.fit.sample(0).shape, (0, 2))

    def test_log_prob(self):
        # At the posterior mean log p = -log(2 pi 0.2) = -0.228; sds and means as above cost up to 0.2 of it.
        mean = [0.8, -0.4]
        self.assertAlmostEqual(self.fit.log_prob(mean), -math.log(2 * math.pi * 0.2), delta=0.3)
        rows = self.fit.log_prob(np.array([mean, [3.0, 3.0]]))
        self.assertEqual(rows.shape, (2,))
        self.assertGreater(rows[0], rows[1])
        self.assertEqual(self.fit.log_prob({"b": -0.4, "a": 0.8}), rows[0])

    def test_map(self):
        # The best of 4000 draws is within a third of an sd of the mode, and the mode is the mean.
        best = self.fit.map()
        self.assertAlmostEqual(best["a"], 0.8, delta=0.25)
        self.assertAlmostEqual(best["b"], -0.4, delta=0.25)

    def test_verdict(self):
        verdict = self.fit.verdict
        self.assertEqual(verdict["schema"], "hillock.verdict/1")
        self.assertEqual(verdict["inference"], "npe")
        self.assertEqual([p["name"] for p in verdict["parameters"]], ["a", "b"])
        self.assertIn("hillock.Posterior by npe", repr(self.fit))

    def test_saved(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "posterior.network")
            self.fit.save(path)
            self.assertEqual(os.listdir(folder), ["posterior.network"])
            loaded = hillock.load(path)
            with open(path, "r+b") as file:
                file.truncate(os.path.getsize(path) - 9)
            with self.assertRaises(hillock.InvalidValue) as caught:
                hillock.load(path)
            self.assertEqual(caught.exception.code, "network-damaged")
        points = self.fit.sample(10)
        # The same network on the same points.
        np.testing.assert_allclose(loaded.log_prob(points), self.fit.log_prob(points), rtol=1e-5)
        other = [-1.0, 0.8]
        np.testing.assert_allclose(loaded.log_prob(points, other), self.fit.log_prob(points, other), rtol=1e-5)
        self.expect_gaussian(loaded.sample(4000, observed=other), other)
        self.assertFalse(np.array_equal(loaded.sample(5), loaded.sample(5)))

    def test_wrong_questions(self):
        for code, ask in {
            "statistics-count": lambda: self.fit.sample(5, observed=[1.0]),
            "parameter-count": lambda: self.fit.log_prob([1.0, 2.0, 3.0]),
            "theta-type": lambda: self.fit.log_prob("here"),
            "theta-shape": lambda: self.fit.log_prob(np.zeros((2, 2, 2))),
            "option-range": lambda: self.fit.sample(-1),
        }.items():
            with self.subTest(code), self.assertRaises(hillock.Error) as caught:
                ask()
            self.assertEqual(caught.exception.code, code)


class Answers(unittest.TestCase):
    """What a function may answer, and what becomes of it."""

    def test_single(self):
        seen = []

        def simulator(theta):
            seen.append(theta.shape)
            return theta[0] + 0.5 * noise.standard_normal()  # a number: one statistic

        fit = hillock.fit(simulator, {"a": "normal(0, 1)"}, [1.0], method="npe", simulations=2000, draws=2000)
        self.assertEqual(set(seen), {(1,)})
        # 2000 simulations: within a quarter of the posterior's sd.
        self.assertAlmostEqual(fit.draws["a"].mean(), 0.8, delta=0.25 * SD + 0.02)

    def test_bounded_prior(self):
        fit = hillock.fit(lambda t: t + 0.1 * noise.standard_normal(t.shape), {"g": "uniform(0 nS, 10 nS)"}, [5e-9],
                          method="npe", simulations=2000, draws=500, batch=True)
        self.assertTrue(((fit.draws["g"] > 0) & (fit.draws["g"] < 10e-9)).all())
        self.assertEqual(fit.units, {"g": "siemens"})
        self.assertEqual(fit.log_prob([11e-9]), -math.inf)
        # The statistic is noise: the posterior is the prior, of density 1e8 / S. What 2000 pairs of noise teach by chance
        # moves it by a tenth; a density that is not carried over to SI is off by 18.
        self.assertAlmostEqual(fit.log_prob([5e-9]), math.log(1e8), delta=0.7)

    def test_nan_is_undefined(self):
        def simulator(theta):
            x = gaussian(theta)
            x[theta[:, 0] > 0, 1] = math.nan
            return x

        fit = hillock.fit(simulator, PRIOR, {"one": -1.0, "two": 0.3}, method="abc_rejection",
                          simulations=3000, batch=True)
        undefined = fit.verdict["simulated"]["undefined"]
        self.assertEqual(undefined[0]["what"], "two: undefined")
        # Half of the prior: 1500 of 3000 within 5 sd (27 each).
        self.assertAlmostEqual(undefined[0]["count"], 1500, delta=140)

    def check_failures(self, simulator, batch):
        fit = hillock.fit(simulator, PRIOR, OBSERVED, method="abc_rejection", simulations=2000, batch=batch)
        failures = fit.verdict["simulated"]["failures"]
        self.assertEqual([f["what"] for f in failures], ["ValueError: a is too large"])
        # P(a > 1) = 0.1587: 317 of 2000, sd 16.
        self.assertAlmostEqual(failures[0]["count"], 317, delta=5 * 16)

    def test_exceptions_are_failed_simulations(self):
        def simulator(theta):
            if theta[0] > 1:
                raise ValueError("a is too large\nand this is more about it")
            return gaussian(theta)

        self.check_failures(simulator, batch=False)

    def test_a_failed_batch_is_tried_one_by_one(self):
        def simulator(theta):
            if (theta[:, 0] > 1).any():
                raise ValueError("a is too large")
            return gaussian(theta)

        self.check_failures(simulator, batch=True)

    def test_all_fail(self):
        def simulator(theta):
            raise RuntimeError("no licence")

        with self.assertRaises(hillock.SimulationsFailed) as caught:
            hillock.fit(simulator, PRIOR, OBSERVED, method="npe", simulations=200)
        self.assertEqual(caught.exception.code, "simulations-failed")
        self.assertIn("RuntimeError: no licence", str(caught.exception))

    def test_many_reasons(self):
        def simulator(theta):
            if theta[0] > 0:
                raise ValueError(f"{theta[0]!r} is above 0")
            return gaussian(theta)

        fit = hillock.fit(simulator, PRIOR, OBSERVED, method="abc_rejection", simulations=5000, draws=100)
        self.assertIn("other reasons", [f["what"] for f in fit.verdict["simulated"]["failures"]])

    def test_wrong_shape(self):
        for batch, answer, text in [
            (False, lambda t: [1.0, 2.0, 3.0], "shape (3,), and not (2,)"),
            (True, lambda t: np.zeros(len(t)), "and not (200, 2)"),
        ]:
            with self.subTest(batch), self.assertRaises(hillock.InvalidValue) as caught:
                hillock.fit(answer, PRIOR, OBSERVED, simulations=1000, batch=batch)
            self.assertEqual(caught.exception.code, "simulator-shape")
            self.assertIn(text, str(caught.exception))

    def test_no_numbers(self):
        with self.assertRaises(TypeError) as caught:
            hillock.fit(lambda t: "spikes", PRIOR, OBSERVED, simulations=1000)
        self.assertEqual(str(caught.exception).splitlines(), [
            "simulator: error: the simulator answered with str, which is no array of numbers [simulator-type]",
            "    try: return a sequence of numbers; nan where a statistic has no value"])

    def test_theta_may_be_kept_and_changed(self):
        kept = []

        def simulator(theta):
            kept.append(theta)
            x = gaussian(theta)
            theta[:] = 7.0
            return x

        fit = hillock.fit(simulator, PRIOR, OBSERVED, method="abc_rejection", simulations=2000, batch=True)
        self.assertTrue(all((theta == 7.0).all() for theta in kept))
        self.assertLess(fit.draws["a"].max(), 5.0)


class Methods(unittest.TestCase):
    def test_auto(self):
        fit = hillock.fit(gaussian, PRIOR, OBSERVED, simulations=2000, batch=True, draws=500)
        self.assertEqual(fit.verdict["inference"], fit.method)

    def test_without_density(self):
        fit = hillock.fit(gaussian, PRIOR, OBSERVED, method="abc_smc", simulations=5000, batch=True, draws=300)
        drawn = fit.sample(300)
        self.assertEqual(sorted(drawn[:, 0]), sorted(fit.draws["a"]))
        for code, ask in {
            "too-few-draws": lambda: fit.sample(301),
            "not-amortised": lambda: fit.sample(5, observed=[0.0, 0.0]),
            "no-density": lambda: fit.log_prob([0.0, 0.0]),
        }.items():
            with self.subTest(code), self.assertRaises(hillock.InvalidValue) as caught:
                ask()
            self.assertEqual(caught.exception.code, code)
        for ask in (fit.map, lambda: fit.save("posterior.network")):
            with self.assertRaises(hillock.Error):
                ask()

    def test_learnt_likelihood(self):
        fit = hillock.fit(gaussian, PRIOR, OBSERVED, method="nle", simulations=1000, batch=True, draws=1000)
        self.assertFalse(fit.amortised)
        self.assertEqual(fit.sample(1500).shape, (1500, 2))  # more than the fit has: new ones
        self.assertLess(fit.log_prob([99.0, 0.0]), -1000.0)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "posterior.network")
            fit.save(path)
            kept = hillock.load(path)
        points = fit.sample(20, seed=3)
        self.assertTrue(np.array_equal(kept.log_prob(points), fit.log_prob(points)))
        drawn = kept.sample(1000, seed=1)
        for j, name in enumerate(fit.names):
            spread = fit.draws[name].std()
            self.assertLess(abs(drawn[:, j].mean() - fit.draws[name].mean()), 0.2 * spread)
            self.assertLess(abs(kept.map()[name] - fit.map()[name]), spread)
        with self.assertRaises(hillock.InvalidValue) as caught:
            kept.sample(5, observed=[0.0, 0.0])
        self.assertEqual(caught.exception.code, "not-amortised")

    def test_same_seed_same_bits(self):
        def exact(theta):  # no random numbers of its own
            return np.sin(3 * theta)

        ask = dict(method="npe", simulations=500, batch=True, draws=200, seed=5)
        one = hillock.fit(exact, PRIOR, [0.1, 0.2], threads=1, **ask).draws
        two = hillock.fit(exact, PRIOR, [0.1, 0.2], threads=2, **ask).draws
        self.assertTrue(np.array_equal(one["a"], two["a"]))

    def test_budget(self):
        start = time.monotonic()
        fit = hillock.fit(gaussian, PRIOR, OBSERVED, method="npe", budget="3s", batch=True, draws=500)
        # The end of a budget is asked for between steps; a busy machine may take twice as long.
        self.assertLess(time.monotonic() - start, 10.0)
        self.assertEqual(fit.draws["a"].shape, (500,))


class Interrupts(unittest.TestCase):
    def interrupt(self, simulator, batch, after):
        timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        start = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            hillock.fit(simulator, PRIOR, OBSERVED, method="npe", simulations=10_000_000, batch=batch)
        timer.join()
        # The engine asks between two minibatches; on a busy machine that may be a second.
        self.assertLess(time.monotonic() - start, after + 5.0)

    def test_while_the_function_runs(self):
        def slow(theta):
            time.sleep(0.05)
            return gaussian(theta)

        self.interrupt(slow, False, 0.5)

    def test_while_the_engine_learns(self):
        self.interrupt(gaussian, True, 2.0)

    def test_exit_goes_through(self):
        with self.assertRaises(SystemExit):
            hillock.fit(lambda theta: sys.exit(3), PRIOR, OBSERVED, simulations=1000)


class Mistakes(unittest.TestCase):
    def expect(self, kind, code, text, *args, **options):
        with self.assertRaises(kind) as caught:
            hillock.fit(*args, **options)
        self.assertEqual(caught.exception.code, code)
        self.assertIn(text, str(caught.exception))
        return caught.exception

    def test_arguments(self):
        self.expect(TypeError, "simulator-type", "must be a function", 3, PRIOR, OBSERVED)
        self.expect(TypeError, "prior-type", "must be a dictionary", gaussian, ["normal(0, 1)"], OBSERVED)
        self.expect(TypeError, "prior-type", "must be a text", gaussian, {"a": (0, 1)}, OBSERVED)
        self.expect(TypeError, "observed-type", "no numbers", gaussian, PRIOR, ["one", "two"])
        self.expect(ValueError, "observed-shape", "one row", gaussian, PRIOR, [[[1.0, 2.0]]])
        self.expect(ValueError, "statistics-count", "no observed value", gaussian, PRIOR, [])
        self.expect(ValueError, "statistics-count", "2 observed values for 1", gaussian, PRIOR, OBSERVED,
                    statistics=["x"])
        self.expect(ValueError, "value-choice", 'did you mean "npe"?', gaussian, PRIOR, OBSERVED, method="nqe")
        self.expect(TypeError, "option-type", "whole number", gaussian, PRIOR, OBSERVED, simulations="many")
        self.expect(ValueError, "option-range", "draws", gaussian, PRIOR, OBSERVED, draws=0)
        self.expect(ValueError, "budget-syntax", "no time", gaussian, PRIOR, OBSERVED, budget="soon")
        self.expect(ValueError, "prior-missing", "there is none", gaussian, {}, OBSERVED)

    def test_all_at_once(self):
        error = self.expect(ValueError, "value-choice", "prior.a", gaussian, {"a": "unifrom(0, 1)", "b c": "normal(0, 1)"},
                            OBSERVED, method="nqe", draws=0)
        codes = [code for code, *_ in error.errors]
        self.assertEqual(len(codes), 4)
        self.assertIn("option-range", codes)
        self.assertIn("parameter-name", codes)


class Embeddings(unittest.TestCase):
    TIMES = np.linspace(0, 5, 40)

    def test_an_array_is_a_trace_beside_a_feature(self):
        def decay(theta):
            a, tau = theta.T
            trace = a[:, None] * np.exp(-self.TIMES / tau[:, None]) + 0.2 * noise.standard_normal((len(theta), 40))
            return np.column_stack([a + 0.2 * noise.standard_normal(len(theta)), trace])

        x = decay(np.array([[1.2, 1.5]]))[0]
        fit = hillock.fit(decay, {"a": "uniform(0.5, 2)", "tau": "uniform(0.5, 4)"}, {"first": x[0], "v": x[1:]},
                          method="npe", simulations=3000, batch=True, draws=1000, members=1)
        self.assertEqual(fit.statistics[:3], ["first", "v[0]", "v[1]"])
        a, tau = np.meshgrid(np.linspace(0.5, 2, 150), np.linspace(0.5, 4, 150), indexing="ij")
        square = (x[0] - a) ** 2 + sum((v - a * np.exp(-t / tau)) ** 2 for t, v in zip(self.TIMES, x[1:]))
        weight = np.exp(-0.5 * square / 0.04)
        for name, grid in (("a", a), ("tau", tau)):
            mean = np.average(grid, weights=weight)
            sd = math.sqrt(np.average((grid - mean) ** 2, weights=weight))
            self.assertAlmostEqual(fit.draws[name].mean(), mean, delta=0.5 * sd)
            self.assertAlmostEqual(fit.draws[name].std(), sd, delta=0.35 * sd)
        other = {"first": 0.9, "v": 0.9 * np.exp(-self.TIMES / 3)}
        self.assertEqual(fit.sample(5, observed=other).shape, (5, 2))

    def test_rows_are_trials(self):
        def trial(theta):
            return theta + noise.standard_normal(theta.shape)

        few = noise.standard_normal((4, 1)) + 0.5
        fit = hillock.fit(trial, {"a": "normal(0, 1)"}, few, trials=12, method="npe", simulations=4000, batch=True,
                          draws=2000, members=1)
        self.assertEqual(fit.trials, 12)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trials.network")
            fit.save(path)
            loaded = hillock.load(path)
        for n in (1, 4, 12):
            x = noise.standard_normal((n, 1)) + 0.5
            draws = fit.sample(4000, observed=x, seed=1)
            self.assertTrue(np.array_equal(draws, loaded.sample(4000, observed=x, seed=1)))
            self.assertAlmostEqual(draws.mean(), x.sum() / (n + 1), delta=0.4 / math.sqrt(n + 1))
            self.assertAlmostEqual(draws.std(), 1 / math.sqrt(n + 1), delta=0.25 / math.sqrt(n + 1))
        for asked in (fit, loaded):
            with self.assertRaises(ValueError) as raised:
                asked.sample(5, observed=np.zeros((13, 1)))
            self.assertEqual(raised.exception.code, "trials-count")
            with self.assertRaises(ValueError) as raised:
                asked.sample(5, observed=np.zeros((4, 2)))
            self.assertEqual(raised.exception.code, "observed-shape")
        with self.assertRaises(ValueError) as raised:
            hillock.fit(trial, {"a": "normal(0, 1)"}, few, method="nre", batch=True)
        self.assertEqual(raised.exception.code, "embedding-method")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
