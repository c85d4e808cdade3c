"""A year of Alderbrook's register."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr
from rapidfuzz import fuzz

from assetmap import layers
from assetmap.db import local_day
from assetmap.demo import load
from assetmap.demo.people import LOGGERS, PARTNERS, USERS
from assetmap.demo.records import Record, records
from assetmap.demo.town import town

SEEN = ("observed_at", "resolved_at")
TODAY = date(2026, 11, 20)
TOWN = town()
RECORDS = records(TOWN, TODAY)
BY_KEY = {r.key: r for r in RECORDS}
ROUTE_ONLY = {"asb_targ", "cri_expl", "vul_welf"}
SCHEME = {"asset": "asset", "group": "asset", "offer": "offer", "finding": "finding"}
STATUSES = {
    "asset": {"proposed", "active", "temporarily_closed", "closed"},
    "group": {"proposed", "active", "dormant", "closed", "unknown"},
    "offer": {
        "offered", "confirmed", "matched", "in_use", "fulfilled", "paused", "expired", "declined",
    },
    "finding": {
        "new", "triaged", "assigned", "in_progress", "resolved", "verified", "reopened",
        "no_action", "duplicate", "routed",
    },
    "walkabout": {"planned", "underway", "complete", "cancelled"},
    "engagement": {
        "draft", "planned", "invites_sent", "confirmed", "held", "closed", "cancelled",
    },
    "hotspot": {"candidate", "active", "monitoring", "closed"},
}  # fmt: skip
LEGAL = {
    "found_on": (set(STATUSES), {"walkabout"}),
    "raised_at": (set(STATUSES), {"engagement"}),
    "about": (set(STATUSES), set(STATUSES)),
    "offered_by": ({"offer"}, {"group", "asset"}),
    "answers": ({"offer"}, {"finding", "engagement"}),
    "held_at": ({"engagement"}, {"asset"}),
    "led_to": (set(STATUSES), set(STATUSES)),
    "same_as": (set(STATUSES), set(STATUSES)),
}
LIVE = {"offered", "confirmed", "matched", "in_use"}


def of(*kinds: str) -> list[Record]:
    return [r for r in RECORDS if r.kind in kinds]


def every_text(record: Record) -> str:
    return " ".join([record.title, record.description, record.address, str(record.fields)])


def test_the_same_day_gives_the_same_records() -> None:
    again = records(TOWN, TODAY)

    assert again == RECORDS
    assert [r.uid for r in again] == [r.uid for r in RECORDS]


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2027, 1, 1), date(2031, 7, 14)])
def test_any_day_gives_a_whole_register(today: date) -> None:
    found = records(TOWN, today)

    assert len(found) == len(RECORDS)
    assert max(r.created_at.date() for r in found) <= today


def test_there_are_as_many_of_each_kind_as_promised() -> None:
    counts = Counter(r.kind for r in RECORDS)

    assert counts["asset"] + counts["group"] >= 300
    assert counts["group"] >= 100
    assert (counts["offer"], counts["finding"]) == (520, 250)
    assert (counts["walkabout"], counts["hotspot"], counts["engagement"]) == (12, 4, 14)


def test_keys_uids_and_titles_of_offers_are_all_different() -> None:
    assert len(BY_KEY) == len(RECORDS)
    assert len({r.uid for r in RECORDS}) == len(RECORDS)
    assert len({r.title for r in of("offer")}) == 520


def test_uids_are_version_7_and_sort_by_time() -> None:
    assert all(r.uid.version == 7 and r.uid.variant == "specified in RFC 4122" for r in RECORDS)
    stamps = [(r.created_at.timestamp() * 1000 // 1, r.uid) for r in RECORDS]
    assert [u for _, u in sorted(stamps)] == sorted(r.uid for r in RECORDS)


def test_every_status_is_legal_for_its_kind() -> None:
    assert [r.key for r in RECORDS if r.status not in STATUSES[r.kind]] == []


def test_every_link_ends_at_a_record_and_is_legal() -> None:
    for record in RECORDS:
        for relation, end in record.links:
            starts, ends = LEGAL[relation]
            assert record.kind in starts
            assert BY_KEY[end].kind in ends
            assert end != record.key


def test_references_in_fields_are_to_records_of_the_right_kind() -> None:
    for offer in of("offer"):
        givers = [offer.fields[n] for n in ("group", "asset", "person_role") if offer.fields[n]]
        assert len(givers) == 1
        for kind in ("group", "asset"):
            if key := offer.fields[kind]:
                assert BY_KEY[key].kind == kind
                assert ("offered_by", key) in offer.links
    operators = [r.fields["operator"] for r in of("asset", "group") if r.fields["operator"]]
    assert operators
    assert all(BY_KEY[key].kind == "group" for key in operators)
    partners = {p.name for p in PARTNERS} | {None}
    assert all(r.fields["assigned_partner"] in partners for r in of("finding"))


def test_every_category_is_a_leaf_of_its_scheme() -> None:
    leaves = {
        scheme: {r["code"] for r in layers.classification(scheme) if r["level"] == "2"}
        for scheme in ("asset", "offer", "finding")
    }
    for record in RECORDS:
        if record.kind in SCHEME:
            assert record.category in leaves[SCHEME[record.kind]]
        else:
            assert record.category is None


def test_no_person_and_no_route_only_finding_is_on_the_map() -> None:
    codes = {r.category for r in RECORDS}

    assert not codes & ROUTE_ONLY
    assert not [c for c in codes if c and c.startswith("ppl")]


def test_every_offer_leaf_is_offered() -> None:
    wanted = {r["code"] for r in layers.classification("offer") if r["level"] == "2"}

    assert {r.category for r in of("offer")} == wanted


def test_every_place_is_inside_the_town() -> None:
    district = TOWN.district.boundary
    for record in RECORDS:
        assert record.geometry is not None
        assert record.geometry.is_valid
        assert district.contains(record.geometry), record.key


def test_a_postcode_lies_in_the_ward_of_the_place() -> None:
    wards = {p.pcds: p.ward for p in TOWN.postcodes}
    for record in RECORDS:
        if record.postcode and record.geometry is not None:
            assert TOWN.ward_at(record.geometry) == wards[record.postcode]


def test_lengths_are_within_the_limits() -> None:
    for record in RECORDS:
        assert 3 <= len(record.title) <= 160
        assert len(record.description) <= 4000
        assert len(record.address) <= 200
        for name, limit in (
            ("website", 200), ("email", 120), ("opening_hours", 500), ("person_role", 120),
            ("conditions", 1000), ("pattern", 200), ("meeting_pattern", 200), ("aims", 2000),
            ("weather", 40), ("summary", 4000), ("theme", 120), ("time_band", 20),
            ("external_ref", 60), ("resolution", 2000), ("charity_number", 20),
        ):  # fmt: skip
            assert len(record.fields.get(name) or "") <= limit


def test_no_words_are_left_unfilled() -> None:
    assert [r.key for r in RECORDS if re.search(r"[\[\]{}|]", r.title + r.description)] == []


@pytest.mark.parametrize("ward", [w.code for w in TOWN.wards])
def test_every_ward_is_covered_by_live_public_food_offers(ward: str) -> None:
    found = [
        r
        for r in of("offer")
        if r.category == "eqp_food"
        and ward in r.covers_areas
        and r.status in LIVE
        and r.visibility == "public"
    ]

    assert len(found) >= 3


def test_walks_and_events_lie_in_the_year_or_the_month_ahead() -> None:
    first = datetime.combine(TODAY - timedelta(days=365), datetime.min.time(), UTC)
    last = datetime.combine(TODAY + timedelta(days=28), datetime.max.time(), UTC)
    for record in of("walkabout", "engagement"):
        assert first <= record.fields["starts_at"] < record.fields["ends_at"] <= last
        ahead = record.fields["starts_at"].date() > TODAY
        assert ahead == (record.status in ("planned", "confirmed"))


def test_nothing_was_made_or_checked_in_the_future() -> None:
    for record in RECORDS:
        assert TODAY - timedelta(days=366) <= record.created_at.date() <= TODAY
        assert record.created_at.tzinfo is UTC
        assert record.checked_on is None or record.created_at.date() <= record.checked_on <= TODAY


@pytest.mark.parametrize("month", [1, 7])
def test_nothing_in_it_is_still_to_come_at_whatever_hour_it_is_loaded(
    monkeypatch: pytest.MonkeyPatch, month: int
) -> None:
    made: dict[date, list[Record]] = {}
    for half_hours in range(48):
        at = datetime(2026, month, 15, tzinfo=UTC) + timedelta(minutes=30 * half_hours)
        monkeypatch.setattr(load, "now", lambda at=at: at)
        today = load.today_here()
        found = made[today] = made.get(today) or records(TOWN, today)
        happened = [one.created_at for one in found]
        happened += [one.fields[name] for one in found for name in SEEN if one.fields.get(name)]
        assert max(happened) <= at
        assert all(one.checked_on is None or one.checked_on <= local_day(at) for one in found)


def test_what_came_from_a_walk_or_event_was_made_after_it_began() -> None:
    for record in RECORDS:
        for relation, end in record.links:
            if relation in ("found_on", "raised_at"):
                began = BY_KEY[end].fields["starts_at"]
                assert record.created_at.date() >= began.date(), (record.key, end)
            if relation == "answers":
                assert record.created_at >= BY_KEY[end].created_at, (record.key, end)


def test_offers_end_after_today_unless_they_have_expired() -> None:
    for offer in of("offer"):
        assert (offer.fields["expires_on"] < TODAY) == (offer.status == "expired")
        assert offer.fields["available_from"] <= offer.fields["expires_on"]


def test_freshness_is_mixed() -> None:
    due = [r for r in of("asset", "group", "offer") if r.review_due and r.review_due < TODAY]

    assert 40 <= len(due) <= 200


def test_a_resolved_finding_says_what_was_done() -> None:
    for finding in of("finding"):
        done = finding.status in ("resolved", "verified")
        assert bool(finding.fields["resolution"]) == done
        assert (finding.fields["resolved_at"] is not None) == done
        if done:
            assert finding.fields["resolved_at"] >= finding.created_at
        assert finding.fields["verified_by_resident"] == (finding.status == "verified")


def test_recurrences_can_be_read() -> None:
    patterns = {r.fields.get("pattern") or r.fields.get("meeting_pattern") for r in RECORDS}
    for pattern in filter(None, patterns):
        assert rrulestr(str(pattern), dtstart=datetime(2026, 1, 1))  # noqa: DTZ001 - days only


def test_telephone_numbers_are_from_the_ranges_kept_for_drama() -> None:
    for record in RECORDS:
        for number in re.findall(r"\b0\d[\d ]{7,}\d\b", every_text(record)):
            assert re.fullmatch(r"01632 960\d{3}|07700 900\d{3}", number), number


def test_addresses_on_the_net_reach_nobody() -> None:
    for record in RECORDS:
        text = every_text(record)
        for host in re.findall(r"(?:@|https?://)([a-z0-9.-]+)", text):
            assert host.endswith(".example")


def test_people_offer_by_role_and_are_never_placed_exactly() -> None:
    people = [r for r in of("offer") if r.fields["person_role"]]

    assert len(people) > 100
    assert {r.precision for r in people} == {"lsoa", "street"}


def test_six_pairs_look_like_the_same_thing() -> None:
    pairs = [
        (a.title, b.title)
        for kind in ("asset", "group")
        for i, a in enumerate(of(kind))
        for b in of(kind)[i + 1 :]
        if a.category == b.category
        and a.fields["phone"] == b.fields["phone"]
        and a.geometry is not None
        and b.geometry is not None
        and a.geometry.distance(b.geometry) < 0.001
        and fuzz.token_set_ratio(a.title, b.title) > 60
    ]

    assert len(pairs) == 6


def test_every_hotspot_has_a_chain_from_walks_to_offers() -> None:
    for hotspot in of("hotspot"):
        about = {r.kind for r in RECORDS if ("about", hotspot.key) in r.links}
        assert about == {"walkabout", "engagement", "finding", "offer"}


def test_every_hotspot_lies_in_the_ward_it_is_addressed_to() -> None:
    wards = {p.neighbourhood: p.ward for p in TOWN.postcodes}
    for hotspot in of("hotspot"):
        assert hotspot.geometry is not None
        assert TOWN.ward_at(hotspot.geometry) == wards[hotspot.address]


def test_every_walk_that_is_over_found_something() -> None:
    for walk in of("walkabout"):
        kinds = {r.kind for r in RECORDS if ("found_on", walk.key) in r.links}
        if walk.status == "complete":
            assert kinds == {"finding", "offer"}


def test_owners_and_authors_are_people_of_the_demo() -> None:
    emails = {u.email for u in USERS}

    assert len(USERS) == 7
    assert all(r.team in LOGGERS and r.created_by in emails for r in RECORDS)
