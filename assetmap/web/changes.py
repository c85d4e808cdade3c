"""What happened to an entry, and the values of its fields, in words."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from assetmap.register.histories import LINK, Told, is_tie
from assetmap.register.stories import Story
from assetmap.schemas.entries import REFERENCES
from assetmap.settings import LOCAL
from assetmap.web import facts, labels

_VERBS = {
    "logged": "Logged",
    "changed": "Changed",
    "checked": "Checked: still here",
    "withdrawn": "Withdrawn",
    "brought back": "Brought back",
    "linked": "Linked",
    "unlinked": "Unlinked",
    "photo added": "Photo added",
    "photo removed": "Photo taken away",
    "point added": "Written down: what was said",
    "point changed": "Changed: what was said and done",
    "point removed": "Taken away: something that was said",
    "point put back": "Put back: something that was said",
    "told": "People were told",
    "told taken back": "Taken back: that people were told",
    "cost added": "A cost written down",
    "cost changed": "A cost changed",
    "cost removed": "A cost taken away",
    "cost put back": "A cost put back",
    "paper added": "A paper written down",
    "paper changed": "A paper changed",
    "paper removed": "A paper taken away",
    "paper put back": "A paper put back",
    "part added": "Added to the running order",
    "part changed": "Running order changed",
    "part removed": "Taken out of the running order",
    "part put back": "Put back into the running order",
    "person met": "Somebody who was met there written down",
    "person met taken back": "Somebody not met there after all",
    "groups changed": "Groups that are wanted changed",
    "tables changed": "Tables changed",
    "note changed": "A note of the event changed",
    "note removed": "A note of the event taken away",
    "note put back": "A note of the event put back",
    "picture added": "A rich picture added",
    "picture changed": "A rich picture changed",
    "picture withdrawn": "A rich picture withdrawn",
    "plan changed": "A point of the plan settled",
    "survey changed": "The survey changed",
    "monitoring opened": "People were asked who they are",
    "monitoring closed": "No more asked who they are",
    "code hung up": "A code hung up",
    "code taken down": "A code taken down",
    "poll added": "A question for the room written",
    "poll opened": "The room was asked",
    "poll closed": "A question for the room closed",
    "poll removed": "A question for the room taken away",
    "poll put back": "A question for the room put back",
    "voice note added": "Voice note added",
    "voice note written": "Voice note written down",
    "voice note removed": "Voice note taken away",
    "passed on": "Passed on",
    "put back": "Put back, after it was passed on",
    "merged": "Merged into another",
    "merged in": "Another was merged into it",
    "unmerged": "The merge was undone",
}
_CODED = frozenset(
    (
        *(
            "status",
            "location_method",
            "checked_how",
            "confidence",
        ),
        *("size_band", "unit", "check_status", "direction", "time_of_day", "observer_kind"),
        *("scan_status", "light", "engagement_kind", "format", "influence_level", "measure"),
    )
)
_DAYS = frozenset(
    (
        *("checked_on", "review_due", "expires_on", "available_from", "available_to"),
        *("last_contacted_on", "feedback_due", "period_from", "period_to"),
    )
)
_CODED_BESIDE = ("facilities", "checks_needed", ": status", ": kind", ": scope", ": shows")
_DAYS_BESIDE = (": due", ": last day", ": agreed_on")
_CHOSEN = {  # as forms offer them
    "visibility": dict(labels.VISIBILITIES),
    "contact_visibility": dict(labels.CONTACTS_OPEN_TO),
    "precision": dict(labels.PRECISIONS),
}
UNSEEN = "an entry that is not open to you"
_QUIET = frozenset({"passed_on", "version", "resolved_at", "withdrawn_at"})


def timeline(story: Story) -> list[dict[str, Any]]:
    """The history of a story's entry, as much of it as its viewer may know."""
    return [_line(row, story.terms) for row in story.history]


def value(name: str, given: Any) -> str:  # noqa: PLR0911, PLR0912  # one line a type reads best
    """The value of a field as a record keeps it, in words."""
    match name, given:
        case _, None | "" | []:
            return ""
        case _, dict() if not given:
            return ""
        case "geometry", dict():
            return _shape(given)
        case "cost_pence", int():
            return labels.pounds(given)
        case "pattern" | "meeting_pattern", str():
            return facts.repeats(given)
        case _, str() if given in _CHOSEN.get(name, {}):
            return _CHOSEN[name][given]
        case "participants", dict():
            return labels.party(given)
        case _, bool():
            return "Yes" if given else "No"
        case "languages", list():
            return ", ".join(map(labels.language, given))
        case "stops", list():
            return "; ".join(one["name"] for one in given)
        case _, list():
            return ", ".join(value(name, one) for one in given)
        case _, str() if name in _DAYS or name.endswith(_DAYS_BESIDE):
            return labels.day(date.fromisoformat(given[:10]))
        case _, str() if name.endswith("_at"):
            return labels.moment(datetime.fromisoformat(given))
        case _, str() if name in _CODED or name.endswith(_CODED_BESIDE):
            return labels.said(given)
        case _:
            return str(given)


def uids(*taken: Mapping[str, Any]) -> set[str]:
    """The entries that these records name."""
    return {one[name] for one in taken for name in REFERENCES if one.get(name)}


def compared(name: str, given: Any, called: Mapping[str, str]) -> str:
    """A value as `value` says it; an entry that it names, by uid, as it is `called`."""
    if name in REFERENCES or name == "merged_into":
        return _named(given, called)
    return value(name, given)


def _line(row: Told, terms: Mapping[str, str]) -> dict[str, Any]:
    return {
        "at": row.at.astimezone(LOCAL),
        "who": row.by.name if row.by is not None else "",
        "what": _VERBS.get(row.verb) or f"Now {labels.said(row.verb).lower()}",
        "why": row.why,
        "fields": [
            _tie(name, both, row.called)
            if is_tie(row.verb, name)
            else _field(name, both, row.called, terms)
            for name, both in row.changes.items()
            if name not in _QUIET
        ],
    }


def _tie(name: str, both: list[Any], called: Mapping[str, str]) -> dict[str, str]:
    relation = name.removeprefix(LINK)
    before, after = (_named(uid, called) for uid in both)
    return {"label": labels.STEPS.get(relation, relation).capitalize(), **_two(before, after)}


def _field(
    name: str, both: list[Any], called: Mapping[str, str], terms: Mapping[str, str]
) -> dict[str, str]:
    if name == "category":
        before, after = (terms.get(code, code or "") for code in both)
    else:
        before, after = (compared(name, one, called) for one in both)
    return {"label": labels.field_name(name), **_two(before, after)}


def _two(before: str, after: str) -> dict[str, str]:
    return {"before": before, "after": after}


def _named(uid: str | None, called: Mapping[str, str]) -> str:
    return called.get(uid, UNSEEN) if uid else ""


def _shape(drawn: Mapping[str, Any]) -> str:
    if drawn.get("type") == "Point":
        longitude, latitude = drawn["coordinates"][:2]
        return f"{longitude:.5f}, {latitude:.5f}"
    kind = str(drawn.get("type", "shape")).replace("Multi", "").lower()
    return {"polygon": "a drawn area", "linestring": "a drawn line"}.get(kind, "a drawn shape")
