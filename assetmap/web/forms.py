"""A posted form becomes a draft, a record becomes a form again, and what was typed is kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from assetmap.access import Viewer
from assetmap.errors import Invalid, plain
from assetmap.formats import numbers
from assetmap.register import pointers
from assetmap.register.snapshots import Snapshot
from assetmap.schemas import stops
from assetmap.schemas.entries import DRAFTS, EntryDraft
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Kind
from assetmap.web import fields, typed, whereabouts
from assetmap.web.questions import PARTY, Ask

Typed = dict[str, Any]
GIVE_THIS = plain("missing", "", {})
_MISSING = {
    "title": "Give it a name that people will know.",
    "category": "Choose the category that fits best.",
    "starts_at": "Say when it starts.",
    "ends_at": "Say when it ends.",
    "period_from": "Say since when.",
}
_LISTS = {"many": "", "areas": "", "repeats": "_days"}
_SHOWN_UNDER = {
    "group": "offeror",
    "asset": "offeror",
    "longitude": "where",
    "latitude": "where",
    "location": "where",
    "location_method": "where",
    "accuracy_m": "where",
}


@dataclass
class Reading:
    """One posted form on its way to becoming a draft."""

    session: Session
    kind: Kind
    said: Typed
    viewer: Viewer
    before: Snapshot | None = None
    problems: dict[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What was typed in a box."""
        return str(self.said.get(name) or "").strip()

    def listed(self, name: str) -> list[str]:
        """What was ticked."""
        return [str(one) for one in self.said.get(name) or ()]


def draft(
    session: Session,
    kind: Kind,
    said: Typed,
    *,
    viewer: Viewer,
    before: Snapshot | None = None,
) -> EntryDraft:
    """What a form says. A box left as it was keeps exactly what the record had.

    Raises Invalid with a message for each box that is wrong.
    """
    reading = Reading(session, kind, said, viewer, before)
    was = of_snapshot(session, kind, before, viewer=viewer) if before is not None else None
    raw: dict[str, Any] = {}
    for ask in fields.asks(kind):
        if was is not None and before is not None and _untouched(ask, said, was):
            raw |= {name: before.get(name) for name in holds(ask)}
            continue
        try:
            raw |= _READERS.get(ask.widget, _text)(reading, ask)
        except Invalid as error:
            reading.problems |= error.problems
    try:
        place = whereabouts.read(session, said, before, str(raw.get("postcode") or ""))
        raw |= {name: value for name, value in place.items() if value or not raw.get(name)}
    except Invalid as error:
        reading.problems |= error.problems
    return _checked(kind, raw, reading.problems)


def of_form(kind: Kind, form: MultiDict[str, str]) -> Typed:
    """Every box of a posted form, for reading and for showing again."""
    said: Typed = {name: form.get(name, "") for name in _boxes(kind)}
    said |= {name: form.getlist(name) for name in _tick_lists(kind)}
    if "geometry" not in form:
        said.pop("geometry")
    return said


def of_snapshot(
    session: Session,
    kind: Kind,
    taken: Snapshot | None,
    *,
    viewer: Viewer,
    known: Mapping[str, str] | None = None,
) -> Typed:
    """A record as its form shows it; without one, an empty form with the usual answers.

    known: names of entries by uid that need not be looked up again.
    """
    taken = _usual(kind) if taken is None else taken
    said: Typed = whereabouts.of_snapshot(taken)
    called = dict(known or {})
    names = [taken[name] for name in ("operator", "group", "asset") if taken.get(name)]
    missing = [name for name in names if name not in called]
    called |= pointers.named(session, missing, viewer=viewer)
    for ask in fields.asks(kind):
        said |= _shown(ask, taken, called)
    return said


def holds(ask: Ask) -> tuple[str, ...]:
    """The fields of the draft that a question answers."""
    return ("group", "asset", "person_role") if ask.widget == "offeror" else (ask.name,)


def label_of(kind: Kind, name: str) -> str:
    """What the form calls a field of the draft."""
    return next((ask.label for ask in fields.asks(kind) if name in holds(ask)), "")


def shown_under(problems: Mapping[str, str]) -> dict[str, str]:
    """Problems of a draft under the boxes that people see."""
    said = {n: f"Accuracy, in metres: {m}" if n == "accuracy_m" else m for n, m in problems.items()}
    return {_SHOWN_UNDER.get(name, name): message for name, message in said.items()}


def _checked(kind: Kind, raw: dict[str, Any], problems: dict[str, str]) -> EntryDraft:
    filled = {name: value for name, value in raw.items() if value not in ("", None)}
    try:
        made = checked(DRAFTS[kind], filled)
    except Invalid as error:
        said = {
            name: _MISSING.get(name, words) if words == GIVE_THIS else words
            for name, words in error.problems.items()
        }
        problems = shown_under(said) | problems
    if "offeror" in problems:
        problems.pop("person_role", None)  # it only says that nobody was named
    if problems:
        raise Invalid("Some answers need mending.", _in_order(kind, problems))
    return made


def _in_order(kind: Kind, problems: Mapping[str, str]) -> dict[str, str]:
    """As the form asks, so that the summary reads from the top down."""
    order = [box for ask in fields.asks(kind) for box in (ask.name, *holds(ask))]
    return dict(
        sorted(problems.items(), key=lambda one: order.index(one[0]) if one[0] in order else 9_999)
    )


def _untouched(ask: Ask, said: Typed, was: Typed) -> bool:
    return all(said.get(name) == was.get(name) for name in boxes(ask))


