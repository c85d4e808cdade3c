"""The findings of the year: from walkabouts, from events, and from people who rang up."""

from typing import Any

from shapely.geometry.base import BaseGeometry

from assetmap.demo.fieldwork import hotspot_shape, walk_shape
from assetmap.demo.ledger import STREETS_AND_PATHS, Ledger, Record, Spot, base, freshness, terms
from assetmap.demo.people import COUNCIL, PARTNER_FOR, POLICE
from assetmap.demo.stories import MEETINGS, STORIES, WALKS, Meeting, Walk
from assetmap.demo.town import ward_code
from assetmap.demo.writing import chosen, lines, slug

FIRST_WALK, SECOND_WALK = 12, 6
WARD_WALK = {"westgarth": 14, "northcote": 14, "fernside": 3}
AT_A_MEETING = 4
DONE_WORDS = {
    "env": "Cleared by the street crew; the spot is on the weekly round for a month.",
    "lig": "Lamp repaired and checked after dark by the person who reported it.",
    "bui": "Mended by the landlord. Photographs sent to the tenants' group.",
    "mov": "Site visit made; lines repainted and a longer job put in next year's programme.",
    "asb": "Extra visits and a youth worker for six weeks. Quieter since, says the street.",
    "cri": "Locks and marking fitted from the prevention kit; neighbours told.",
    "vul": "The right service is in touch and the neighbours know who to ring.",
    "per": "Talked through at the street corner and again at the meeting; trust will take longer.",
    "opp": "Introduced to the people who asked. They have started.",
    "gap": "Times, leaflets and a person to ask are now in the shop and the surgery.",
}


def add_findings(ledger: Ledger) -> None:
    """Write 250 findings and link them to where they came from."""
    for story in STORIES:
        _story_findings(ledger, story.key)
    general = [
        (category, int(severity), chosen(title, k), chosen(text, k))
        for category, severity, uses, title, text in lines("findings")
        for k in range(int(uses))
    ]
    ledger.rnd.shuffle(general)
    for walk in WALKS:
        for _ in range(WARD_WALK.get(walk.key, 0)):
            _on_a_walk(ledger, general.pop(), walk)
    for meeting in MEETINGS:
        if meeting.days_ago > 0:
            for _ in range(AT_A_MEETING):
                key = _anywhere(ledger, general.pop(), meeting.days_ago, meeting)
                ledger.link(key, "raised_at", f"engagement-{meeting.key}")
    while general:
        _anywhere(ledger, general.pop(), ledger.rnd.randint(1, 350))


def _story_findings(ledger: Ledger, key: str) -> None:
    """First walk, second walk: the good news mostly on the second."""
    story = next(s for s in STORIES if s.key == key)
    first, second = (w for w in WALKS if w.story == key)
    found = [line for line in lines("hotspot_findings") if line[0] == key]
    found.sort(key=lambda line: line[1].startswith(("opp", "per_good")))
    shape = hotspot_shape(ledger.town.plan, story)
    for number, (_, category, severity, title, text) in enumerate(found):
        walk = first if number < FIRST_WALK else second
        kinds = ("path",) if key == "canal" else STREETS_AND_PATHS
        spot = ledger.street_spot(shape, story.neighbourhood, kinds)
        row = (category, int(severity), title, text)
        finding = _write(ledger, row, spot, walk.days_ago, walk.hour)
        ledger.link(finding, "found_on", f"walkabout-{walk.key}")
        ledger.link(finding, "about", f"hotspot-{key}")


def _on_a_walk(ledger: Ledger, row: tuple[str, int, str, str], walk: Walk) -> None:
    shape: BaseGeometry = walk_shape(ledger.town.plan, walk)
    spot = ledger.street_spot(shape, walk.neighbourhood)
    key = _write(ledger, row, spot, walk.days_ago, walk.hour)
    ledger.link(key, "found_on", f"walkabout-{walk.key}")


