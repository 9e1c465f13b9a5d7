"""What hillock.fit answers with."""

import json
import os

import numpy as np

from hillock import _engine
from hillock.errors import mistake


class Density:
    """What can be asked of a posterior without its simulator. Parameters are in SI, in the order of `names`."""

    def __init__(self, engine, seed=1):
        self._engine = engine
        self._seed = seed
        self._drawn = 1 << 32  # draws of `sample` so far; the fit's own come first

    names = property(lambda self: list(self._engine.names), doc="of the parameters")
    statistics = property(lambda self: list(self._engine.statistics), doc="names of the statistics")
    observed = property(lambda self: np.array(self._engine.observed), doc="the data of the fit, trial by trial")
    trials = property(lambda self: self._engine.trials, doc="that it holds for at most; 1: there is one")
    amortised = property(lambda self: self._engine.amortised, doc="does it hold for any observation?")

    def sample(self, n, observed=None, seed=None):
        """n new draws as an array, a row each, given the data of the fit or another observation.

        A second call gives other draws; with a seed, the same ones every time."""
        from hillock.fitting import whole
        count = whole(n, "n")
        if not 0 <= count <= 100_000_000:
            raise mistake("option-range", f"n is {n}, and must be between 0 and 100000000", "n")
        if seed is not None:
            number = whole(seed, "seed")
            if number < 0:
                raise mistake("option-range", f"seed is {seed}, and must be at least 0", "seed")
            return self._engine.sample(count, self._values(observed), number, 0)
        first, self._drawn = self._drawn, self._drawn + count
        return self._engine.sample(count, self._values(observed), self._seed, first)

    def map(self):
        """{name: value} of the draw where the posterior density is highest."""
        return dict(zip(self._engine.names, self._engine.map()))

    def log_prob(self, theta, observed=None):
        """log p(theta | observed) of a point, of an array with a row for each point, or of {name: values}."""
        if isinstance(theta, dict):
            lacking = [name for name in self._engine.names if name not in theta]
            if lacking or len(theta) != len(self._engine.names):
                raise mistake("parameter-count", f"the point has {', '.join(map(str, theta))}, and the parameters are "
                              f"{', '.join(self._engine.names)}", "theta")
            theta = np.stack(np.broadcast_arrays(*(theta[name] for name in self._engine.names)), axis=-1)
        try:
            points = np.asarray(theta, dtype=float)
        except (TypeError, ValueError):
            raise mistake("theta-type", "theta is no array of numbers", "theta") from None
        if points.ndim not in (1, 2):
            raise mistake("theta-shape", f"theta has shape {points.shape}, and is one point or a row for each", "theta")
        value = self._engine.log_prob(np.atleast_2d(points), self._values(observed))
        return value if points.ndim == 2 else float(value[0])

    def _values(self, observed):
        if observed is None:
            return np.empty(0)
        from hillock.fitting import observed_values
        values = observed_values(observed, self.statistics)[1]
        if values.ndim == 2:
            each = len(self.statistics) // self.trials
            if self.trials == 1 or values.shape[1] != each:
                raise mistake("observed-shape", f"the observed values have shape {values.shape}, and are "
                              + (f"a row of {each} for each of up to {self.trials} trials" if self.trials > 1 else
                                 "one row of numbers"), "observed", "one observation at a time")
            values = values.ravel()
        if len(values) == 0:  # which the engine takes for the data of the fit
            raise mistake("statistics-count", f"there are 0 observed values for {len(self.statistics)} statistics",
                          "observed")
        return values


class Posterior(Density):
    """Draws, densities and the verdict of a fit."""

    units = property(lambda self: dict(zip(self._engine.names, self._engine.units)), doc="of the parameters")
    method = property(lambda self: self._engine.method, doc="what made it")
    verdict = property(lambda self: json.loads(self._engine.verdict_json), doc="hillock.verdict/1, as a dictionary")

    @property
    def draws(self):
        """{name: array}: the draws of the fit, read-only."""
        table = self._engine.draws()
        return {name: table[:, j] for j, name in enumerate(self._engine.names)}

    def to_arviz(self):
        """The draws as arviz.InferenceData, where ArviZ is installed."""
        try:
            import arviz
        except ImportError:
            raise mistake("arviz-missing", "ArviZ is not installed", "", "pip install arviz") from None
        return arviz.from_dict(posterior={name: draws[None, :] for name, draws in self.draws.items()},
                               observed_data=dict(zip(self.statistics, self.observed)))

    def save(self, path):
        """Writes the posterior's network, for hillock.load: of npe, tsnpe and nle. Whole, or not at all."""
        data = self._engine.to_bytes()
        path = os.fspath(path)
        unfinished = f"{path}.{os.getpid()}.tmp"
        try:
            with open(unfinished, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, path)
        finally:
            if os.path.exists(unfinished):
                os.remove(unfinished)

    def __repr__(self):
        verdict = self.verdict
        lines = [f"hillock.Posterior by {self.method}: {verdict['status']}"]
        for name, draws in self.draws.items():
            low, middle, high = np.quantile(draws, [0.05, 0.5, 0.95])
            lines.append(f"  {name}  {middle:.4g}  [{low:.4g}, {high:.4g}]")
        return "\n".join(lines)


def load(path):
    """What Posterior.save wrote, or a study's posterior.network: it is sampled and evaluated as before."""
    with open(path, "rb") as file:
        return Density(_engine.load(file.read(), os.fspath(path)))
