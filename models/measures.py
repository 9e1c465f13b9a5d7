"""What can be expected of a run: the measures that an expected file names.

Each takes a shelf.Trace and the entry of the expected file, and returns a number. `column` is in its display unit, times
are in ms, rates in Hz. `window = ["10 ms", "110 ms"]` keeps that part of the run.
"""

import numpy

from shelf import milliseconds


def _spikes(trace, entry):
    window = entry.get("window")
    if "level" in entry:
        times = _crossings(trace, entry)
    else:
        times = trace.spikes
    if window is None:
        return times
    low, high = _ends(trace, entry)
    return times[(times >= low) & (times < high)]


def _ends(trace, entry):
    window = entry.get("window")
    return tuple(milliseconds(text) for text in window) if window else (trace.time[0], trace.time[-1])


def _column(trace, entry):
    return trace.columns[entry["column"]][trace.window(entry.get("window"))]


def _times(trace, entry):
    return trace.time[trace.window(entry.get("window"))]


def _crossings(trace, entry):
    """Times at which the column rises through `level`, by straight lines between samples."""
    t, x = trace.time, trace.columns[entry["column"]]
    level = entry["level"]
    k = numpy.flatnonzero((x[:-1] < level) & (x[1:] >= level))
    return t[k] + (level - x[k]) / (x[k + 1] - x[k]) * (t[k + 1] - t[k])


def _one(values, what):
    if len(values) == 0:
        raise ValueError(f"there is no {what}")
    return values


def spike_count(trace, entry):
    """Spikes in the window."""
    return float(len(_spikes(trace, entry)))


def rate(trace, entry):
    """Spikes per second of the window."""
    low, high = _ends(trace, entry)
    return len(_spikes(trace, entry)) / (high - low) * 1e3


def first_spike(trace, entry):
    """Time of the window's first spike, from the window's start."""
    return _one(_spikes(trace, entry), "spike")[0] - _ends(trace, entry)[0]


def last_spike(trace, entry):
    """Time of the window's last spike, from the window's start."""
    return _one(_spikes(trace, entry), "spike")[-1] - _ends(trace, entry)[0]


def isi(trace, entry):
    """Inter-spike interval `n`, from 0; -1 is the last."""
    return numpy.diff(_spikes(trace, entry))[entry["n"]]


def isi_mean(trace, entry):
    """Mean inter-spike interval."""
    return float(numpy.mean(_one(numpy.diff(_spikes(trace, entry)), "interval")))


def isi_cv(trace, entry):
    """Standard deviation of the inter-spike intervals over their mean."""
    gaps = _one(numpy.diff(_spikes(trace, entry)), "interval")
    return float(numpy.std(gaps) / numpy.mean(gaps))


def isi_ratio(trace, entry):
    """The last inter-spike interval over the first: above 1 the cell adapts."""
    gaps = _one(numpy.diff(_spikes(trace, entry)), "interval")
    return gaps[-1] / gaps[0]


def _bursts(trace, entry):
    """Spikes grouped wherever the gap is below `gap` ms."""
    times = _one(_spikes(trace, entry), "spike")
    return numpy.split(times, numpy.flatnonzero(numpy.diff(times) > entry["gap"]) + 1)


def burst_count(trace, entry):
    """Groups of at least two spikes that are closer than `gap` ms."""
    return float(sum(len(b) > 1 for b in _bursts(trace, entry)))


def spikes_per_burst(trace, entry):
    """Median number of spikes of the groups, but for the first and the last, which the run may cut."""
    bursts = _bursts(trace, entry)
    inner = bursts[1:-1] if len(bursts) > 2 else bursts
    return float(numpy.median([len(b) for b in inner]))


def burst_period(trace, entry):
    """Mean time from a burst's first spike to the next burst's, without the first burst."""
    starts = numpy.array([b[0] for b in _bursts(trace, entry)])[1:]
    return float(numpy.mean(_one(numpy.diff(starts), "period")))


def period(trace, entry):
    """Mean time between rises of the column through `level`."""
    times = _crossings(trace, entry)
    low, high = _ends(trace, entry)
    return float(numpy.mean(_one(numpy.diff(times[(times >= low) & (times <= high)]), "period")))


def maximum(trace, entry):
    """Largest value of the column in the window."""
    return float(numpy.max(_column(trace, entry)))


def minimum(trace, entry):
    """Smallest value of the column in the window."""
    return float(numpy.min(_column(trace, entry)))


def mean(trace, entry):
    """Mean of the column in the window."""
    return float(numpy.mean(_column(trace, entry)))


def sd(trace, entry):
    """Standard deviation of the column in the window."""
    return float(numpy.std(_column(trace, entry)))


def last(trace, entry):
    """The column at the end of the window."""
    return float(_column(trace, entry)[-1])


def time_of_maximum(trace, entry):
    """When the column is largest, from the window's start."""
    return float(_times(trace, entry)[numpy.argmax(_column(trace, entry))] - _ends(trace, entry)[0])


def half_width(trace, entry):
    """Width of the window's largest peak, half way between it and the lowest value before it in the window."""
    t, x = _times(trace, entry), _column(trace, entry)
    top = int(numpy.argmax(x))
    half = 0.5 * (x[top] + numpy.min(x[: top + 1]))
    up = numpy.flatnonzero(x[:top] < half)[-1]
    down = top + numpy.flatnonzero(x[top:] < half)[0]
    rise = t[up] + (half - x[up]) / (x[up + 1] - x[up]) * (t[up + 1] - t[up])
    fall = t[down - 1] + (half - x[down - 1]) / (x[down] - x[down - 1]) * (t[down] - t[down - 1])
    return float(fall - rise)


def autocorrelation(trace, entry):
    """Autocorrelation of the column at a lag of `lag` ms."""
    x = _column(trace, entry) - numpy.mean(_column(trace, entry))
    k = int(round(entry["lag"] / (trace.time[1] - trace.time[0])))
    return float(numpy.mean(x[:-k] * x[k:]) / numpy.mean(x * x))


UNITS = {"spike_count": "", "rate": "Hz", "first_spike": "ms", "last_spike": "ms", "isi": "ms", "isi_mean": "ms",
         "isi_cv": "", "isi_ratio": "", "burst_count": "", "spikes_per_burst": "", "burst_period": "ms", "period": "ms",
         "half_width": "ms", "time_of_maximum": "ms", "autocorrelation": ""}
MEASURES = {f.__name__: f for f in (spike_count, rate, first_spike, last_spike, isi, isi_mean, isi_cv, isi_ratio,
                                    burst_count, spikes_per_burst, burst_period, period, maximum, minimum, mean, sd,
                                    last, time_of_maximum, half_width, autocorrelation)}


def measure(trace, entry):
    return float(MEASURES[entry["measure"]](trace, entry))


def label(entry):
    """What an entry measures, in words for a table."""
    words = entry["measure"].replace("_", " ")
    if "column" in entry:
        words += f" of {entry['column']}"
    if "level" in entry and entry["measure"] != "period":
        words += f" (rises through {entry['level']:g})"
    if "n" in entry:
        words += f" {entry['n']}"
    if "lag" in entry:
        words += f" at {entry['lag']:g} ms"
    if "gap" in entry:
        words += f" (gap {entry['gap']:g} ms)"
    if "window" in entry:
        words += f", {entry['window'][0]} to {entry['window'][1]}"
    return words
