"""Hillock fits simulators to data and checks the answer: see `hillock.fit`."""

from hillock.errors import Error, InvalidType, InvalidValue, SimulationsFailed, Unavailable
from hillock.fitting import fit
from hillock.posterior import Posterior, load

__all__ = ["Error", "InvalidType", "InvalidValue", "Posterior", "SimulationsFailed", "Unavailable", "fit",
           "load"]
