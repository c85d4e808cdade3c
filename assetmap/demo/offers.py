"""The 520 offers of Alderbrook: who gives, what, how much, when, for which wards, until when."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from assetmap.demo.assets import OFFER_FILES, rrule
from assetmap.demo.ledger import Ledger, Record, Spot, base, freshness, neighbours
from assetmap.demo.people import COUNCIL, POLICE, VOLUNTARY
from assetmap.demo.plan import WARD_NAMES
from assetmap.demo.stories import MEETINGS, WALKS
from assetmap.demo.town import ward_code
from assetmap.demo.writing import chosen, lines, slug

FOOD = "eqp_food"
UNITS = frozenset({"hours", "items", "places", "pence", "sessions"})
LIVE = ("offered", "confirmed", "matched", "in_use")
ANSWERS = {
    "env": ("tim_tidy", "eqp_tool", "eqp_vehi", "spa_stor"),
    "lig": ("gua_fitt", "ski_trad", "mon_gran", "gua_patr"),
    "bui": ("ski_trad", "gua_fitt", "eqp_tool", "tim_tidy"),
    "mov": ("tim_even", "kno_live", "inc_tran", "kno_loca"),
    "asb": ("act_yout", "act_spor", "gua_patr", "spa_outd", "tim_ment"),
    "cri": ("eqp_prev", "gua_coor", "gua_came", "gua_fitt"),
    "vul": ("tim_befr", "act_well", "eqp_food", "act_yout"),
    "per": ("gua_have", "gua_patr", "kno_cham", "gua_coor"),
    "opp": ("mon_gran", "spa_room", "eqp_furn", "ski_fund", "tim_gene"),
    "gap": ("act_lear", "ski_digi", "inc_tran", "inc_inte", "act_yout", "spa_desk"),
}
CHECKS = {
    "tim_ment": ["dbs"],
    "tim_befr": ["dbs"],
    "tim_driv": ["driving", "insurance"],
    "inc_chil": ["dbs", "first_aid"],
    "eqp_food": ["food_hygiene"],
    "spa_kitc": ["food_hygiene"],
    "inc_tran": ["driving", "insurance"],
    "act_yout": ["dbs"],
    "act_spor": ["insurance", "first_aid"],
    "eqp_vehi": ["driving", "insurance"],
    "gua_patr": ["dbs"],
    "ski_trad": ["insurance"],
    "gua_fitt": ["insurance"],
}
CONDITIONS = {
    "tim": (
        "Please say how long it will take and who to ask for.",
        "Expenses only, with a receipt.",
        "Not during school holidays.",
        "",
    ),
    "ski": (
        "One project at a time.",
        "Materials paid for by the group that asks.",
        "For groups, not businesses.",
        "",
    ),
    "spa": (
        "Leave it as you found it; chairs stacked in sixes.",
        "Your own insurance for more than fifty people.",
        "No alcohol. Quiet by ten.",
        "",
    ),
    "eqp": (
        "Sign it out, sign it in. Breakages told, not hidden.",
        "Collected from the door; no delivery.",
        "",
    ),
    "mon": (
        "Receipts within eight weeks. A photograph is nice.",
        "For groups in the town, constituted or with somebody to hold the money.",
        "",
    ),
    "inc": ("As much notice as you can give.", "Travel paid.", ""),
    "act": ("A parent's name for under-sixteens.", "Turn up twice and the place is yours.", ""),
    "kno": ("Daytime preferred.", "Questions beforehand, please.", ""),
    "gua": ("Through the neighbourhood team only.", "After the induction evening.", ""),
}
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU", "1SA", "2TH", "3WE", "TU,TH", "-", "-", "-")


@dataclass(frozen=True)
class Giver:
    """Who offers: a record, or a person by role only, with the place the offer is."""

    record: Record | None
    role: str
    spot: Spot


def add_offers(ledger: Ledger) -> None:
    """Write the offers, and link them to givers, walks, events and the findings they answer."""
    asked: dict[str, int] = {}
    titles: set[str] = set()
    for name in OFFER_FILES:
        for category, who, uses, title, text, much in lines(name):
            for k in range(int(uses)):
                giver = _giver(ledger, who, k, asked)
                said = (chosen(title, k), chosen(text, k), chosen(much, k))
                _write(ledger, category, giver, said, titles)
    _trace(ledger)


def _giver(ledger: Ledger, who: str, number: int, asked: dict[str, int]) -> Giver:
    kind, _, wanted = who.partition(" ")
    if kind == "P":
        cells = ledger.town.plan.neighbourhoods
        turn = asked["P"] = asked.get("P", -1) + 1
        cell = cells[turn * 7 % len(cells)]
        return Giver(None, chosen(wanted, number), ledger.spot(cell.name))
    wanted = chosen(wanted, number)
    able = [
        r
        for r in ledger.of("asset" if kind == "A" else "group")
        if _fits(r, wanted) and r.status == "active" and r.key not in _twins()
    ]
    record = min(able, key=lambda r: (asked.get(r.key, 0), ledger.rnd.random()))
    asked[record.key] = asked.get(record.key, 0) + 1
    return Giver(record, "", _spot_of(ledger, record))


def _fits(record: Record, wanted: str) -> bool:
    """Whether it is the record of that title, or has a category of those prefixes."""
    if wanted.startswith("="):
        return record.title == wanted[1:]
    return (record.category or "").startswith(tuple(wanted.split(",")))


@cache
def _twins() -> frozenset[str]:
    """The keys of the near-duplicates, through which nobody offers."""
    found = {f"asset-{slug(line[2])}" for line in lines("assets") if "near=" in line[4]}
    found |= {f"group-{slug(line[2])}" for line in lines("groups") if "near=" in line[5]}
    return frozenset(found)


def _spot_of(ledger: Ledger, record: Record) -> Spot:
    shape = record.geometry
    if shape is None:
        raise ValueError(record.key)
    point = shape.representative_point()
    ward = int((ledger.town.ward_at(point) or ward_code(0))[-3:]) - 1
    where = record.address.rpartition(", ")[2]
    return Spot(point, record.address, record.postcode, "", where, ward)


def _write(
    ledger: Ledger, category: str, giver: Giver, said: tuple[str, str, str], titles: set[str]
) -> None:
    rnd, spot = ledger.rnd, giver.spot
    words = {"by": giver.record.title if giver.record else giver.role, "nb": spot.neighbourhood}
    title, text = (s.format(**words) for s in said[:2])
    if title in titles:
        title = f"{title}, {spot.neighbourhood}"
    titles.add(title)
    status = _status(ledger, category)
    created = ledger.moment(rnd.randint(200, 360) if status == "expired" else rnd.randint(2, 358))
    number = len(ledger.of("offer")) + 1
    key = f"offer-{number:03d}-{slug(title)[:40]}"
    team = giver.record.team if giver.record else rnd.choice((POLICE, POLICE, COUNCIL, VOLUNTARY))
    columns = base(ledger, key, "offer", team, created) | freshness(ledger, created, 180)
    covers, radius = _covers(ledger, category, spot.ward)
    columns |= {
        "category": category,
        "geometry": spot.point,
        "location_method": "address" if giver.record else "postcode",
        "accuracy_m": 10.0 if giver.record else 60.0,
        "precision": "exact" if giver.record else rnd.choice(("lsoa", "street")),
        "address": spot.address if giver.record else spot.neighbourhood,
        "postcode": spot.postcode,
        "visibility": _visibility(ledger, category, giver),
        "covers_areas": covers,
        "radius_m": radius,
    }
    fields = _fields(ledger, category, giver, said[2], status, columns["checked_on"])
    ledger.add(Record(title=title, description=text, status=status, fields=fields, **columns))
    if giver.record:
        ledger.link(key, "offered_by", giver.record.key)


def _status(ledger: Ledger, category: str) -> str:
    if category == FOOD:
        return ledger.rnd.choices((*LIVE, "paused"), (10, 12, 3, 4, 1))[0]
    statuses = (*LIVE, "fulfilled", "paused", "expired", "declined")
    return ledger.rnd.choices(statuses, (30, 30, 10, 8, 10, 5, 5, 1))[0]


def _visibility(ledger: Ledger, category: str, giver: Giver) -> str:
    if category in ("gua_came", "kno_live") and giver.record is None:
        return "partner"
    if giver.record is not None and giver.record.visibility != "public":
        return giver.record.visibility
    if category == FOOD:
        return "public"
    return ledger.rnd.choices(("public", "partner", "team"), (88, 8, 4))[0]


def _covers(ledger: Ledger, category: str, ward: int) -> tuple[tuple[str, ...], int | None]:
    """Ward codes it covers, or metres round the place, or neither."""
    rnd = ledger.rnd
    near = neighbours(ward)
    draw = rnd.random()
    if draw < (0.12 if category == FOOD else 0.04):
        return tuple(ward_code(w) for w in range(len(WARD_NAMES))), None
    if draw < (0.9 if category == FOOD else 0.6):
        others = rnd.sample(near, rnd.choice((0, 1, 2)))
        return tuple(sorted({ward_code(w) for w in (ward, *others)})), None
    if draw < 0.85 or category == FOOD:
        return (), rnd.choice((400, 600, 800, 1000, 1500))
    return (), None


def _fields(
    ledger: Ledger, category: str, giver: Giver, much: str, status: str, checked: date
) -> dict[str, Any]:
    rnd = ledger.rnd
    amount, _, unit = much.partition(" ")
    checks = CHECKS.get(category, []) if rnd.random() < 0.85 else []
    past = status == "expired"
    expires = ledger.day(rnd.randint(3, 90)) if past else _expires(ledger, checked)
    start = expires - timedelta(days=182)
    return {
        "group": giver.record.key if giver.record and giver.record.kind == "group" else None,
        "asset": giver.record.key if giver.record and giver.record.kind == "asset" else None,
        "person_role": giver.role or None,
        "quantity": int(amount),
        "unit": unit if unit in UNITS else "other",
        "available_from": start,
        "available_to": expires if rnd.random() < 0.4 else None,
        "pattern": rrule(rnd.choice(DAYS)) if unit in ("hours", "sessions", "places") else "",
        "notice_days": rnd.choice((0, 1, 2, 3, 7, 7, 14, 14, 28)),
        "conditions": rnd.choice(CONDITIONS[category[:3]]),
        "checks_needed": list(checks),
        "check_status": _check_status(ledger, checks, status),
        "cost_pence": _cost_pence(ledger, category),
        "expires_on": expires,
    }


def _cost_pence(ledger: Ledger, category: str) -> int:
    """Most offers are free; some rooms ask for a few pounds."""
    return ledger.rnd.choice((0, 0, 500, 800)) if category == "spa_room" else 0


def _expires(ledger: Ledger, checked: date) -> date:
    """Six months after it was last checked; a stale one is renewed to soon after today."""
    return max(
        checked + timedelta(days=182), ledger.today + timedelta(days=ledger.rnd.randint(4, 40))
    )


def _check_status(ledger: Ledger, checks: list[str], status: str) -> str:
    if not checks:
        return "not_needed"
    if status in ("matched", "in_use", "fulfilled", "confirmed"):
        return "passed"
    return ledger.rnd.choice(("pending", "passed", "passed", "expired"))


def _trace(ledger: Ledger) -> None:
    """Say which offers came from walks and events and which findings they answer."""
    walks = [w for w in WALKS if w.status == "complete"]
    meetings = [m for m in MEETINGS if m.days_ago > 0]
    for walk in walks:
        source = ledger.records[f"walkabout-{walk.key}"]
        _raised(ledger, source, "found_on", 9, walk.story, walk.days_ago)
    for meeting in meetings:
        source = ledger.records[f"engagement-{meeting.key}"]
        _raised(ledger, source, "raised_at", 13, meeting.story, meeting.days_ago)
    _answer(ledger)


def _raised(
    ledger: Ledger, source: Record, relation: str, count: int, story: str | None, days_ago: int
) -> None:
    """Pick offers made near the place in the weeks after, and link them to what brought them."""
    town = ledger.town
    ward = town.ward_at(source.geometry) if source.geometry else None
    free = [
        r
        for r in ledger.of("offer")
        if not any(name in ("found_on", "raised_at") for name, _ in ledger.links.get(r.key, {}))
        and r.status != "expired"
    ]
    close = [r for r in free if r.geometry is not None and town.ward_at(r.geometry) == ward]
    covering = [r for r in free if ward in r.covers_areas and r not in close]
    for offer in [*close, *covering][:count]:
        at = ledger.moment(max(days_ago - ledger.rnd.randint(0, 6), 1), 17)
        _remade(ledger, offer, at)
        ledger.link(offer.key, relation, source.key)
        if story:
            ledger.link(offer.key, "about", f"hotspot-{story}")


def _remade(ledger: Ledger, offer: Record, at: datetime) -> None:
    """The same offer, first made at another instant; never checked before it was made."""
    columns = base(ledger, offer.key, "offer", offer.team, at)
    fresh = freshness(ledger, at, 180)
    expires = _expires(ledger, fresh["checked_on"])
    fields = offer.fields | {"expires_on": expires, "available_from": at.date()}
    if offer.fields["available_to"] is not None:
        fields["available_to"] = expires
    ledger.records[offer.key] = replace(
        offer, uid=columns["uid"], created_at=at, fields=fields, **fresh
    )


def _answer(ledger: Ledger) -> None:
    """Let offers answer findings: the right sort of help, made after, near if possible."""
    town = ledger.town
    wards = {r.key: town.ward_at(r.geometry) for r in ledger.of("offer") if r.geometry is not None}
    spent: set[str] = set()
    for number, finding in enumerate(ledger.of("finding")):
        if number % 5 == 4 or finding.geometry is None:
            continue
        wanted = ANSWERS[(finding.category or "")[:3]]
        ward = town.ward_at(finding.geometry)
        fit = [
            r
            for r in ledger.of("offer")
            if r.category in wanted and r.created_at >= finding.created_at and r.key not in spent
        ]
        fit.sort(
            key=lambda r: (wards.get(r.key) != ward and ward not in r.covers_areas, r.created_at)
        )
        for offer in fit[:1]:
            near = wards.get(offer.key) == ward or ward in offer.covers_areas
            if near or finding.fields["resolution"]:
                spent.add(offer.key)
                ledger.link(offer.key, "answers", finding.key)
