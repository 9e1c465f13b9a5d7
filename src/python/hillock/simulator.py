"""A user's function as the engine calls it."""

import numpy as np

from hillock.errors import mistake

_LONGEST = 200  # of a reason


def _reason(error):
    """An exception's type and first line."""
    words = (str(error).strip().splitlines() or [""])[0][:_LONGEST]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _numbers(answer, shape, what):
    """The answer of a function as an array of this shape. One statistic needs no axis of its own."""
    try:
        numbers = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise mistake("simulator-type", f"the simulator answered with {type(answer).__name__}, which is no array of "
                      "numbers", "simulator", f"return {what}; nan where a statistic has no value") from None
    if shape[-1] == 1 and numbers.shape == shape[:-1]:
        numbers = numbers.reshape(shape)
    if numbers.shape != shape:
        raise mistake("simulator-shape", f"the simulator answered with an array of shape {numbers.shape}, and not "
                      f"{shape}", "simulator", f"return {what}: as many statistics as there are observed values")
    return numbers


def engine_function(function, batch):
    """(theta, x, stop) -> [(row, reason), ...] of what failed, with the rest in x; None once stop() is true."""

    def one(theta, x, row, failed):
        given = theta[row:row + 1] if batch else theta[row]
        try:
            answer = function(given)
        except Exception as error:  # a failed simulation is data
            failed.append((row, _reason(error)))
            return
        shape = (1, x.shape[1]) if batch else (x.shape[1],)
        what = "an array with a row for each row of theta" if batch else "a sequence of numbers"
        x[row] = _numbers(answer, shape, what).reshape(-1)

    def simulate(theta, x, stop):
        failed = []
        if batch:
            try:
                answer = function(theta)
            except Exception:  # whose fault was it? One by one, below.
                pass
            else:
                x[...] = _numbers(answer, x.shape, "an array with a row for each row of theta")
                return failed
        for row in range(len(theta)):
            if stop():
                return None
            one(theta, x, row, failed)
        return failed

    return simulate
