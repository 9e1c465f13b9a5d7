"""Runs the cases of the shelf with Brian 2 and writes its numbers into the expected files.

usage: brian2_reference.py [WORD...]      only models whose path contains one of the words

Of every case with a fixed step and without noise: the step of each spike and all states at eleven times, at the case's own
integrator and step. Of every measure without a value: the same measure of a run with `rk4` at a tenth of the step (or as
`converged` says: {integrator, dt}), which is what a tolerance is for. Needs Debian's python3-brian; nothing else of the
project does.
"""

import json
import re
import subprocess
import sys
import tempfile

import numpy

import measures
import shelf

HILLOCK = shelf.ROOT.parent / "build" / "release" / "bin" / "hillock"
SAMPLES = 10
QUANTITY = re.compile(r"(?<![A-Za-z_0-9.])((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s+([A-Za-z_]\w*(?:\*\*-?\d+)?)")


def products(text):
    """`2 mV` as `(2*mV)`: Brian 2 has no quantities."""
    return QUANTITY.sub(lambda m: f"({m[1]}*{m[2]})" if m[2] not in ("and", "or", "not") else m[0], text)


def first_argument(text):
    """Up to the first comma outside brackets."""
    depth = 0
    for k, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            return text[:k]
    raise ValueError(f"not arguments: {text}")


class Translation:
    """The statements of a model in its canonical form, sorted by kind."""

    def __init__(self, text):
        self.params, self.consts, self.inputs, self.inits, self.resets = [], [], [], [], []
        self.states, self.definitions, self.observed = [], [], {}
        self.threshold = self.refractory = None
        statements = []
        for line in text.splitlines():
            line = line.split("#")[0].rstrip()
            if line.startswith(" ") and statements:
                statements[-1] += " " + line.strip()
            elif line:
                statements.append(line)
        for s in statements:
            word, _, rest = s.partition(" ")
            if word == "param":
                name, unit, value = re.fullmatch(r"(\w+) : (.*?)(?: = (.*?))?(?: ~ .*)?", rest).groups()
                self.params.append((name, unit, value))
            elif word == "const":
                name, value = re.fullmatch(r"(\w+)(?: : .*?)? = (.*)", rest).groups()
                self.consts.append((name, value))
            elif word == "input":
                self.inputs.append(re.fullmatch(r"(\w+) : (.*)", rest).groups())
            elif word == "init":
                self.inits.append(re.fullmatch(r"(\w+) = (.*)", rest).groups())
            elif word == "threshold":
                self.threshold = rest
            elif word == "refractory":
                self.refractory = rest
            elif word == "reset":
                self.resets += [part.strip() for part in rest.split(";")]
            elif word == "observe":
                name, arguments = re.fullmatch(r"(\w+) ~ \w+\((.*)\)", rest).groups()
                self.observed[name] = first_argument(arguments)
            elif word == "require":
                pass
            elif m := re.fullmatch(r"d(\w+)/dt = (.*) : ([^:(]*?)(?: \((.*)\))?", s):
                self.states.append(m.groups())
            elif m := re.fullmatch(r"(\w+) = (.*) : ([^:(]*?)(?: \((.*)\))?", s):
                self.definitions.append(m.groups())
            else:
                raise ValueError(f"not translated: {s}")


def in_order(t):
    """The initial values, each after those it reads, directly or through sub-expressions."""
    definitions = {name: expression for name, expression, *_ in t.definitions}
    waiting, out = dict(t.inits), []

    def reads(expression, seen=frozenset()):
        names = set(re.findall(r"[A-Za-z_]\w*", expression)) - seen
        inner = [reads(definitions[n], seen | names) for n in names if n in definitions]
        return names.union(*inner)

    while waiting:
        ready = [name for name, expression in waiting.items() if not reads(expression) & (set(waiting) - {name})]
        if not ready:
            raise ValueError(f"initial values in a circle: {sorted(waiting)}")
        out += [(name, waiting.pop(name)) for name in ready]
    return out


