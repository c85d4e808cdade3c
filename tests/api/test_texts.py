"""Whatever people write comes back as they wrote it."""

import uuid
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from assetmap.schemas.entries import DRAFTS
from assetmap.schemas.text import one_line, tidy
from assetmap.vocabulary import CHECKS, FACILITIES, Kind
from tests.api.conftest import Place
from tests.make import CATEGORIES, point
from tests.real_data import real

NAUGHTY = (
    "' OR 1=1 --",
    '"; DROP TABLE entry; --',
    "<script>alert(1)</script>",
    "{{ 7*7 }}{% for x in y %}",
    "${jndi:ldap://x}",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "%s%n%d%x",
    "\\u0000 \\x00 \\",
    "../../etc/passwd",
    "null",
    "NaN",
    "田中さんにあげて",
    "مُنَاقَشَةُ سُبُلِ",
    "👾 🙇 💁 👩‍👩‍👧 🇬🇧",
    "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠k",
    "\ufdfa \u202e reversed \u200b zero width",
    "Zoë’s café — “the best”",
    "\x01\x1b[31m\x7f",
    "a\u2028b\u2029c",
)
PROSE = {"description", "opening_hours", "hire_terms", "accessibility_note", "conditions", "aims"}
PROSE |= {"summary", "influence_statement", "use_of_input", "accessibility_plan"}
LINES = {"title", "address", "cost_note", "person_role", "external_ref", "weather", "theme"}
LINES |= {"focal_question", "audience", "time_band"}
TIMES: dict[str, dict[str, str]] = {
    "walkabout": {"starts_at": "2026-05-01T10:00:00Z"},
    "engagement": {"starts_at": "2026-05-01T10:00:00Z", "ends_at": "2026-05-01T12:00:00Z"},
    "hotspot": {"period_from": "2026-01-01"},
    "offer": {"person_role": "Cook"},
}


def draft(kind: str, **fields: Any) -> dict[str, Any]:
    needed = {"title": "A title", "geometry": point(), **TIMES.get(kind, {})}
    if kind in CATEGORIES:
        needed["category"] = CATEGORIES[kind]
    return needed | fields


def address(kind: str) -> str:
    return f"/api/{kind}s/{uuid.uuid4()}"


def kept(answer: TestResponse) -> dict[str, Any]:
    """What a PUT answers, but for what its text is warned of: that is said once and not kept."""
    said: dict[str, Any] = answer.get_json()
    said["properties"].pop("warnings", None)
    return said


def longest(kind: str, name: str) -> int:
    """How many characters the field takes."""
    schema = DRAFTS[Kind(kind)].model_json_schema()["properties"][name]
    return int(schema["maxLength"])


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_naughty_text_comes_back_unchanged_from_every_field(place: Place, kind: str) -> None:
    fields = DRAFTS[Kind(kind)].model_fields.keys()
    for text in NAUGHTY:
        said = {name: tidy(text)[: longest(kind, name)] for name in fields & PROSE}
        said |= {name: one_line(text)[: longest(kind, name)].strip() for name in fields & LINES}
        tags = [one_line(text)[:40].strip()]
        made = place.ours.put(address(kind), draft(kind, **said, tags=tags))
        assert made.status_code == 201, (text, made.get_json())
        back = made.get_json()["properties"]
        assert {name: back[name] for name in said} == said
        assert back["tags"] == tags
        seen = place.public.get(f"/api/{kind}s/{made.get_json()['id']}").get_json()["properties"]
        assert (seen["title"], seen["description"]) == (said["title"], said["description"])


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_a_nul_is_refused_in_every_text_field_by_name(place: Place, kind: str) -> None:
    fields = (PROSE | LINES) & DRAFTS[Kind(kind)].model_fields.keys()
    refused = place.ours.put(address(kind), draft(kind, **dict.fromkeys(fields, "a\0b")))
    assert refused.status_code == 422
    problems = refused.get_json()["problems"]
    assert {name: problems.get(name) for name in fields} == dict.fromkeys(
        fields, "Take out the NUL character."
    )


def test_the_whole_list_of_naughty_strings_comes_back_unchanged(place: Place) -> None:
    listed = real("security/blns.txt").read_text("utf-8").splitlines()
    text = "\n".join(line for line in listed if line and not line.startswith("#"))
    for start in range(0, len(text), 3500):
        part = tidy(text[start : start + 3500])[:4000]
        made = place.ours.put(address("finding"), draft("finding", description=part))
        assert made.status_code == 201, made.get_json()
        assert made.get_json()["properties"]["description"] == part


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)
DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31)).map(date.isoformat)
DRAFTED = st.fixed_dictionaries(
    {
        "title": WORDS.filter(lambda text: one_line(text) != ""),
        "description": WORDS,
        "geometry": st.none()
        | st.builds(point, st.floats(-1.95, -1.85), st.floats(53.7, 53.8))
        | st.just(
            {"type": "LineString", "coordinates": [[-1.92, 53.73], [-1.91, 53.735], [-1.9, 53.74]]}
        ),
        "address": WORDS,
        "precision": st.sampled_from(["exact", "street", "postcode", "ward", "none"]),
        "visibility": st.sampled_from(["public", "partner", "team"]),
        "accuracy_m": st.none() | st.floats(0, 100_000).map(lambda m: round(m, 3)),
        "radius_m": st.none() | st.integers(1, 100_000),
        "covers_areas": st.sampled_from([[], ["E05000001"]]),
        "tags": st.lists(st.sampled_from(["warm", "quiet", "café"]), max_size=3),
        "checked_on": st.none() | st.dates(date(1900, 1, 1), date(2026, 1, 1)).map(date.isoformat),
        "review_due": st.none() | DAYS,
    }
)
ASSET = {
    "capacity": st.none() | st.integers(0, 1_000_000),
    "facilities": st.lists(st.sampled_from(FACILITIES), unique=True),
    "website": st.sampled_from(["", "example.org", "http://example.org/a?b=c"]),
    "email": st.sampled_from(["", "hall@example.org"]),
}
OFFER = {
    "quantity": st.none() | st.decimals(0, 1_000_000, places=2).map(str),
    "pattern": st.sampled_from(["", "FREQ=WEEKLY;BYDAY=MO"]),
    "checks_needed": st.lists(st.sampled_from(CHECKS), unique=True),
    "cost_pence": st.integers(0, 100_000_000),
    "expires_on": st.none() | DAYS,
}


@pytest.mark.parametrize(("kind", "more"), [("asset", ASSET), ("offer", OFFER)])
def test_any_draft_that_is_taken_can_be_read_and_put_back_unchanged(
    place: Place, kind: str, more: dict[str, st.SearchStrategy[Any]]
) -> None:
    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(common=DRAFTED, own=st.fixed_dictionaries(more))
    def unchanged(common: dict[str, Any], own: dict[str, Any]) -> None:
        where = address(kind)
        made = place.ours.put(where, draft(kind, **common, **own))
        assert made.status_code == 201, made.get_json()
        read = place.ours.get(where)
        assert read.get_json() == kept(made)
        back = place.ours.put(where, read.get_json(), headers={"If-Match": read.headers["ETag"]})
        assert (back.status_code, kept(back)) == (200, read.get_json())
        again = place.ours.put(where, draft(kind, **common, **own))
        assert (again.status_code, kept(again)) == (200, read.get_json())

    unchanged()
