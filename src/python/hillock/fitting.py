"""hillock.fit"""

from collections.abc import Mapping

import numpy as np

from hillock import _engine
from hillock.errors import mistake
from hillock.posterior import Posterior
from hillock.simulator import engine_function


def whole(value, name):
    """A whole number, as an option is; 1e4 is one."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise mistake("option-type", f"{name} is {value!r}, and must be a whole number", name)
    if value != value or abs(value) >= 2**63 or int(value) != value:
        raise mistake("option-range", f"{name} is {value!r}, and must be a whole number", name)
    return int(value)


def observed_values(observed, statistics=None):
    """(names or None, values): of a sequence, or of a dictionary by statistic. None and nan: not measured."""
    if isinstance(observed, Mapping):
        names = [str(name) for name in observed]
        observed = list(observed.values())
        if statistics is not None:
            unknown = [name for name in names if name not in statistics]
            if unknown or len(names) != len(statistics):
                raise mistake("statistics-count", f"the observed values are of {', '.join(names)}, and the statistics "
                              f"are {', '.join(statistics)}", "observed")
            observed = [observed[names.index(name)] for name in statistics]
            names = list(statistics)
    else:
        names = statistics
    try:
        values = np.asarray([observed] if np.ndim(observed) == 0 else observed, dtype=float)
    except (TypeError, ValueError):
        raise mistake("observed-type", "the observed values are no numbers", "observed",
                      "observed=[...], or {\"rate\": 12.0, ...}; nan where there is no value") from None
    if values.ndim != 1:
        raise mistake("observed-shape", f"the observed values have shape {values.shape}, and are one row of numbers",
                      "observed", "one observation at a time")
    return names, values


def fit(simulator, prior, observed, *, method="auto", simulations=None, budget=None, batch=False, draws=10_000, seed=1,
        statistics=None, density="auto", rounds=None, members=None, threads=None):
    """The posterior of the parameters of a simulator, given what was observed, and whether to believe it.

    simulator    f(theta) -> statistics. theta: the parameters in the order of `prior`, in SI. With batch=True theta has
                 a row for each simulation, and so has the answer. nan: the statistic is undefined there. An exception:
                 the simulation failed, and its words are the reason.
    prior        {"g": "uniform(0, 10)", ...}, each as in [prior] of a study.
    observed     a number for each statistic, or {"rate": 12.0, ...}; nan: not measured.
    method       "auto", "npe", "tsnpe", "nle", "nre", "abc_rejection", "abc_smc".
    simulations  how many may be spent on learning; none: 100000, or what `budget` allows.
    budget       "60s", or a number of seconds.
    draws        of the posterior.
    seed         of the inference; random numbers of the simulator are its own.
    density, rounds, members, threads: as in a study's [search], and --threads.
    """
    if not callable(simulator):
        raise mistake("simulator-type", f"the simulator is {type(simulator).__name__}, and must be a function",
                      "simulator", "def simulator(theta): return [...]")
    if not isinstance(prior, Mapping):
        raise mistake("prior-type", f"the prior is {type(prior).__name__}, and must be a dictionary", "prior",
                      'prior={"g": "uniform(0, 10)"}')
    for name, text in prior.items():
        if not isinstance(name, str) or not isinstance(text, str):
            raise mistake("prior-type", f"the prior of {name} is {text!r}, and must be a text", f"prior.{name}",
                          '"uniform(0, 10)", "lognormal(2, 0.3)", "normal(0, 1)"')
    names, values = observed_values(observed)
    if statistics is not None:
        names = [str(name) for name in statistics]
    if names is None:
        names = [f"x{k + 1}" for k in range(len(values))]
    if len(names) != len(values):
        raise mistake("statistics-count", f"there are {len(values)} observed values for {len(names)} statistics",
                      "observed")
    study = _engine.Study()
    study.priors = list(prior.items())
    study.observed = list(values)
    for name, value in (("method", method), ("density", density)):
        if not isinstance(value, str):
            raise mistake("option-type", f"{name} is {value!r}, and must be a text", name)
        setattr(study, name, value)
    for name, value in (("simulations", simulations), ("rounds", rounds), ("members", members), ("draws", draws),
                        ("seed", seed), ("threads", threads)):
        if value is not None:
            setattr(study, name, whole(value, name))
    if isinstance(budget, str):
        study.budget = _engine.parse_budget(budget)
    elif budget is not None:
        if isinstance(budget, bool) or not isinstance(budget, (int, float)):
            raise mistake("option-type", f"budget is {budget!r}, and must be a time", "budget", 'budget="60s"')
        study.budget = float(budget)
    return Posterior(_engine.fit(engine_function(simulator, bool(batch)), names, study), study.seed)
