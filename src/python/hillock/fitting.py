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


def _with_traces(observed):
    """(names, values, traces) of a dictionary: an array in it is a trace, whose samples are called v[0], v[1], ..."""
    names, values, traces = [], [], []
    for name, value in observed.items():
        if np.ndim(value) == 0:
            names.append(str(name))
            values.append(value)
            traces.append("")
            continue
        if np.ndim(value) != 1:
            raise mistake("observed-shape", f"the observed {name} has shape {np.shape(value)}, and is a number or one "
                          "trace", "observed", "a name for each channel")
        names += [f"{name}[{i}]" for i in range(len(value))]
        values += list(value)
        traces += [str(name)] * len(value)
    return names, values, traces


def observed_values(observed, statistics=None):
    """(names or None, values, traces): of a sequence, or of a dictionary by statistic. Values have a row for each
    trial where there are rows. None and nan: not measured."""
    traces = []
    if isinstance(observed, Mapping):
        names, observed, traces = _with_traces(observed)
        if statistics is not None:
            unknown = [name for name in names if name not in statistics]
            if unknown or len(names) != len(statistics):
                raise mistake("statistics-count", f"the observed values are of {', '.join(names)}, and the statistics "
                              f"are {', '.join(statistics)}", "observed")
            place = {name: k for k, name in enumerate(names)}
            observed = [observed[place[name]] for name in statistics]
            names = list(statistics)
    else:
        names = statistics
    try:
        values = np.asarray([observed] if np.ndim(observed) == 0 else observed, dtype=float)
    except (TypeError, ValueError):
        raise mistake("observed-type", "the observed values are no numbers", "observed",
                      "observed=[...], or {\"rate\": 12.0, ...}; nan where there is no value") from None
    if values.ndim > 2:
        raise mistake("observed-shape", f"the observed values have shape {values.shape}, and are one row of numbers, or "
                      "a row for each trial", "observed", "one observation at a time")
    return names, values, traces


def fit(simulator, prior, observed, *, method="auto", simulations=None, budget=None, batch=False, draws=10_000, seed=1,
        statistics=None, density="auto", rounds=None, members=None, embedding="auto", trials=None, threads=None):
    """The posterior of the parameters of a simulator, given what was observed, and whether to believe it.

    simulator    f(theta) -> statistics. theta: the parameters in the order of `prior`, in SI. With batch=True theta has
                 a row for each simulation, and so has the answer. nan: the statistic is undefined there. An exception:
                 the simulation failed, and its words are the reason.
    prior        {"g": "uniform(0, 10)", ...}, each as in [prior] of a study.
    observed     a number for each statistic, or {"rate": 12.0, ...}; nan: not measured. An array in the dictionary is a
                 trace, {"rate": 12.0, "v": array}: the simulator's answer has its samples in that place. An array with
                 two axes has a row for each trial: the simulator is then called for one trial at a time.
    method       "auto", "npe", "tsnpe", "nle", "nre", "abc_rejection", "abc_smc".
    simulations  how many may be spent on learning; none: 100000, or what `budget` allows.
    budget       "60s", or a number of seconds.
    draws        of the posterior.
    seed         of the inference; random numbers of the simulator are its own.
    embedding    what npe and tsnpe learn a summary of: "trace", "set" (trials), "none"; "auto" sees it from `observed`.
    trials       how many trials the posterior is to hold for at most; none: those observed.
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
    names, values, traces = observed_values(observed)
    if statistics is not None:
        names = [str(name) for name in statistics]
    if names is None:
        names = [f"x{k + 1}" for k in range(values.shape[-1])]
    if len(names) != values.shape[-1]:
        raise mistake("statistics-count", f"there are {values.shape[-1]} observed values for {len(names)} statistics",
                      "observed")
    study = _engine.Study()
    study.priors = list(prior.items())
    study.observed = list(values.ravel())
    study.traces = traces if any(traces) else []
    study.trials = len(values) if values.ndim == 2 else 1
    for name, value in (("method", method), ("density", density), ("embedding", embedding)):
        if not isinstance(value, str):
            raise mistake("option-type", f"{name} is {value!r}, and must be a text", name)
        setattr(study, name, value)
    for name, value in (("simulations", simulations), ("rounds", rounds), ("members", members), ("draws", draws),
                        ("seed", seed), ("trials", trials), ("threads", threads)):
        if value is not None:
            setattr(study, name, whole(value, name))
    if isinstance(budget, str):
        study.budget = _engine.parse_budget(budget)
    elif budget is not None:
        if isinstance(budget, bool) or not isinstance(budget, (int, float)):
            raise mistake("option-type", f"budget is {budget!r}, and must be a time", "budget", 'budget="60s"')
        study.budget = float(budget)
    return Posterior(_engine.fit(engine_function(simulator, bool(batch)), names, study), study.seed)
