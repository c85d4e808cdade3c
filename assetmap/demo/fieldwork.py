"""The hotspots, walkabouts and engagements of the year, and where they are."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from assetmap import layers
from assetmap.demo.ledger import Ledger, Record, base
from assetmap.demo.people import COUNCIL, POLICE
from assetmap.demo.plan import STEP_M, Plan, on_earth
from assetmap.demo.stories import MEETINGS, RUN_AS, STORIES, WALKS, Meeting, Story, Walk
from assetmap.demo.streets import pieces
from assetmap.demo.town import station
from assetmap.demo.writing import slug
from assetmap.register import running
from assetmap.settings import LOCAL

COURT_M, STATION_M, WALK_M = 95.0, 130.0, 120.0
ACCESS_PLAN = (
    "Step-free venue with a hearing loop. Interpreters and a crèche on request, lifts from the "
    "Volunteer Centre, quiet table by the door, questions sent out in easy read beforehand."
)
ASKED_ABOUT = {  # kind of event: by role, and how they are reached
    "public_meeting": ("Neighbourhood sergeant", "01632 960211, or panel@alderbrook.example"),
    "street_briefing": ("Neighbourhood officer on duty", "01632 960211"),
    "consultation": ("Highways officer, Alderbrook Council", "streets@alderbrook.example"),
}
USUALLY_ASKED = ("Engagement officer, Alderbrook Council", "01632 960210")
ONLINE = {
    "advisory_group": "https://meet.alderbrook.example/advisory-group",
    "consultation": "https://talk.alderbrook.example/market-street",
}
INFLUENCE = {
    "inform": "We will tell you what was done and what was not, and why.",
    "consult": "We will write down what you say and show how it changed the plan.",
    "involve": "Your ideas will be worked into the options before anything is chosen.",
    "collaborate": "The plan will be made by the people in the room, not brought to it.",
    "empower": "What you decide on the day will be done, within the money on the table.",
}


def hotspot_shape(plan: Plan, story: Story) -> BaseGeometry:
    """The ground of a story's hotspot, in plan metres."""
    cell = next(c for c in plan.neighbourhoods if c.name == story.neighbourhood)
    if story.key == "canal":
        return plan.canal.intersection(cell.built).buffer(38)
    if story.key == "park":
        return dict(plan.parks)["Jubilee Park"].buffer(22)
    if story.key == "station":
        return station(plan).buffer(STATION_M)
    green = dict(plan.parks)["Weaver's Green"].buffer(COURT_M)
    return cell.built.buffer(-COURT_M).difference(green).representative_point().buffer(COURT_M)


def walk_shape(plan: Plan, walk: Walk) -> BaseGeometry:
    """The ground a walkabout covers, in plan metres."""
    if walk.story is None:
        cell = next(c for c in plan.neighbourhoods if c.name == walk.neighbourhood)
        return cell.built.buffer(-25)
    story = next(s for s in STORIES if s.key == walk.story)
    return hotspot_shape(plan, story).buffer(WALK_M)


def add_hotspots(ledger: Ledger) -> None:
    """Write the four hotspots."""
    for rank, story in enumerate(STORIES, start=1):
        created = ledger.moment(story.period[0] - 12, 10)
        start, end = story.period
        fields: dict[str, Any] = {
            "period_from": ledger.day(start + 60 if start < 300 else 364),
            "period_to": ledger.day(end),
            "time_band": story.band,
            "measure": story.measure,
            "value": story.value,
            "rank": rank,
            "method": "manual",
            "confidence": story.confidence,
        }
        shape = on_earth(hotspot_shape(ledger.town.plan, story), STEP_M)
        columns = base(ledger, f"hotspot-{story.key}", "hotspot", POLICE, created)
        columns |= _drawn(shape, story.neighbourhood) | {"checked_on": ledger.day(min(end, 45))}
        ledger.add(
            Record(
                title=story.title,
                description=story.description,
                status=story.status,
                fields=fields,
                **(columns | {"visibility": "partner"}),
            )
        )


def add_walkabouts(ledger: Ledger) -> None:
    """Write the twelve walkabouts and what they were about."""
    for walk in WALKS:
        starts = ledger.moment(walk.days_ago, walk.hour)
        done = walk.status == "complete"
        fields: dict[str, Any] = {
            "starts_at": starts,
            "ends_at": starts + timedelta(minutes=95 if done else 120),
            "aims": walk.aims,
            "weather": walk.weather,
            "light": walk.light,
            "participants": _party(ledger) if walk.days_ago >= 0 else {},
            "scan_status": "found" if done else "pending",
            "summary": walk.summary,
        }
        created = ledger.moment(max(walk.days_ago + 9, 3), 9)
        key = f"walkabout-{walk.key}"
        columns = base(ledger, key, "walkabout", POLICE, created)
        columns |= _drawn(_walked(ledger, walk), walk.neighbourhood)
        columns["checked_on"] = ledger.day(max(walk.days_ago, 0))
        columns["tags"] = ("after dark",) if walk.light == "dark" else ()
        ledger.add(
            Record(
                title=walk.title,
                description=walk.summary or walk.aims,
                status=walk.status,
                fields=fields,
                **columns,
            )
        )
        if walk.story:
            ledger.link(key, "about", f"hotspot-{walk.story}")