def _anywhere(
    ledger: Ledger,
    row: tuple[str, int, str, str],
    days_ago: int,
    meeting: Meeting | None = None,
) -> str:
    """Somewhere in the town; what was raised at a meeting lies in the ward of its hall."""
    cells = list(ledger.town.plan.neighbourhoods)
    if meeting:
        hall = ledger.records[f"asset-{slug(meeting.hall)}"]
        ward = ledger.town.ward_at(hall.geometry) if hall.geometry else None
        cells = [c for c in cells if ward_code(c.ward) == ward]
    cell = ledger.rnd.choice(cells)
    spot = ledger.street_spot(cell.built.buffer(-25), cell.name)
    return _write(ledger, row, spot, days_ago, -1)


def _write(
    ledger: Ledger, row: tuple[str, int, str, str], spot: Spot, days_ago: int, hour: int
) -> str:
    category, severity, title, text = row
    rnd, term = ledger.rnd, terms("finding")[category]
    other = ledger.street_spot(_cell(ledger, spot), spot.neighbourhood).street
    title = title.replace("{street}", spot.street).replace("{other}", other)
    created = ledger.moment(days_ago, hour)
    status = _status(ledger, category, days_ago)
    done = status in ("resolved", "verified")
    number = len(ledger.of("finding")) + 1
    key = f"finding-{number:03d}-{slug(title)[:40]}"
    columns = base(ledger, key, "finding", rnd.choice((POLICE, POLICE, COUNCIL)), created)
    columns |= freshness(ledger, created, 120) | {
        "geometry": spot.point,
        "location_method": rnd.choice(("gps", "gps", "map_click")),
        "accuracy_m": float(rnd.choice((4, 6, 8, 12))),
        "precision": "street" if category.startswith(("vul", "per_hate")) else "exact",
        "address": spot.address,
        "visibility": term["default_visibility"],
        "category": category,
    }
    fields: dict[str, Any] = {
        "severity": severity,
        "direction": _direction(category),
        "observed_at": created,
        "time_of_day": _time_of_day(category, hour),
        "observer_kind": rnd.choices(
            ("resident", "officer", "council", "partner", "child_group"), (6, 3, 2, 2, 1)
        )[0],
        "assigned_partner": _partner(term, status),
        "external_ref": f"ABC-{26000 + number}" if term["default_owner"] == "council" else "",
        "resolution": DONE_WORDS[category[:3]] if done else "",
        "resolved_at": ledger.moment(rnd.randint(0, max(days_ago - 7, 0))) if done else None,
        "verified_by_resident": status == "verified",
    }
    ledger.add(Record(title=title, description=text, status=status, fields=fields, **columns))
    return key


def _cell(ledger: Ledger, spot: Spot) -> BaseGeometry:
    cells = ledger.town.plan.neighbourhoods
    return next(c.built for c in cells if c.name == spot.neighbourhood)


def _partner(term: dict[str, str], status: str) -> str | None:
    if status in ("new", "triaged", "no_action"):
        return None
    return PARTNER_FOR.get(term["default_owner"]) or PARTNER_FOR["police"]


def _direction(category: str) -> str:
    if category.startswith(("opp", "per_good")):
        return "strength"
    return {"per": "perception", "vul": "vulnerability"}.get(category[:3], "problem")


def _time_of_day(category: str, hour: int) -> str:
    if category in ("lig_outa", "lig_dark", "per_nigh", "asb_gath", "asb_nois"):
        return "night"
    if hour >= 21:
        return "night"
    return "dusk" if hour >= 16 else "day" if hour > 0 else "any"


def _status(ledger: Ledger, category: str, days_ago: int) -> str:
    """The older, the more likely it is done."""
    if category.startswith(("opp", "per_good")) and days_ago > 30:
        return ledger.rnd.choice(("resolved", "verified", "triaged", "in_progress"))
    if days_ago < 10:
        return ledger.rnd.choice(("new", "new", "triaged"))
    if days_ago < 60:
        return ledger.rnd.choice(("triaged", "assigned", "assigned", "in_progress", "new"))
    return ledger.rnd.choices(
        ("resolved", "verified", "in_progress", "assigned", "reopened", "no_action"),
        (8, 6, 4, 2, 1, 1),
    )[0]
