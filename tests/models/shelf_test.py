"""Whether a model of the shelf does what its expected file says.

usage: shelf_test.py HILLOCK MODEL

The model loads without mistakes or notes and survives `hillock check --format`; compiled code and the interpreter give the
same bits; every measure has its expected value; and where Brian 2 has run a case, its spikes fall on the same steps and the
states agree.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "models"))
import measures  # noqa: E402
import shelf  # noqa: E402

# Two programs that round differently at every step: relative to a state's size now, and to its largest size for one that
# passes through 0.
RELATIVE, OF_LARGEST = 1e-9, 1e-12
CASE_KEYS = {"name", "integrator", "dt", "duration", "set", "input", "seed", "expect", "converged", "compared", "brian2", "about"}
ENTRY_KEYS = {"measure", "column", "window", "level", "n", "lag", "gap", "value", "tolerance", "from"}


class Findings(list):
    def want(self, holds, words):
        if not holds:
            self.append(words)


def check(program, *arguments):
    return subprocess.run([program, "check", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def reads(program, model, found):
    """Loads, without a word on stderr; its canonical form is stable and means the same."""
    ran = check(program, model.file, "--json")
    found.want(ran.returncode == 0 and not ran.stderr, f"it does not load:\n{ran.stdout}{ran.stderr}")
    if ran.returncode != 0:
        return
    found.want(not json.loads(ran.stdout).get("notes"), f"there are notes: {json.loads(ran.stdout).get('notes')}")
    once = check(program, model.file, "--format").stdout
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / model.file.name
        copy.write_text(once)
        found.want(check(program, copy, "--format").stdout == once, "the canonical form of its canonical form is another")
        case = model.cases[0] | {"duration": brief(model.cases[0])}
        same_bits(shelf.simulate(program, model.file, case), shelf.simulate(program, copy, case), "the canonical form", found)


def brief(case):
    """At most 2000 steps of a case: long enough for every operation of a step to have run often."""
    number, unit = case["dt"].split()
    steps = min(2000, round(shelf.milliseconds(case["duration"]) / shelf.milliseconds(case["dt"])))
    return f"{float(number) * steps:.10g} {unit}"


def same_bits(a, b, what, found):
    found.want(a.spikes.tobytes() == b.spikes.tobytes(), f"{what}: other spikes")
    for name in a.columns:
        found.want(a.columns[name].tobytes() == b.columns[name].tobytes(), f"{what}: other bits of {name}")


def expected(model, case, trace, found):
    reference = model.reference(case).get("converged", {})
    measured = iter(reference.get("measured", []))
    for entry in case.get("expect", []):
        words = f"{case['name']}: {measures.label(entry)}"
        found.want(not set(entry) - ENTRY_KEYS, f"{words}: unknown keys {set(entry) - ENTRY_KEYS}")
        found.want(("value" in entry) == ("from" in entry), f"{words}: a value says where it is from")
        value = entry.get("value")
        if value is None:
            value = next(measured, None)
        if value is None:
            found.append(f"{words}: no value, and none in the reference: run models/brian2_reference.py")
            continue
        try:
            got = measures.measure(trace, entry)
        except (ValueError, IndexError) as error:
            found.append(f"{words}: {error}")
            continue
        found.want(abs(got - value) <= entry["tolerance"], f"{words}: {got:.9g}, not {value:.9g} +- {entry['tolerance']:g}")
    found.want(next(measured, None) is None, f"{case['name']}: the reference is of another list: run brian2_reference.py")


def as_brian2(model, case, trace, found):
    reference = model.reference(case)
    if "brian2" in case:
        found.want("states" not in reference, f"{case['name']}: compared with Brian 2 in spite of `brian2 = `")
        return
    if "states" not in reference:
        found.append(f"{case['name']}: no reference: run models/brian2_reference.py")
        return
    step = shelf.milliseconds(case["dt"])
    at = reference["steps"]
    end = round(shelf.milliseconds(case.get("compared", case["duration"])) / step)
    if at[-1] != end:
        found.append(f"{case['name']}: the reference is of another duration: run models/brian2_reference.py")
        return
    steps = [k for k in (round(t / step) for t in trace.spikes) if k < end]
    found.want(steps == reference["spike_steps"], f"{case['name']}: spikes at {steps}, Brian 2's at {reference['spike_steps']}")
    for name, theirs in reference["states"].items():
        ours, theirs = trace.columns[name][at], numpy.array(theirs)
        bound = RELATIVE * abs(theirs) + OF_LARGEST * numpy.max(abs(theirs))
        worst = numpy.argmax(abs(ours - theirs) - bound)
        found.want((abs(ours - theirs) <= bound).all(),
                   f"{case['name']}: {name} at step {at[worst]} is {float(ours[worst])!r}, Brian 2's {float(theirs[worst])!r}")


def complete(model, found):
    """The file says what it must, and nothing else."""
    for key in ("title", "about", "source", "figure"):
        found.want(key in model.expected, f"the expected file has no `{key}`")
    found.want(len(model.cases) > 0, "there is no case")
    found.want(any(case.get("expect") for case in model.cases), "nothing is expected")
    for case in model.cases:
        found.want(not set(case) - CASE_KEYS, f"{case['name']}: unknown keys {set(case) - CASE_KEYS}")
    stale = set(model.expected.get("brian2", {})) - {case["name"] for case in model.cases}
    found.want(not stale, f"references of cases that are no more: {stale}")
    # A parameter without a default could not be simulated as it stands.
    for line in re.findall(r"^param .*", model.file.read_text(), re.M):
        found.want("=" in line.split("~")[0], f"no default: {line}")


def main():
    program, found = sys.argv[1], Findings()
    model = shelf.load(sys.argv[2])
    complete(model, found)
    reads(program, model, found)
    if not found:
        short = model.cases[0] | {"duration": brief(model.cases[0])}
        same_bits(shelf.simulate(program, model.file, short), shelf.simulate(program, model.file, short, ["--isa", "interpreter"]),
                  "the interpreter", found)
        for case in model.cases:
            trace = shelf.simulate(program, model.file, case)
            expected(model, case, trace, found)
            as_brian2(model, case, trace, found)
    for words in found:
        print(f"{model.family}/{model.name}: {words}")
    print(f"{len(model.cases)} cases, {len(found)} findings")
    sys.exit(1 if found else 0)


main()
