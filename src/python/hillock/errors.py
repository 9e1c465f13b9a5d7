"""What goes wrong, with Hillock's own text: a code that stays, what was found and expected, and what to try."""

from hillock import _engine


class Error(Exception):
    """`errors` has every mistake as (code, message, where, hint); `code`, `message`, `where`, `hint` are the first's."""

    def __init__(self, errors, text):
        super().__init__(text)
        self.errors = errors
        self.code, self.message, self.where, self.hint = errors[0]


class InvalidValue(Error, ValueError):
    """A value that cannot be: a method that is none, data of another length."""


class InvalidType(Error, TypeError):
    """A value of another type than is needed."""


class SimulationsFailed(Error, RuntimeError):
    """Not one simulation gave an answer; the message counts the reasons."""


class Unavailable(Error, NotImplementedError):
    """What this version or this installation cannot do."""


_UNAVAILABLE = {"arviz-missing", "posterior-not-saved"}


def _class_of(code):
    if code == "simulations-failed":
        return SimulationsFailed
    if code in _UNAVAILABLE:
        return Unavailable
    return InvalidType if code.endswith("-type") else InvalidValue


def from_engine(errors, text):
    """The exception for errors of the engine, as it renders them."""
    return _class_of(errors[0][0])(list(errors), text.rstrip("\n"))


def mistake(code, message, where="", hint=""):
    """The exception for one mistake."""
    errors = [(code, message, where, hint)]
    return from_engine(errors, _engine.render(errors))