def run_case(model, case, integrator, dt, wanted=None):
    """Brian 2's trace of a case, columns in the model's units: the states, or those that are wanted."""
    import brian2 as b

    formatted = subprocess.run([HILLOCK, "check", "--format", model.file], capture_output=True, text=True, check=True)
    t = Translation(formatted.stdout)
    described = json.loads(subprocess.run([HILLOCK, "check", "--json", model.file], capture_output=True, check=True).stdout)
    known_names = {name for name, *_ in t.states + t.definitions}
    for o in described["observed"]:
        if o["channel"] not in known_names:
            t.definitions.append((o["channel"], t.observed[o["channel"]], o["unit"], None))
    folder = tempfile.TemporaryDirectory()
    # No -ffast-math: it buys nothing here, and lets the compiler reassociate.
    b.set_device("cpp_standalone", directory=folder.name)
    b.prefs.codegen.cpp.extra_compile_args_gcc = ["-w", "-O1", "-std=c++11"]
    names = {**b.units.allunits.__dict__, **{n: getattr(b, n) for n in dir(b)}}

    def value(text, known):
        return eval(products(text), {**names, **known})  # the shelf's own texts

    def unit(text):
        return value(text, {})

    def base(text):
        """Brian 2 wants base units after the colon."""
        if text in ("1", "boolean", "integer"):
            return text
        dims = b.get_dimensions(unit(text))
        if dims.is_dimensionless:
            return "1"
        bases = ("metre", "kilogram", "second", "amp", "kelvin", "mole", "candle")
        return "*".join(f"{n}**{e:g}" for n, e in zip(bases, dims._dims) if e != 0)

    known = {}
    changed = case.get("set", {})
    for name, of, default in t.params:
        text = changed.get(name, default)
        known[name] = value(text, {}) if not re.fullmatch(r"[-+.\de]+", str(text)) else float(text) * unit(of)
    waiting = [(name, changed.get(name, text)) for name, text in t.consts]
    while waiting:
        later = []
        for name, text in waiting:
            try:
                known[name] = value(text, known)
            except NameError:
                later.append((name, text))
        if len(later) == len(waiting):
            raise ValueError(f"constants without a value: {later}")
        waiting = later
    # Exponential Euler takes what varies with time at the middle of a step, the others where Brian 2 does.
    now = "(t + 0.5*dt)" if integrator == "exponential_euler" else "t"

    def timed(text):
        return re.sub(r"\bt\b", now, products(text))

    # An input jumps between steps: through a whole step, with all its stages, it is on the side that its middle is on.
    lines = ["middle_of_step = t + 0.5*dt : second (constant over dt)"] if t.inputs else []
    for name, of in t.inputs:
        text = re.sub(r"\bt\b(?=\s*[<>])", "middle_of_step", case["input"][name])
        lines.append(f"{name} = {timed(text)} : {base(of)}")
    for name, expression, of, flags in t.definitions:
        lines.append(f"{name} = {timed(expression)} : {base(of)}")
    for name, expression, of, flags in t.states:
        lines.append(f"d{name}/dt = {timed(expression)} : {base(of)}" + (f" ({flags})" if flags else ""))
    b.defaultclock.dt = value(dt, {})
    events = {}
    if t.threshold:
        events = {"threshold": products(t.threshold), "reset": "\n".join(products(r) for r in t.resets)}
        if t.refractory:
            text = products(t.refractory)
            events["refractory"] = value(text, known) if not any(c in text for c in "<>") else text
    group = b.NeuronGroup(1, "\n".join(lines), method=integrator, namespace=known, **events)
    for name, expression in in_order(t):
        setattr(group, name, products(expression))
    states = [name for name, *_ in t.states]
    kept = states if wanted is None else sorted(wanted) or states[:1]
    monitor = b.StateMonitor(group, kept, record=True)
    spikes = b.SpikeMonitor(group) if t.threshold else None
    steps = round(shelf.milliseconds(case["duration"]) / shelf.milliseconds(dt))
    b.run((steps + 1) * b.defaultclock.dt)  # the last sample is the start of one more step
    units = {name: of for name, _, of, _ in t.states + t.definitions} | dict(t.inputs)
    columns = {}
    for name in kept:
        columns[name] = numpy.asarray(getattr(monitor, name))[0].astype(float) / float(unit(units[name]))
    times = numpy.asarray(monitor.t) * 1e3
    fired = numpy.asarray(spikes.t) * 1e3 if spikes is not None else numpy.zeros(0)
    fired = fired[fired < times[-1] - 1e-9]
    return shelf.Trace(times, columns, units, fired), states


