"""The assets and groups of Alderbrook."""

from datetime import timedelta
from functools import cache
from typing import Any

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from assetmap.demo.ledger import Ledger, Record, Spot, base, freshness, neighbours, terms
from assetmap.demo.people import COUNCIL, POLICE, VOLUNTARY
from assetmap.demo.plan import STEP_M, on_earth
from assetmap.demo.stories import MEETINGS
from assetmap.demo.streets import pieces
from assetmap.demo.town import ward_code
from assetmap.demo.writing import extras, lines, slug

SHORT = {
    "MQ": "Market Quarter", "PF": "Priory Fields", "TR": "Tanner's Row",
    "WG": "Westgarth", "LM": "Longmeadow", "CV": "Copley Vale",
    "FS": "Fernside", "SM": "Southmoor", "HW": "Hag Wood",
    "MG": "Millgate", "WE": "Weaver's End", "WB": "Weir Bottom",
    "EF": "Eastfield", "RY": "Ryeland", "SB": "Sandybrook",
    "OL": "Oldroyd", "SP": "Starling Park", "BH": "Beacon Hill",
    "CB": "Cross Bank", "NC": "Northcote", "TL": "Thornlea",
    "KL": "Kiln Lane", "AS": "Ashworth", "HO": "Hollins",
}  # fmt: skip
OPENING = {
    "pla_hall": (
        "Monday to Friday 9am to 9pm, weekends by booking",
        "By booking; office Tuesday and Thursday mornings",
    ),
    "pla_wors": ("Sunday mornings, and Wednesday 10am to 2pm", "Daily 9am to 4pm"),
    "pla_park": ("Dawn to dusk", "Always open"),
    "lyp_libr": (
        "Monday to Friday 9.30am to 5.30pm, Saturday 10am to 1pm",
        "Tuesday and Friday 10am to 4pm",
    ),
    "lyp_yout": ("Monday to Thursday 6pm to 9pm", "Tuesday, Thursday and Friday 5pm to 9.30pm"),
    "hlt_": ("Monday to Friday 8am to 6.30pm", "Monday to Saturday 9am to 6pm"),
    "vcs_food": ("Monday and Thursday 10am to 1pm", "Tuesday and Friday 11am to 2pm"),
    "eco_s": (
        "Monday to Saturday 8am to 6pm",
        "Every day 9am to 9pm",
        "Tuesday to Sunday 10am to 5pm",
    ),
    "ins_": ("Monday to Friday 9am to 5pm",),
    "lyp_": ("School days 8.30am to 4pm",),
    "vcs_": ("Monday to Friday 9.30am to 4pm", "Tuesday to Thursday 10am to 3pm"),
}
FACILITIES = {
    "pla_hall": (
        "step_free",
        "toilets",
        "parking",
        "kitchen",
        "wifi",
        "hearing_loop",
        "projector",
        "baby_change",
    ),
    "pla_wors": ("step_free", "toilets", "kitchen", "hearing_loop", "prayer_room"),
    "pla_room": ("toilets", "wifi", "projector"),
    "pla_leis": ("step_free", "toilets", "parking", "changing_place"),
    "lyp_libr": ("step_free", "toilets", "wifi", "baby_change"),
    "lyp_": ("toilets", "parking", "step_free"),
    "eco_soci": ("toilets", "wifi", "baby_change"),
    "cul_arts": ("step_free", "toilets", "wifi", "projector"),
    "vcs_": ("step_free", "toilets", "wifi"),
}
HIRE = (
    "Free to groups that work in the ward, £12 an hour to others.",
    "£9 an hour, £15 with the kitchen. Key from the caretaker.",
    "First booking free. Ask about the community rate.",
    "£45 a day or £8 an hour; deposit for parties.",
)
ACCESS = (
    "Level from the pavement, accessible toilet beside the entrance.",
    "Ramp at the side door; ring and somebody will come.",
    "One step of ten centimetres, portable ramp kept inside.",
    "Step-free throughout, blue-badge bay at the door.",
    "Narrow corridor to the toilets; best avoided with a large powered chair.",
)
LANGUAGES = {
    "MG": ("en", "ur", "pa"),
    "OL": ("en", "pa", "pl"),
    "TR": ("en", "pl"),
    "WE": ("en", "uk"),
}
SERVES = {
    "olde": ("older people",),
    "pare": ("families", "children"),
    "yout": ("young people",),
    "unif": ("young people",),
    "disa": ("disabled people",),
    "wome": ("women",),
    "food": ("anyone short of food",),
    "befr": ("older people",),
    "cult": ("new arrivals", "families"),
    "offe": ("young people",),
    "earl": ("under fives",),
}
OFFER_FILES = (
    "offers_time_skills_space",
    "offers_kit_money_access",
    "offers_activities_voice_safety",
)
GROUP_STATUS = {"active": 88, "dormant": 6, "unknown": 3, "proposed": 2, "closed": 1}
ASSET_STATUS = {"active": 93, "temporarily_closed": 3, "proposed": 3, "closed": 1}
DAY_START = "FREQ=WEEKLY;BYDAY="


