"""Writes docs/models/: a page a family, made of the model files and what is expected of them.

usage: pages.py           writes the pages
       pages.py --check   exit code 1 where a page is not what this program writes, or a figure is missing

The figures are made by figures.py.
"""

import sys

sys.dont_write_bytecode = True
import measures  # noqa: E402
import shelf  # noqa: E402

DOCS = shelf.ROOT.parent / "docs" / "models"
LARGEST_FIGURE = 40_000  # bytes
FAMILIES = {
    "integrate_and_fire": "Integrate-and-fire cells: a voltage, a threshold, a reset.",
    "conductance_based": "Cells whose currents have gates, after Hodgkin and Huxley.",
    "reduced": "Two or three variables that keep the shape of a spike or a burst.",
    "channels": "One channel or synaptic current under a voltage command.",
    "stochastic": "Noise in the equations. Brian 2 draws other numbers, so moments are compared, not traces.",
    "population": "Rates and mean potentials of populations.",
    "dynamical_systems": "Small systems that every integrator should get right.",
}
WRITTEN = "<!-- Written by models/pages.py from the files in models/; do not edit. -->\n"


def number(value, tolerance):
    return f"{value:.6g}" if tolerance == 0 else f"{value:.6g} ± {tolerance:g}"


def unit_of(model, entry):
    unit = measures.UNITS.get(entry["measure"])
    return unit if unit is not None else declared_units(model).get(entry["column"], "")


def declared_units(model):
    """Display units by name, read off the model's text: `: mV` at the end of a statement."""
    units, statement = {}, ""
    for line in model.file.read_text().splitlines():
        line = line.split("#")[0].rstrip()
        statement = statement + line if line.startswith(" ") else line
        words = statement.replace("input ", "").split(" ")
        if " : " not in statement or words[0] in ("param", "const", "init"):
            continue
        name = words[0][1:-3] if words[0].startswith("d") and words[0].endswith("/dt") else words[0]
        unit = statement.rsplit(" : ", 1)[1].split(" (")[0]
        units[name] = "" if unit == "1" else unit
    return units


def conditions(case):
    """How a case is run, in a line."""
    parts = [f"`{case['integrator']}`", f"step {case['dt']}", case["duration"]]
    parts += [f"{name} = {value}" for name, value in case.get("set", {}).items()]
    parts += [f"`{name} = {value}`" for name, value in case.get("input", {}).items()]
    if "seed" in case:
        parts.append(f"seed {case['seed']}")
    return ", ".join(parts)


def rows(model, case):
    reference = model.reference(case).get("converged", {})
    measured = iter(reference.get("measured", []))
    for entry in case.get("expect", []):
        value = entry.get("value")
        if value is None:
            value = next(measured)
            source = f"Brian 2, `{reference['integrator']}` at {reference['dt']}"
        else:
            source = entry["from"]
        yield f"| {case['name']} | {measures.label(entry)} | {number(value, entry['tolerance'])} {unit_of(model, entry)}".rstrip() \
            + f" | {source} |"


def section(model):
    e = model.expected
    out = [f"## {e['title']}", "", f"`models/{model.family}/{model.name}.model`", "", e["about"], ""]
    out += [f"Source: {e['source']}" + (f"; {e['equations']}." if "equations" in e else "."), ""]
    out += [f"![{e['title']}](figures/{model.family}_{model.name}.svg)", ""]
    out += ["```model", model.file.read_text().rstrip(), "```", ""]
    out += ["| case | run |", "|---|---|"]
    for case in model.cases:
        about = f": {case['about']}" if "about" in case else ""
        out.append(f"| {case['name']} | {conditions(case)}{about} |".replace("||", "|"))
    out += ["", "| case | measure | expected | from |", "|---|---|---|---|"]
    for case in model.cases:
        out += rows(model, case)
    compared = [c["name"] + (f" until {c['compared']}" if "compared" in c else "") for c in model.cases if "brian2" not in c]
    if compared:
        out += ["", f"Spike steps and states are those of Brian 2 ({', '.join(compared)})."]
    for case in model.cases:
        if "brian2" in case:
            out += ["", f"Not compared with Brian 2 ({case['name']}): {case['brian2']}."]
    return "\n".join(out) + "\n"


def page(family, models):
    title = family.replace("_", " ").capitalize()
    return f"# {title}\n\n{WRITTEN}\n{FAMILIES[family]}\n\n" + "\n".join(section(m) for m in models)


def index(models):
    out = ["# The model shelf", "", WRITTEN,
           f"{len(models)} models from the literature. Each is a file to run, to fit, or to start from; `hillock simulate` runs any",
           "of them. Every one is tested: it is compared with its expected values and, where Brian 2 can run it, with Brian 2's",
           "spike steps and states. How to add one: [models/README.md](../../models/README.md).", ""]
    for family, sentence in FAMILIES.items():
        here = [m for m in models if m.family == family]
        if here:
            title = family.replace("_", " ").capitalize()
            out += [f"## [{title}]({family}.md)", "", sentence, "", "| model | |", "|---|---|"]
            out += [f"| `{m.name}` | {m.expected['title']} |" for m in here] + [""]
    out += ["## The measures", "", "Times are in ms; a window is part of the run, and a spike is what the model's `threshold` says, or a rise of a column",
            "through a level where one is named.", "", "| measure | |", "|---|---|"]
    out += [f"| {name.replace('_', ' ')} | {' '.join(f.__doc__.split())} |" for name, f in measures.MEASURES.items()]
    return "\n".join(out) + "\n"


def pages():
    models = shelf.all_models()
    unknown = {m.family for m in models} - set(FAMILIES)
    if unknown:
        sys.exit(f"families without a sentence in pages.py: {unknown}")
    out = {DOCS / "README.md": index(models)}
    for family in FAMILIES:
        here = [m for m in models if m.family == family]
        if here:
            out[DOCS / f"{family}.md"] = page(family, here)
    return models, out


def main():
    models, out = pages()
    if sys.argv[1:] == ["--check"]:
        wrong = [f"{p} is not what models/pages.py writes" for p, text in out.items() if not p.is_file() or p.read_text() != text]
        for model in models:
            figure = DOCS / "figures" / f"{model.family}_{model.name}.svg"
            if not figure.is_file():
                wrong.append(f"{figure} is missing: run models/figures.py")
            elif figure.stat().st_size > LARGEST_FIGURE:
                wrong.append(f"{figure} has more than {LARGEST_FIGURE} bytes")
        print("\n".join(wrong))
        sys.exit(1 if wrong else 0)
    DOCS.mkdir(parents=True, exist_ok=True)
    for path, text in out.items():
        path.write_text(text)


main()
