"""What the page of one entry needs, made ready for its template."""

from collections import Counter
from typing import Any

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.formats import geojson
from assetmap.models import Entry
from assetmap.models.states import OVER
from assetmap.register import entries, links, stories
from assetmap.register.links import Tie
from assetmap.register.stories import Story
from assetmap.vocabulary import Kind, Relation, SharedField
from assetmap.web import changes, facts, labels
from assetmap.web.pins import pin

GATHERINGS = (Kind.WALKABOUT, Kind.ENGAGEMENT, Kind.HOTSPOT)
MOST_IN_CHAIN = 6
_AHEAD = {
    "found_on": "found here",
    "raised_at": "raised here",
    "about": "about this",
    "offered_by": "offers",
    "held_at": "hosted",
    "answers": "answers",
    "led_to": "led to",
}
_BACK = {**labels.STEPS, "answers": "answered by", "led_to": "came out of"}
_LOGGED = frozenset({"found_on", "raised_at", "about"})
_NOT_BY_HAND = frozenset({"withdrawn"})  # withdrawing has a page of its own


def context(story: Story, *, viewer: Viewer) -> dict[str, Any]:
    """Everything that templates/entries/show.html prints."""
    entry = story.entry
    kind = Kind(entry.kind)
    return {
        "entry": entry,
        "kind": kind,
        "today": local_day(now()),
        "how": labels.said(entry.checked_how).lower(),
        "facts": facts.of(story, viewer=viewer),
        "may_change": access.may_change(viewer, entry),
        "may_add": access.may_add_to(viewer, entry.team_id),
        "states": next_states(entry),
        "ran_out": ran_out(entry),
        "came_from": _steps(story, story.came_from, _BACK),
        "led_to": _steps(story, story.led_to, _AHEAD),
        "more_before": _more(story, story.came_from, _BACK),
        "more_after": _more(story, story.led_to, _AHEAD),
        "history": changes.timeline(story),
        "photos": [one for one in story.photos if not one.is_sound],
        "voice_notes": [one for one in story.photos if one.is_sound],
        "pins": _pins(story),
        "shapes": _shapes(entry),
        "came_of": came_of(story) if kind in GATHERINGS else None,
        "follows": any(_is_event_before(tie) for tie in story.came_from),
    }


def next_states(entry: Entry) -> list[tuple[str, str]]:
    """The states it may be taken to by hand, with what each means."""
    ways = (state for state in entries.next_states(entry) if state not in _NOT_BY_HAND)
    return [(state, labels.move(entry.kind, state)) for state in ways]


def ran_out(entry: Entry) -> bool:
    """Whether its last day has passed, though its state does not say so."""
    return entry.has_run_out(local_day(now())) and entry.status not in OVER[entry.kind]


def came_of(story: Story) -> dict[str, Any]:
    """What came of a walkabout, an event or a hotspot: counts, the first of them, and the rest.
    Findings there before that what came of it answers are counted by themselves."""
    came = [tie for tie in story.led_to if tie.came_of_it]
    counts = Counter(tie.kind for tie in came)
    answered = sum(not tie.came_of_it and tie.kind == Kind.FINDING for tie in story.led_to)
    asked = "about" if story.entry.kind == Kind.HOTSPOT else "found_on"
    return {
        "tiles": [
            {
                "count": counts[kind],
                "label": (kind if counts[kind] == 1 else kind.plural).capitalize(),
                "kind": kind.value,
                "url": "",
            }
            for kind in Kind
            if counts[kind]
        ],
        "answered": answered,
        "total": len(came),
        "direct": sum(tie.relation in _LOGGED and tie.depth == 1 for tie in story.led_to),
        "shown": _that_came(story),
        "url": f"/?{asked}={story.entry.uid}&status=any",
    }


def _that_came(story: Story) -> list[Entry]:
    """The first of what came of it, the nearest first: as listed, and as numbered on the map."""
    return [
        story.around[tie.key] for tie in story.led_to if tie.came_of_it and tie.key in story.around
    ]


def _pins(story: Story) -> list[dict[str, Any]]:
    entry = story.entry
    exactly = SharedField.EXACT_LOCATION in story.reads
    shape = spatial.shape_of(entry.exact_location if exactly else entry.location)
    here = pin(entry, geometry=geojson.geometry(shape))
    if exactly and shape is not None:
        middle = shape.representative_point()
        here |= {"longitude": round(middle.x, 7), "latitude": round(middle.y, 7)}
    found = [here] if shape is not None else []
    if Kind(entry.kind) in GATHERINGS:
        led = enumerate(_that_came(story), 1)
        found += [pin(one, number) for number, one in led if one.longitude]
    return found


def _shapes(entry: Entry) -> dict[str, Any] | None:
    """The ground it covers, as outlines."""
    ground = spatial.shape_of(entry.covers)
    if ground is None:
        return None
    coarse = geojson.feature(entry.uid, ground.simplify(0.0001), {})
    return {"type": "FeatureCollection", "features": [coarse]}


def _is_event_before(tie: Tie) -> bool:
    return tie.depth == 1 and tie.relation == Relation.LED_TO and tie.kind == Kind.ENGAGEMENT


def _more(story: Story, ties: list[Tie], words: dict[str, str]) -> dict[str, Any]:
    """What the chain leaves out: the next of them, and how many are further still."""
    steps = _steps(story, ties, words, first=MOST_IN_CHAIN, last=stories.MOST_NEIGHBOURS)
    total = max(0, len(ties) - MOST_IN_CHAIN)
    return {"total": total, "steps": steps, "further": max(0, total - len(steps))}


def _steps(
    story: Story,
    ties: list[Tie],
    words: dict[str, str],
    first: int = 0,
    last: int = MOST_IN_CHAIN,
) -> list[dict[str, Any]]:
    near = [tie for tie in ties if tie.key in story.around][first:last]
    return [
        {
            "title": one.title,
            "url": one.path,
            "kind": one.kind,
            "ref": one.ref,
            "relation": words.get(tie.relation, "") + ("" if tie.depth == 1 else ", further on"),
            "on": None,
            "far": tie.depth > 1,
        }
        for tie in near
        for one in (story.around[tie.key],)
    ]


def relations(kind: Kind) -> list[tuple[str, str]]:
    """The ways an entry of a kind can be tied, for a list to choose from."""
    ways = ((r, s) for r, s in links.relations_for(kind) if (r, s) != (Relation.SAME_AS, False))
    return [(f"{r.value} {'yes' if s else 'no'}", labels.RELATIONS[r.value, s]) for r, s in ways]
