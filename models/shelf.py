"""The model shelf: which models there are, what is expected of them, and how one is run.

A model is models/<family>/<name>.model; what is expected of it is <name>.expected.toml beside it (models/README.md).
"""

import dataclasses
import json
import os
import pathlib
import subprocess
import tempfile
import tomllib

import numpy

ROOT = pathlib.Path(__file__).resolve().parent
GENERATED = "# ---- From here on written by models/brian2_reference.py; do not edit. ----\n"


@dataclasses.dataclass
class Model:
    """A model file with its expected file."""

    family: str
    name: str
    file: pathlib.Path
    expected: dict

    @property
    def cases(self):
        return self.expected["case"]

    def case(self, name):
        return next(case for case in self.cases if case["name"] == name)

    def reference(self, case):
        """What Brian 2 gave for a case: {} where it was not run."""
        return self.expected.get("brian2", {}).get(case["name"], {})


def expected_file(model_file):
    return model_file.with_name(model_file.stem + ".expected.toml")


def load(model_file):
    model_file = pathlib.Path(model_file)
    with open(expected_file(model_file), "rb") as file:
        return Model(model_file.parent.name, model_file.stem, model_file, tomllib.load(file))


def all_models(only=()):
    """Every model of the shelf by family and name; `only` keeps those whose path contains one of its words."""
    files = sorted(ROOT.glob("*/*.model"))
    return [load(f) for f in files if not only or any(word in str(f.relative_to(ROOT)) for word in only)]


@dataclasses.dataclass
class Trace:
    """A run: times in ms, columns in their display units, spike times in ms."""

    time: numpy.ndarray
    columns: dict
    units: dict
    spikes: numpy.ndarray

    def window(self, window):
        """Which samples lie in a window of two texts such as "10 ms"; all without one."""
        if window is None:
            return numpy.ones(len(self.time), bool)
        low, high = (milliseconds(text) for text in window)
        return (self.time >= low) & (self.time <= high)


def milliseconds(text):
    """A time as text, in ms: "10 ms", "0.5 second"."""
    number, unit = text.split()
    return float(number) * {"us": 1e-3, "ms": 1.0, "second": 1e3}[unit]


def arguments(case):
    """A case as flags of `hillock simulate`."""
    flags = ["--integrator", case["integrator"], "--dt", case["dt"], "--duration", case["duration"]]
    for name, value in case.get("set", {}).items():
        flags += ["--set", f"{name}={value}"]
    for name, value in case.get("input", {}).items():
        flags += ["--input", f"{name}={value}"]
    if "seed" in case:
        flags += ["--seed", str(case["seed"])]
    return flags


def simulate(program, model_file, case, extra=()):
    """Runs a case with the program `hillock`."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "trace.npz")
        command = [program, "simulate", str(model_file), *arguments(case), *extra, "--json", "--quiet", "--out", out]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if ran.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}\n{ran.stdout}{ran.stderr}")
        answer = json.loads(ran.stdout)
        arrays = dict(numpy.load(out))
    units = {o["name"]: o["unit"] for o in answer["outputs"]}
    columns = {}
    for name, unit in units.items():
        written = name if unit == "1" else f"{name}_{unit.replace('/', '_')}"
        columns[name] = arrays[written]
    return Trace(arrays["time_ms"], columns, units, arrays.get("spike_time_ms", numpy.zeros(0)))
