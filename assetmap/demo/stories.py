"""The four stories of the year, each around a hotspot, and the walks and events of each.

Days are counted back from today; a negative number lies ahead.
"""

from dataclasses import dataclass
from typing import Any

from assetmap.demo.writing import lines


@dataclass(frozen=True)
class Story:
    """A hotspot and its title, place and numbers. `period` is days ago, from and to."""

    key: str
    neighbourhood: str
    title: str
    description: str
    status: str
    band: str
    measure: str
    value: float
    confidence: str
    period: tuple[int, int]


@dataclass(frozen=True)
class Walk:
    """A walkabout: about a story, or a walk of one neighbourhood."""

    key: str
    story: str | None
    neighbourhood: str
    title: str
    days_ago: int
    hour: int
    light: str
    weather: str
    status: str
    aims: str
    summary: str


@dataclass(frozen=True)
class Meeting:
    """An engagement: what it asks, of whom, and where (the title of an asset)."""

    key: str
    story: str | None
    title: str
    kind: str
    tier: int
    days_ago: int
    hour: int
    hall: str
    level: str
    theme: str
    question: str
    audience: str
    attendance: int | None


def _named(row: tuple[str, ...], columns: str) -> dict[str, Any]:
    """The columns of a row by name; a lone hyphen is nothing."""
    values = (None if value == "-" else value for value in row)
    return dict(zip(columns.split(), values, strict=True))


def _story(row: tuple[str, ...]) -> Story:
    found = _named(row, STORY_COLUMNS)
    first, _, last = found["period"].partition("-")
    return Story(**found | {"value": float(found["value"]), "period": (int(first), int(last))})


def _walk(row: tuple[str, ...]) -> Walk:
    found = _named(row, WALK_COLUMNS)
    return Walk(**found | {"days_ago": int(found["days_ago"]), "hour": int(found["hour"])})


def _meeting(row: tuple[str, ...]) -> Meeting:
    found = _named(row, MEETING_COLUMNS)
    numbers = {
        name: int(found[name])
        for name in ("tier", "days_ago", "hour", "attendance")
        if found[name] is not None
    }
    return Meeting(**found | numbers)


STORY_COLUMNS = "key neighbourhood title description status band measure value confidence period"
WALK_COLUMNS = "key story neighbourhood title days_ago hour light weather status aims summary"
MEETING_COLUMNS = (
    "key story title kind tier days_ago hour hall level theme question audience attendance"
)
STORIES = tuple(_story(row) for row in lines("hotspots"))
WALKS = tuple(_walk(row) for row in lines("walkabouts"))
MEETINGS = tuple(_meeting(row) for row in lines("engagements"))

RUN_AS = {  # event: the template of its running order
    "canal-hub": "hub_day",
    "park-circle": "hub_school",
    "panel-spring": "ward_panel",
    "panel-summer": "ward_panel",
    "panel-autumn": "ward_panel",
    "panel": "ward_panel",
    "street": "consultation",
}

CAME_OF_IT = (
    ("engagement-canal-hub", "asset-towpath-cafe-haven"),
    ("engagement-canal-hub", "engagement-canal-back"),
    ("walkabout-canal-1", "engagement-canal-hub"),
    ("engagement-canal-hub", "walkabout-canal-2"),
    ("walkabout-garages-1", "engagement-garages-group"),
    ("engagement-garages-group", "engagement-garages-day"),
    ("engagement-garages-day", "walkabout-garages-2"),
    ("walkabout-park-1", "engagement-park-circle"),
    ("engagement-park-circle", "walkabout-park-2"),
    ("engagement-park-circle", "asset-jubilee-youth-base"),
    ("walkabout-park-2", "engagement-park-hub"),
    ("engagement-park-hub", "asset-oldroyd-parade-haven-shops"),
    ("walkabout-station-1", "engagement-station-rank"),
    ("engagement-station-rank", "walkabout-station-2"),
    ("walkabout-station-2", "engagement-station-hub"),
    ("engagement-panel-spring", "engagement-panel-summer"),
    ("engagement-panel-summer", "engagement-panel-autumn"),
    ("engagement-panel-autumn", "engagement-panel"),
    ("walkabout-westgarth", "group-slower-westgarth"),
    ("walkabout-northcote", "group-northcote-community-choir"),
)
