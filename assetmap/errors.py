"""Every error the register raises on purpose, and the HTTP status each one maps to.

RegisterError
├── BadRequest          400  a parameter is misspelt, missing or out of range
│   └── TooLarge        400  more than can be answered at once
├── NotFound            404  not there, or not for this viewer: the two look the same
├── NotAllowed          403
│   └── OutsideLimits   403  what is written lies where the role does not hold
├── SignInFirst         401
├── Conflict            409  the record changed since it was read
├── PreconditionFailed  412  what the change was made from is not what is there
├── TooMany             429
│   └── TooManyAtOnce   429  others have to end first
├── Unavailable         503  something it needs cannot be reached; nothing was changed
│   ├── Busy            503  the database could not take its turn in time
│   └── Full            503  the disk of the database is full
└── Invalid             422  what was given does not make sense; names each field
"""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError


class RegisterError(Exception):
    """Base class; `status`, `title` and the message are safe to show to anyone.

    `version` is that of the record now, where knowing it helps to try again; `retry_after_s` how
    many seconds to wait before that, where waiting helps.
    """

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    title = "Something went wrong"
    version: int | None = None
    retry_after_s: int | None = None


class NotFound(RegisterError):
    status = HTTPStatus.NOT_FOUND
    title = "Not found"


class NotOpen(NotFound):
    """What is there at other times: nobody need look for it elsewhere."""

    title = "No answers are taken now"


class SignInFirst(RegisterError):
    status = HTTPStatus.UNAUTHORIZED
    title = "Sign in first"


class NotAllowed(RegisterError):
    status = HTTPStatus.FORBIDDEN
    title = "You cannot do this"


class OutsideLimits(NotAllowed):
    pass


class TooMany(RegisterError):
    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Too many requests"


class TooManyAtOnce(TooMany):
    title = "Wait for the others"
    retry_after_s = 30


class Unavailable(RegisterError):
    """Something that the register needs cannot be reached; `why` is for operators alone."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = "Try again shortly"
    retry_after_s = 10

    def __init__(self, detail: str, why: str = "") -> None:
        super().__init__(detail)
        self.why = why


class Busy(Unavailable):
    title = "Busy"
    retry_after_s = 2


class Full(Unavailable):
    title = "The disk is full"

    def __init__(self) -> None:
        said = "Nothing was changed. Go back: what you typed should still be there."
        super().__init__(f"{self.title}. {said}", "the disk is full")


class Conflict(RegisterError):
    """Someone else changed the record; `fields` maps each field both changed to (theirs, yours).

    `proposal` is the uid of the suggestion that yours is kept as, where it is.
    """

    status = HTTPStatus.CONFLICT
    title = "This does not fit what is there now"
    proposal: uuid.UUID | None = None

    def __init__(self, detail: str, fields: Mapping[str, tuple[Any, Any]] | None = None) -> None:
        super().__init__(detail)
        self.fields = dict(fields or {})


class PreconditionFailed(RegisterError):
    """The change was made from something that is not what is there."""

    status = HTTPStatus.PRECONDITION_FAILED
    title = "This is not what you changed"

    def __init__(self, detail: str, version: int | None = None) -> None:
        super().__init__(detail)
        self.version = version


class Invalid(RegisterError):
    """Something given does not make sense; `problems` maps each field to what is wrong."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Check the details"

    def __init__(self, detail: str, problems: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.problems = dict(problems or {})

    @classmethod
    def field(cls, name: str, problem: str) -> "Invalid":
        """One field is wrong."""
        return cls(f"{name}: {problem}", {name: problem})

    @classmethod
    def from_pydantic(cls, error: ValidationError) -> "Invalid":
        """Each field once, in words; the value given is never echoed."""
        problems: dict[str, str] = {}
        for one in error.errors(include_url=False, include_input=False):
            # people know the field only, not the item in it or the branch of a union
            path = [str(p) for p in one["loc"] if isinstance(p, str) and "[" not in p]
            message = plain(one["type"], one["msg"], one.get("ctx") or {})
            if not path and ": " in message:  # a rule about the whole names its field itself
                path, message = [message.split(": ")[0]], message.split(": ", 1)[1]
            problems.setdefault(".".join(path[:1]) or "body", message)
        return cls("; ".join(f"{name}: {what}" for name, what in problems.items()), problems)


class BadRequest(Invalid):
    """The address has a parameter that is misspelt, missing or out of range."""

    status = HTTPStatus.BAD_REQUEST
    title = "Check the address"


class TooLarge(BadRequest):
    """What is asked for holds more than can be answered at once."""

    def __init__(self, detail: str, count: int) -> None:
        super().__init__(detail)
        self.count = count


_A_NUMBER = "Give a number, such as 500."
_A_DAY = "Give a day, such as 2027-05-31."
_A_MOMENT = "Give a day and a time, such as 2027-05-31T18:30."
_PLAIN = {
    "missing": "Give this.",
    "extra_forbidden": "There is no such field. Check the spelling.",
    "float_parsing": _A_NUMBER,
    "int_parsing": _A_NUMBER,
    "decimal_parsing": _A_NUMBER,
    "finite_number": _A_NUMBER,
    "int_from_float": "Give a whole number.",
    "bool_parsing": "Give true or false.",
    "date_parsing": _A_DAY,
    "date_from_datetime_parsing": _A_DAY,
    "date_from_datetime_inexact": _A_DAY,
    "uuid_parsing": "This is not an identifier.",
    "datetime_parsing": _A_MOMENT,
    "datetime_from_date_parsing": _A_MOMENT,
}
_BOUNDS = {
    "greater_than": "Give a number above {gt}.",
    "greater_than_equal": "Give {ge} or more.",
    "less_than": "Give a number below {lt}.",
    "less_than_equal": "Give {le} or less.",
}


def plain(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """pydantic's message in the words of a form."""
    match kind:
        case "string_too_long":
            return f"Use {context['max_length']:,} characters or fewer."
        case "string_too_short":
            least = context["min_length"]
            return "Give this." if least == 1 else f"Use {least} characters or more."
        case "value_error":
            return message.removeprefix("Value error, ")
        case "literal_error" | "enum":
            return f"Choose one of {context['expected']}."
        case _ if kind in _BOUNDS:
            whole = {
                name: int(n) if isinstance(n, float) and n.is_integer() else n
                for name, n in context.items()
            }
            return _BOUNDS[kind].format(**whole)
        case _:
            return _PLAIN.get(kind, message + ".")


# of links that sign people in, make them an owner, answer, stop or read for them
SECRET_PATHS = (
    *("/sign-in/", "/claims/", "/stop/", "/reply/", "/came/", "/stop-alert/", "/at/"),
    *("/saved-searches/feeds/", "/engagements/mine/", "/helping/"),
)


def without_secret(path: str) -> str:
    """A path as a log may hold it: cut where the secret of a link begins."""
    found = next((start for start in SECRET_PATHS if path.startswith(start)), None)
    return path if found is None else f"{found}…"