def add_assets(ledger: Ledger) -> None:
    """Write the assets and then the groups, near-duplicates among them."""
    spots: dict[str, Spot] = {}
    for category, where, title, description, extra in lines("assets"):
        _add(ledger, "asset", category, where, title, description, extras(extra), spots)
    for category, where, title, description, meets, extra in lines("groups"):
        more = {**extras(extra), "meets": meets}
        _add(ledger, "group", category, where, title, description, more, spots)
    for _, _, title, _, extra in lines("assets"):
        if operator := extras(extra).get("op"):
            record = ledger.records[f"asset-{slug(title)}"]
            record.fields["operator"] = f"group-{slug(operator)}"


def _add(
    ledger: Ledger,
    kind: str,
    category: str,
    where: str,
    title: str,
    description: str,
    extra: dict[str, str],
    spots: dict[str, Spot],
) -> None:
    rnd = ledger.rnd
    twin = extra.get("near")
    created = ledger.moment(rnd.randint(3, 364) if twin is None else rnd.randint(1, 60))
    team = rnd.choices((POLICE, COUNCIL, VOLUNTARY), (5, 3, 2))[0]
    spot = spots[title] = ledger.near(spots[twin]) if twin else ledger.spot(SHORT[where])
    key = f"{kind}-{slug(title)}"
    columns = base(ledger, key, kind, team, created) | freshness(ledger, created, 180)
    columns |= _placed(ledger, spot, extra)
    columns["visibility"] = extra.get("vis") or terms("asset")[category]["default_visibility"]
    columns["status"] = _status(ledger, kind, title, twin)
    columns["covers_areas"] = _covers(ledger, category, spot.ward)
    columns["tags"] = _tags(category, description)
    fields = _asset_fields(ledger, category, where, title, extra)
    if kind == "group":
        fields |= _group_fields(ledger, title, extra)
    if twin:
        first = ledger.records[f"{kind}-{slug(twin)}"]
        fields["phone"] = first.fields["phone"]
        columns["address"] = first.address
    record = Record(
        title=title, description=description, fields=fields, **(columns | {"category": category})
    )
    ledger.add(record)


def _placed(ledger: Ledger, spot: Spot, extra: dict[str, str]) -> dict[str, Any]:
    """Where it is: an address, a park, a point in a park, the market, the station or a path."""
    found: dict[str, Any] = {
        "geometry": spot.point,
        "location_method": ledger.rnd.choices(
            ("address", "map_click", "gps", "postcode"), (6, 3, 2, 1)
        )[0],
        "accuracy_m": float(ledger.rnd.choice((5, 8, 10, 15))),
        "precision": "exact",
        "address": spot.address,
        "postcode": spot.postcode,
    }
    shape, name = _shape(ledger, extra)
    if shape is not None:
        found |= {
            "geometry": shape,
            "location_method": "map_click",
            "address": name,
            "postcode": None,
        }
    return found


def _shape(ledger: Ledger, extra: dict[str, str]) -> tuple[BaseGeometry | None, str]:
    town = ledger.town
    if park := extra.get("park"):
        return town.park(park).boundary, park
    if park := extra.get("inpark"):
        boundary = town.park(park).boundary
        shift = ledger.rnd.uniform(0.25, 0.75)
        edge = boundary.exterior.interpolate(ledger.rnd.random(), normalized=True)
        core = boundary.representative_point()
        inside = _between(core.x, core.y, edge.x, edge.y, shift)
        return (inside if boundary.contains(inside) else core), park
    if extra.get("point") == "market":
        return town.market_place, "Market Place"
    if extra.get("point") == "station":
        return town.station, "Station Approach"
    if path := extra.get("line"):
        return _path(ledger, path)
    return None, ""


def _between(x0: float, y0: float, x1: float, y1: float, share: float) -> BaseGeometry:
    """The point that far along the way from the first to the second place."""
    return Point(round(x0 + (x1 - x0) * share, 7), round(y0 + (y1 - y0) * share, 7))


def _path(ledger: Ledger, path: str) -> tuple[BaseGeometry, str]:
    """The part of a waterside path that lies in the neighbourhood it is named for."""
    way, where = (
        ("Canal towpath", "Tanner's Row") if path == "towpath" else ("Riverside walk", "Ryeland")
    )
    cell = next(c for c in ledger.town.plan.neighbourhoods if c.name == where)
    parts = [
        p
        for w in ledger.town.ways
        if w.name == way
        for p in pieces(w.line.intersection(cell.shape))
    ]
    longest = max(parts, key=lambda p: p.length)
    return on_earth(longest, STEP_M), way


