"""A leaky integrate-and-fire neuron with noise: the model of ../c/integrate_and_fire.c, by the standard library alone.

Lines of JSON come in and go out (docs/external.md). Print other things on standard error, and flush every answer.
"""

import json
import math
import random
import sys

STEPS, DT, THRESHOLD = 10000, 1e-4, 20e-3


def simulate(tau, mu, sigma, noise):
    decay = math.exp(-DT / tau)
    kick = sigma * math.sqrt(1 - decay * decay)
    v = total = squares = 0.0
    spikes = []
    for i in range(STEPS):
        v = mu + (v - mu) * decay + kick * noise.gauss(0.0, 1.0)
        if v >= THRESHOLD:
            spikes.append((i + 1) * DT)
            v = 0.0
        total += v
        squares += v * v
    intervals = [b - a for a, b in zip(spikes, spikes[1:])]
    n = len(intervals)
    cv = None  # no value: JSON's null
    if n >= 2:
        mean = sum(intervals) / n
        cv = math.sqrt(max(0.0, sum(d * d for d in intervals) / n - mean * mean)) / mean
    mean = total / STEPS
    return [len(spikes) / (STEPS * DT), cv, mean, math.sqrt(max(0.0, squares / STEPS - mean * mean))]


def main():
    sys.stdin.readline()  # the greeting: names and units, which this program knows
    print(json.dumps({"hillock": 1, "statistics": ["rate", "cv_isi", "v_mean", "v_sd"]}), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        answer = {"id": question["id"]}
        try:
            answer["x"] = simulate(*question["parameters"], random.Random(question["seed"]))
            answer["reasons"] = [None, "fewer-than-3-spikes" if answer["x"][1] is None else None, None, None]
        except (ArithmeticError, ValueError) as error:
            answer = {"id": question["id"], "error": str(error)}
        print(json.dumps(answer), flush=True)


main()