def boxes(ask: Ask) -> tuple[str, ...]:
    """The names that a question's boxes send."""
    match ask.widget:
        case "repeats":
            return (f"{ask.name}_days", f"{ask.name}_week", ask.name)
        case "areas":
            return (ask.name, f"{ask.name}_named")
        case "offeror":
            return (ask.name, "person_role")
        case "party":
            return tuple(f"{ask.name}_{kind}" for kind in PARTY)
        case _:
            return (ask.name,)


def _tick_lists(kind: Kind) -> set[str]:
    return {f"{ask.name}{_LISTS[ask.widget]}" for ask in fields.asks(kind) if ask.widget in _LISTS}


def _boxes(kind: Kind) -> list[str]:
    lists = _tick_lists(kind)
    every = [box for ask in fields.asks(kind) for box in boxes(ask)]
    return [*(box for box in every if box not in lists), *whereabouts.NAMES]


def _usual(kind: Kind) -> Snapshot:
    return {
        name: one.get_default(call_default_factory=True)
        for name, one in DRAFTS[kind].model_fields.items()
        if not one.is_required()
    }


def _shown(ask: Ask, taken: Snapshot, called: Mapping[str, str]) -> Typed:
    value = taken.get(ask.name)
    match ask.widget:
        case "many":
            return {ask.name: list(value or ())}
        case "areas":
            return {ask.name: list(value or ()), f"{ask.name}_named": ""}
        case "repeats":
            return dict(zip(boxes(ask), typed.repeats(value or ""), strict=True))
        case "party":
            return {f"{ask.name}_{kind}": str((value or {}).get(kind) or "") for kind in PARTY}
        case "offeror":
            uid = taken.get("group") or taken.get("asset") or ""
            return {
                ask.name: called.get(uid, ""),
                "person_role": taken.get("person_role") or "",
            }
        case "entry":
            return {ask.name: called.get(value or "", "")}
        case _:
            return {ask.name: _one_box(ask, value)}


def _one_box(ask: Ask, value: Any) -> str:
    match ask.widget, value:
        case "moment", str():
            return typed.local(value)
        case "money", _:
            return typed.as_pounds(value)
        case "stops", _:
            return "\n".join(stops.as_line(one) for one in value or ())
        case "lines", _:
            return "\n".join(value or ())
        case _, list():
            return ", ".join(value)
        case _, bool():
            return "yes" if value else "no"
        case _:
            return "" if value is None else str(value)


def _text(reading: Reading, ask: Ask) -> dict[str, Any]:
    return {ask.name: reading.text(ask.name)}


def _lines(reading: Reading, ask: Ask) -> dict[str, Any]:
    return {ask.name: [line.strip() for line in reading.text(ask.name).splitlines()]}


def _many(reading: Reading, ask: Ask) -> dict[str, Any]:
    return {ask.name: reading.listed(ask.name)}


def _with(rule: Callable[[str, str], Any]) -> Callable[[Reading, Ask], dict[str, Any]]:
    def read(reading: Reading, ask: Ask) -> dict[str, Any]:
        given = reading.text(ask.name)
        return {ask.name: rule(given, ask.name) if given else None}

    return read


def _number(given: str, _field: str) -> str:
    return numbers.plain(given)


def _repeats(reading: Reading, ask: Ask) -> dict[str, Any]:
    week = reading.text(f"{ask.name}_week")
    days = reading.listed(f"{ask.name}_days")
    return {ask.name: typed.rule(days, week, reading.text(ask.name))}


def _party(reading: Reading, ask: Ask) -> dict[str, Any]:
    """Kinds that the form has no box for stay as they were."""
    before = reading.before or {}
    counts = {kind: n for kind, n in (before.get(ask.name) or {}).items() if kind not in PARTY}
    for kind in PARTY:
        if given := numbers.plain(reading.text(f"{ask.name}_{kind}")):
            if not given.isdecimal() or int(given) > 1000:
                raise Invalid.field(f"{ask.name}_{kind}", "Give a whole number up to 1,000.")
            counts[kind] = int(given)
    return {ask.name: counts}


def _areas(reading: Reading, ask: Ask) -> dict[str, Any]:
    box = f"{ask.name}_named"
    lines = [part.strip() for part in reading.text(box).replace("\n", ",").split(",")]
    named = pointers.area_codes(reading.session, [line for line in lines if line], box)
    return {ask.name: [*reading.listed(ask.name), *named]}


def _offeror(reading: Reading, ask: Ask) -> dict[str, Any]:
    found: dict[str, Any] = {"person_role": reading.text("person_role")}
    if given := reading.text(ask.name):
        entry = pointers.entry_called(
            reading.session, given, (Kind.GROUP, Kind.ASSET), viewer=reading.viewer, field=ask.name
        )
        found[entry.kind] = str(entry.uid)
    return found


def _entry(reading: Reading, ask: Ask) -> dict[str, Any]:
    given = reading.text(ask.name)
    if not given:
        return {ask.name: None}
    entry = pointers.entry_called(
        reading.session, given, (Kind.GROUP, Kind.ASSET), viewer=reading.viewer, field=ask.name
    )
    return {ask.name: str(entry.uid)}


_READERS: dict[str, Callable[[Reading, Ask], dict[str, Any]]] = {
    "lines": _lines,
    "stops": _lines,
    "many": _many,
    "number": _with(_number),
    "day": _with(typed.day),
    "moment": _with(typed.moment),
    "money": _with(typed.pence),
    "repeats": _repeats,
    "party": _party,
    "areas": _areas,
    "offeror": _offeror,
    "entry": _entry,
}
