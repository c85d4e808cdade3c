"""What people and machines send, made into a schema or refused with a message for each field."""

from typing import Any, Protocol, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from assetmap.errors import BadRequest, Invalid

T = TypeVar("T", bound=BaseModel)
_MANY = (list, tuple, set, frozenset)


class ManyValued(Protocol):
    """A query string or posted form: each name may come with several values."""

    def lists(self) -> Any:
        """Pairs of a name and all its values."""


def checked(model: type[T], given: Any) -> T:
    """`given` as a `model`. Raises Invalid with a message for each field."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise Invalid.from_pydantic(error) from error


def from_query(model: type[T], given: ManyValued) -> T:
    """A query string as a `model`. Raises BadRequest naming each parameter that is wrong.

    A name that holds many may be given several times or with commas; any other, once.
    """
    many = _names_that_hold_many(model)
    read: dict[str, Any] = {}
    for name, values in given.lists():
        if name in many:
            read[name] = [part for value in values for part in value.split(",") if part]
        elif len(values) > 1:
            raise BadRequest(f"{name}: Give this once.", {name: "Give this once."})
        elif values[0] != "":
            read[name] = values[0]
    try:
        return model.model_validate(read)
    except ValidationError as error:
        problem = Invalid.from_pydantic(error)
        raise BadRequest(str(problem), problem.problems) from error


def from_form(model: type[T], given: ManyValued, *, ignore: frozenset[str] = frozenset()) -> T:
    """A posted form as a `model`: blanks count as not given. Raises Invalid."""
    many = _names_that_hold_many(model)
    read: dict[str, Any] = {}
    for name, values in given.lists():
        filled = [value for value in values if value.strip()]
        if name not in ignore and (filled or name in many):
            read[name] = filled if name in many else filled[-1]
    return checked(model, read)


def refuse_nul(form: ManyValued, files: ManyValued) -> None:
    """Raise Invalid for a box, or the name of a file, with a NUL, which PostgreSQL cannot store."""
    given = [
        *form.lists(),
        *((name, [f.filename or "" for f in some]) for name, some in files.lists()),
    ]
    for name, said in given:
        if any("\0" in one for one in said):
            raise Invalid.field(name, "Take out the NUL character.")


def _names_that_hold_many(model: type[BaseModel]) -> set[str]:
    return {
        name
        for name, field in model.model_fields.items()
        if any(
            get_origin(part) in _MANY for part in (field.annotation, *get_args(field.annotation))
        )
    }