def reference(model, case):
    """What is written for a case, as lines of TOML."""
    out = []
    if "brian2" not in case:
        trace, states = run_case(model, case, case["integrator"], case["dt"])
        step = shelf.milliseconds(case["dt"])
        if not all(numpy.isfinite(trace.columns[name]).all() for name in states):
            raise ValueError(f"{model.name} {case['name']}: Brian 2 blew up")
        end = round(shelf.milliseconds(case.get("compared", case["duration"])) / step)
        at = [round(k * end / SAMPLES) for k in range(SAMPLES + 1)]
        fired = [round(s / step) for s in trace.spikes]
        out.append("spike_steps = " + json.dumps([k for k in fired if k < end]))
        out.append("steps = " + json.dumps(at))
        out.append("[brian2.%s.states]" % json.dumps(case["name"]))
        for name in states:
            out.append(f"{name} = " + json.dumps([float(f"{trace.columns[name][k]:.13g}") for k in at]))
    entries = [e for e in case.get("expect", []) if "value" not in e]
    if entries:
        how = case.get("converged", {})
        number, unit = case["dt"].split()
        dt = how.get("dt", f"{float(number) / 10:.10g} {unit}")
        trace = isolated(model, case, how.get("integrator", "rk4"), dt)
        measured = [measures.measure(trace, e) for e in entries]
        out.append("[brian2.%s.converged]" % json.dumps(case["name"]))
        out.append("integrator = " + json.dumps(how.get("integrator", "rk4")))
        out.append("dt = " + json.dumps(dt))
        out.append("measured = " + json.dumps([float(f"{m:.9g}") for m in measured]))
    if not out:
        return []
    if not out[0].startswith("["):
        out.insert(0, "[brian2.%s]" % json.dumps(case["name"]))
    return out


def isolated(model, case, integrator, dt):
    """run_case in a process of its own: a compiled Brian 2 program can run once."""
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        subprocess.run([sys.executable, "-W", "ignore", __file__, "--run", model.file, case["name"], integrator, dt,
                        file.name], check=True)
        saved = numpy.load(file.name)
        columns = {n: saved[n] for n in saved.files if n not in ("time", "spikes")}
        return shelf.Trace(saved["time"], columns, {}, saved["spikes"])


def main():
    if sys.argv[1:2] == ["--run"]:
        model = shelf.load(sys.argv[2])
        case = model.case(sys.argv[3])
        wanted = {e["column"] for e in case["expect"] if "column" in e}
        trace, _ = run_case(model, case, sys.argv[4], sys.argv[5], wanted)
        numpy.savez(sys.argv[6], time=trace.time, spikes=trace.spikes, **trace.columns)
        return
    if sys.argv[1:2] == ["--case"]:
        model = shelf.load(sys.argv[2])
        lines = reference(model, model.case(sys.argv[3]))
        print("\n" + "\n".join(["BEGIN", *lines]))
        return
    for model in shelf.all_models(sys.argv[1:]):
        blocks = []
        for case in model.cases:
            ran = subprocess.run([sys.executable, "-W", "ignore", __file__, "--case", model.file, case["name"]],
                                 capture_output=True, text=True)
            if ran.returncode != 0:
                print(f"{model.family}/{model.name} {case['name']}: failed\n{ran.stderr[-3000:]}")
                break
            block = ran.stdout.split("BEGIN\n", 1)[1].strip()
            if block:
                blocks.append(block)
        else:
            file = shelf.expected_file(model.file)
            kept = file.read_text().split(shelf.GENERATED)[0].rstrip() + "\n"
            if blocks:
                kept += "\n" + shelf.GENERATED + "\n" + "\n\n".join(blocks) + "\n"
            file.write_text(kept)
            print(f"{model.family}/{model.name}: {len(blocks)} of {len(model.cases)} cases")


main()