def add_engagements(ledger: Ledger) -> None:
    """Write the engagements, where they were held and what they were about."""
    for meeting in MEETINGS:
        hall = ledger.records[f"asset-{slug(meeting.hall)}"]
        # at the same hour by the clock on the wall all year, as people meet
        at_hour = ledger.moment(meeting.days_ago, meeting.hour).replace(minute=0, tzinfo=LOCAL)
        starts = at_hour.astimezone(UTC)
        created = ledger.moment(max(meeting.days_ago + 28, 6), 11)
        key = f"engagement-{meeting.key}"
        columns = base(ledger, key, "engagement", COUNCIL, created)
        columns |= {
            "geometry": shapely.point_on_surface(hall.geometry),
            "location_method": "address",
            "accuracy_m": 10.0,
            "precision": "exact",
            "address": hall.address,
            "postcode": hall.postcode,
            "checked_on": ledger.day(max(meeting.days_ago, 0)),
        }
        fields = _meeting_fields(meeting) | {
            "starts_at": starts,
            "ends_at": starts + _lasts(meeting),
            "feedback_due": _due(meeting, starts),
        }
        status = "confirmed" if meeting.key == "station-hub" else "planned"
        if meeting.days_ago > 0:
            status = "closed" if meeting.days_ago > 90 else "held"
        description = f"{meeting.question} For {meeting.audience[0].lower()}{meeting.audience[1:]}."
        ledger.add(
            Record(
                title=meeting.title,
                description=description,
                status=status,
                fields=fields,
                **columns,
            )
        )
        ledger.link(key, "held_at", hall.key)
        if meeting.story:
            ledger.link(key, "about", f"hotspot-{meeting.story}")


def _due(meeting: Meeting, starts: datetime) -> date:
    """The day by which people are told: of a consultation, eight weeks after it closes."""
    if meeting.kind == "consultation":
        return (starts + _lasts(meeting) + timedelta(weeks=8)).date()
    return (starts + timedelta(weeks=6)).date()


def _lasts(meeting: Meeting) -> timedelta:
    if meeting.key in RUN_AS:
        return running.lasts(layers.event_template(RUN_AS[meeting.key]))
    return timedelta(hours=1 if meeting.kind in ("street_briefing", "focus_group") else 2)


def _meeting_fields(meeting: Meeting) -> dict[str, Any]:
    held = meeting.attendance is not None
    ask_who, ask_how = ASKED_ABOUT.get(meeting.kind, USUALLY_ASKED)
    online = ONLINE.get(meeting.kind, "")
    return {
        "engagement_kind": meeting.kind,
        "tier": meeting.tier,
        "format": "hybrid" if online else "in_person",
        "join_link": online,
        "theme": meeting.theme,
        "focal_question": meeting.question,
        "aims": f"Hear from {meeting.audience[0].lower()}{meeting.audience[1:]}, and leave with "
        "offers that somebody has put a name and a date to.",
        "audience": meeting.audience,
        "influence_level": meeting.level,
        "influence_statement": INFLUENCE[meeting.level],
        "use_of_input": "Notes from every table go to the working group within a week, without "
        "names, and come back to you with what happened.",
        "capacity": max(30, (meeting.attendance or 40) + 15),
        "accessibility_plan": ACCESS_PLAN,
        "ask_who": ask_who,
        "ask_how": ask_how,
        "scan_status": "found" if held else "pending",
        "attendance_count": meeting.attendance,
    }


def _drawn(shape: BaseGeometry, neighbourhood: str) -> dict[str, Any]:
    return {
        "geometry": shape,
        "location_method": "map_click",
        "accuracy_m": 15.0,
        "precision": "exact",
        "address": neighbourhood,
    }


def _walked(ledger: Ledger, walk: Walk) -> BaseGeometry:
    """The area planned; for a second visit, the streets walked."""
    shape = walk_shape(ledger.town.plan, walk)
    if not walk.key.endswith("-2"):
        return on_earth(shape, STEP_M)
    lines = [
        piece
        for way in ledger.town.ways
        if way.kind in ("residential", "path", "secondary", "primary")
        for piece in pieces(way.line.intersection(shape))
    ]
    longest = sorted(lines, key=lambda piece: -piece.length)[:1]
    return on_earth(unary_union(longest), STEP_M)


def _party(ledger: Ledger) -> dict[str, int]:
    rnd = ledger.rnd
    return {
        "residents": rnd.randint(5, 16),
        "police": rnd.randint(1, 4),
        "council": rnd.randint(1, 3),
        "volunteers": rnd.randint(0, 5),
    }