@cache
def _needed() -> frozenset[str]:
    """Titles that offers and events rely on, so they are open."""
    said = [line[1] for name in OFFER_FILES for line in lines(name)]
    named = {choice.strip("[]= ") for who in said for choice in who[2:].split("/")}
    return frozenset(named | {meeting.hall for meeting in MEETINGS})


def _status(ledger: Ledger, kind: str, title: str, twin: str | None) -> str:
    if twin or title in _needed():
        return "active"
    chances = GROUP_STATUS if kind == "group" else ASSET_STATUS
    return ledger.rnd.choices(list(chances), list(chances.values()))[0]


def _covers(ledger: Ledger, category: str, ward: int) -> tuple[str, ...]:
    if category.startswith(
        ("vcs", "grp", "saf_watc", "saf_patr", "lyp_yout", "lyp_unif", "hlt", "ins")
    ):
        near = neighbours(ward)[: ledger.rnd.choice((0, 0, 1, 2))]
        return tuple(sorted({ward_code(w) for w in (ward, *near)}))
    return ()


def _tags(category: str, description: str) -> tuple[str, ...]:
    words = {
        "step-free": "step-free",
        "warm space": "warm space",
        "free": "free",
        "volunteer": "volunteers",
        "winter": "winter",
        "children": "children",
        "older": "older people",
        "tea": "tea",
        "dogs": "dogs",
    }
    lower = description.lower().replace(".", " ").replace(",", " ").split()
    text = f" {' '.join(lower)} "
    return tuple(tag for word, tag in words.items() if f" {word} " in text)[:4]


def _first(table: dict[str, tuple[str, ...]], category: str) -> tuple[str, ...]:
    return next((found for prefix, found in table.items() if category.startswith(prefix)), ())


def _asset_fields(
    ledger: Ledger, category: str, where: str, title: str, extra: dict[str, str]
) -> dict[str, Any]:
    rnd = ledger.rnd
    site = slug(title).replace("-", "")[:40]
    outdoors = category in {"pla_park", "pla_play", "saf_defi", "saf_cctv", "cul_stor", "pla_vaca"}
    has = _first(FACILITIES, category)
    indoors = bool(has)
    opening = _first(OPENING, category)
    bookable = category in {"pla_hall", "pla_room", "pla_wors", "cul_arts"}
    mobile = rnd.random() < 0.3
    number = f"07700 900{rnd.randint(100, 999)}" if mobile else f"01632 960{rnd.randint(100, 999)}"
    tail = "coop" if "op" in site else "org"
    return {
        "website": None if outdoors or rnd.random() < 0.35 else f"https://{site}.example",
        "email": None if outdoors or rnd.random() < 0.25 else f"hello@{site}.{tail}.example",
        "phone": extra.get("phone") or (None if outdoors else number),
        "opening_hours": rnd.choice(opening) if opening else "",
        "capacity": int(extra["cap"]) if "cap" in extra else None,
        "facilities": [f for f in has if rnd.random() < 0.75],
        "hire_terms": rnd.choice(HIRE) if bookable else "",
        "cost_note": "Free" if outdoors or category.startswith("vcs") else "",
        "accessibility_note": rnd.choice(ACCESS) if indoors else "",
        "languages": list(LANGUAGES.get(where, ("en",))),
        "serves": _serves(category, extra),
        "confidence": rnd.choices(("seen", "told", "desk"), (6, 3, 1))[0],
        "operator": None,
    }


def _serves(category: str, extra: dict[str, str]) -> list[str]:
    """Whom it says that it is for: of its own, or as its sort does."""
    own = extra.get("for")
    return own.split(",") if own else list(SERVES.get(category[4:], ()))


def _group_fields(ledger: Ledger, title: str, extra: dict[str, str]) -> dict[str, Any]:
    rnd = ledger.rnd
    formal = rnd.random() < 0.45
    number = 9990000 + len(ledger.of("group"))
    initials = "".join(w[0] for w in title.replace("-", " ").split() if w[0].isupper())
    return {
        "alt_names": [initials] if len(initials) > 2 and formal else [],
        "charity_number": str(number) if formal else None,
        "company_number": None,
        "size_band": extra.get("size")
        or rnd.choice(("1-9", "10-49", "10-49", "50-199", "unknown")),
        "meeting_pattern": rrule(extra["meets"]),
        "constituted": formal or rnd.random() < 0.4,
        "last_contacted_on": ledger.today - timedelta(days=rnd.randint(4, 300)),
    }


def rrule(days: str) -> str:
    """An RRULE from day codes: `TU` every Tuesday, `2TU` the second of a month, `-` none."""
    if days in ("", "-"):
        return ""
    if days[0].isdigit():
        return f"FREQ=MONTHLY;BYDAY={days}"
    return f"{DAY_START}{days}"
