"""Who is missing from an invite list: what it reaches beside those who live there."""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from math import comb
from typing import Any

import pytest
import shapely
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, Viewer
from assetmap.errors import Invalid
from assetmap.formats.profiles import ProfileRead, ProfilesRead
from assetmap.models import Entry, InviteList, Link, Team
from assetmap.register import (
    invite_lists,
    invite_missing,
    invite_missing_words,
    persons,
    populations,
    profiles,
    reach,
    representation,
)
from assetmap.register.invite_missing import Dimension, Missing
from assetmap.register.populations import Place
from assetmap.schemas.invite_lists import InviteListDraft
from assetmap.schemas.invite_missing import Compared
from tests.make import (
    make_area,
    make_consent,
    make_entry,
    make_person,
    make_team,
    make_user,
    point,
    shape_json,
    viewer_for,
)

WARD, NEXT = shapely.box(-1.95, 53.70, -1.91, 53.74), shapely.box(-1.91, 53.70, -1.87, 53.74)
# small areas: three in the ward, the last of them partly beyond, and one that lies beyond
SMALL = {
    "E01000001": shapely.box(-1.95, 53.70, -1.93, 53.72),
    "E01000002": shapely.box(-1.95, 53.72, -1.93, 53.74),
    "E01000003": shapely.box(-1.93, 53.70, -1.905, 53.74),
    "E01000004": shapely.box(-1.905, 53.70, -1.87, 53.74),
}
AGES = {
    "E01000001": (300, 200, 900, 400),
    "E01000002": (200, 100, 500, 200),
    "E01000003": (100, 250, 600, 250),
    "E01000004": (9, 9, 9, 900),
}
AGE_CODES = ("0-15", "16-24", "25-64", "65")
FAITHS = {"christian": 1_900, "none": 1_700, "muslim": 600, "sikh": 20, "not_answered": 180}


@pytest.fixture
def team(session: Session) -> Team:
    make_area(session, "E05000001", "Westside", WARD)
    make_area(session, "E05000002", "Eastside", NEXT)
    for code, shape in SMALL.items():
        make_area(session, code, code, shape, type="lsoa", vintage="2021")
    ages = {code: dict(zip(AGE_CODES, counts, strict=True)) for code, counts in AGES.items()}
    kept(session, ProfileRead("age", "lsoa", "2021", "2021", ages))
    kept(session, ProfileRead("religion", "ward", "2022", "2021", {"E05000001": FAITHS}))
    return make_team(session)


@pytest.fixture
def olu(session: Session, team: Team) -> Viewer:
    return viewer_for(make_user(session, team, "organiser"), team, "organiser")


def kept(session: Session, profile: ProfileRead) -> None:
    profiles.load(session, ProfilesRead([profile], []), viewer=OPERATOR)


def group(
    session: Session, team: Team, title: str, people: int, *serves: str, **more: Any
) -> Entry:
    """A group in the ward, with so many people who may be invited."""
    at = point(-1.94, 53.71)
    made = make_entry(session, "group", team, title=title, serves=list(serves), geometry=at, **more)
    for number in range(people):
        name = f"{title} {number}"
        mail = f"{uuid.uuid4().hex}@people.example"
        make_consent(session, make_person(session, team, at=made, name=name, email=mail))
    return made


def listed(session: Session, viewer: Viewer, **said: object) -> InviteList:
    draft = InviteListDraft.model_validate({"name": "Hub", "area": ["E05000001"]} | said)
    return invite_lists.put(session, uuid.uuid4(), draft, viewer=viewer).made


def of(session: Session, made: InviteList, viewer: Viewer, **said: object) -> Missing:
    return invite_missing.of(session, made, Compared.model_validate(said), viewer=viewer)


def named(found: Missing) -> dict[str, str]:
    return {one.kind.code: one.rule for one in found.left}


def suggested(found: Missing, code: str) -> list[str]:
    (one,) = (one for one in found.left if one.kind.code == code)
    return [suggestion.group.title for suggestion in one.suggestions]


def dimension(found: Missing, code: str) -> Dimension:
    return next(one for one in found.dimensions if one.code == code)


def test_planted_missing_sections_are_found_exactly_with_groups_that_reach_them(
    session: Session, team: Team, olu: Viewer
) -> None:
    over = group(session, team, "Lunch club", 22, "Over 60s")
    group(session, team, "Toddlers", 11, "children")
    group(session, team, "Parish", 8, "Christians")
    mosque = group(session, team, "Muslim women's circle", 0, "Muslim women", "older people")
    youth = make_entry(
        session, "group", team, title="Youth club", serves=["young people"], geometry=point(-1.90)
    )
    far = make_entry(
        session, "group", team, title="Cadets", serves=["young people"], geometry=point(-1.80)
    )
    serving = make_entry(
        session,
        "group",
        team,
        title="Skaters",
        serves=["children and young people"],
        geometry=point(-1.80),
        covers_areas=["E05000001"],
    )
    other = make_team(session, "Others")
    hidden = group(session, other, "Hidden", 0, "Young people", visibility="team")
    session.add(Link(from_id=youth.id, to_id=over.id, relation="about"))
    session.flush()
    found = of(session, listed(session, olu, groups=[], where="at"), olu)
    assert named(found) == {"16-24": "nobody", "muslim": "nobody", "25-64": "too_few"}
    assert suggested(found, "16-24") == [serving.title, youth.title]
    assert suggested(found, "muslim") == [mosque.title]
    assert {far.title, hidden.title}.isdisjoint(suggested(found, "16-24"))
    (skaters, club) = next(one for one in found.left if one.kind.code == "16-24").suggestions
    assert (skaters.where, skaters.together, skaters.is_bridge) == ("there", ["children"], True)
    assert (club.where, club.linked, club.is_bridge) == ("near", ["Lunch club"], True)
    muslim = next(one for one in found.left if one.kind.code == "muslim").suggestions[0]
    assert (muslim.where, muslim.together) == ("on_list", ["older people"])
    both = replace(olu, roles={**olu.roles, other.id: frozenset({"viewer"})})
    assert hidden.title in suggested(of(session, listed(session, both, where="at"), both), "16-24")


def test_every_figure_is_what_an_independent_computation_gives(
    session: Session, team: Team, olu: Viewer
) -> None:
    tags = {"Lunch club": 22, "Toddlers": 11, "Youth club": 7, "Chess": 3}
    serves = ("older people", "children", "young people", "anybody")
    for (title, people), words in zip(tags.items(), serves, strict=True):
        group(session, team, title, people, words)
    found = of(session, listed(session, olu), olu)
    age = dimension(found, "age")
    live = [sum(AGES[code][at] for code in list(AGES)[:3]) for at in range(4)]
    counted, n = [11, 7, 0, 22], 40
    assert [round(line.people) for line in age.lines] == live
    assert [line.counted for line in age.lines] == counted
    assert (found.on_list, age.counted) == (43, n)
    assert age.covered == pytest.approx(40 / 43)
    shares = [people / sum(live) for people in live]
    for line, share, count in zip(age.lines, shares, counted, strict=True):
        assert line.share == pytest.approx(share)
        assert line.ratio == pytest.approx(count / n / share)
        assert line.gap == pytest.approx(count / n - share)
        assert line.short == pytest.approx(max(0, share * n - count))
    unlike = sum(abs(c / n - s) for c, s in zip(counted, shares, strict=True)) / 2
    assert age.index == round(100 * (1 - unlike))
    assert age.diversity == pytest.approx(3 / 4)
    assert age.chance is not None
    drawn = sorted(drawn_by_lot(shares, n, 4_000))
    assert age.chance.expected == pytest.approx(sum(drawn) / len(drawn), abs=0.005)
    assert age.chance.low == pytest.approx(drawn[len(drawn) // 20], abs=0.013)
    assert age.chance.high == pytest.approx(drawn[-len(drawn) // 20], abs=0.013)
    assert (age.chance.percentile, age.chance.is_beyond) == (1, True)
    left = {one.kind.code: one for one in found.left}
    assert set(left) == {"25-64", "muslim"}
    assert left["25-64"].wanted == pytest.approx(shares[2] * n)
    answered = sum(FAITHS.values()) - FAITHS["not_answered"]
    assert left["muslim"].share == pytest.approx(600 / answered)
    assert left["muslim"].wanted == pytest.approx(600 / answered * 43)
    assert (1 - 600 / answered) ** 43 < 0.1 < (1 - 20 / answered) ** 43  # Sikhs: by chance
    assert found.silent == ["anybody"]


def drawn_by_lot(shares: Sequence[float], n: int, times: int) -> list[float]:
    """How unlike a place lists of n are, that are drawn from it by lot one by one."""
    lot = random.Random(7)  # noqa: S311
    found: list[float] = []
    for _ in range(times):
        drawn = lot.choices(range(len(shares)), shares, k=n)
        part = [drawn.count(at) / n for at in range(len(shares))]
        found.append(sum(abs(p - s) for p, s in zip(part, shares, strict=True)) / 2)
    return found


def test_what_chance_makes_of_two_sections_is_what_the_binomial_law_says() -> None:
    n, p = 20, 0.3
    exact = sum(comb(n, k) * p**k * (1 - p) ** (n - k) * abs(k / n - p) for k in range(n + 1))
    chance = representation.chance(representation.categories([6, 14], [300, 700]))
    assert chance.expected == pytest.approx(exact, abs=0.004)
    assert not chance.is_beyond
    assert representation.chance(representation.categories([12, 8], [300, 700])).is_beyond
    likeliest = representation.chance(representation.categories([10, 0], [95, 5]))
    assert (likeliest.percentile, likeliest.is_beyond) == (0, False)  # no lot could be more alike
    alike = representation.categories([6, 14], [300, 700])
    assert representation.dissimilarity(alike) == pytest.approx(0)
    assert representation.dissimilarity(representation.categories([20, 0], [0, 700])) == 1


def test_small_areas_are_taken_whole_for_an_area_and_by_their_ground_for_a_drawn_shape(
    session: Session, team: Team, olu: Viewer
) -> None:
    made = listed(session, olu)
    whole = dimension(of(session, made, olu), "age").population
    assert (whole.how, whole.areas) == ("whole", 3)
    assert "3 small areas (LSOA) of 2021, each whole" in invite_missing_words.where_from(whole)
    faith = dimension(of(session, made, olu), "religion").population
    assert (faith.how, faith.answered) == ("published", sum(FAITHS.values()) - 180)
    drawn = listed(
        session, olu, area=[], within=shape_json(shapely.box(-1.94, 53.70, -1.90, 53.74))
    )
    parts = dimension(of(session, drawn, olu), "age").population
    weights = {
        code: shape.intersection(shapely.box(-1.94, 53.70, -1.90, 53.74)).area / shape.area
        for code, shape in SMALL.items()
    }
    assert (parts.how, parts.areas) == ("parts", 4)
    for at, code in enumerate(AGE_CODES):
        there = sum(AGES[small][at] * weight for small, weight in weights.items())
        assert parts.people[code] == pytest.approx(there)
    little = Place(shapely.box(-1.949, 53.701, -1.945, 53.705), [("custom", "x")])
    inside = populations.of_place(session, little)["age"]
    assert (inside.how, inside.areas) == ("parts", 1)
    assert populations.of_place(session, Place(shapely.box(-1.2, 53.1, -1.1, 53.2))) == {}
    half = Place(shapely.box(-1.89, 53.70, -1.85, 53.74))
    assert populations.of_place(session, half)["age"].covered == pytest.approx(0.5)


def test_the_newest_year_counts_unless_an_older_one_is_wanted(
    session: Session, team: Team, olu: Viewer
) -> None:
    older: Mapping[str, int] = dict.fromkeys(AGE_CODES, 10)
    old = ProfileRead("age", "ward", "2013", "2011", {"E05000001": dict(older)})
    kept(session, old)
    made = listed(session, olu)
    assert dimension(of(session, made, olu), "age").population.profile.year == "2021"
    then = of(session, made, olu, until="2020")
    assert [one.population.profile.year for one in then.dimensions] == ["2011"]
    assert of(session, made, olu, until="2010").dimensions == []
    elsewhere = of(session, made, olu, area=["E05000002"])
    assert elsewhere.places == ["Eastside (ward)"]
    with pytest.raises(Invalid):
        of(session, made, olu, area=["E05999999"])


def test_counts_of_fewer_than_five_people_and_what_gives_them_away_are_not_shown(
    session: Session, team: Team, olu: Viewer
) -> None:
    group(session, team, "Lunch club", 20, "older people")
    group(session, team, "Toddlers", 6, "children")
    group(session, team, "Youth club", 3, "young people")
    group(session, team, "Sikhs", 2, "Sikhs")
    found = of(session, listed(session, olu), olu)
    age = dimension(found, "age")
    assert [line.counted for line in age.lines] == [None, None, 0, 20]
    hidden = [line for line in age.lines if line.counted is None]
    assert all((one.ratio, one.gap, one.short) == (None, None, None) for one in hidden)
    assert age.is_rough
    assert (age.index or 1) % 5 == 0
    faith = dimension(found, "religion")
    assert (faith.counted, faith.covered, faith.index) == (None, None, None)
    few = of(session, listed(session, olu, area=[], groups=[], search="text=Youth"), olu)
    assert list(few.dimensions) == []  # from no place: nobody to compare with
    three = of(session, listed(session, olu, area=[], search="text=Youth"), olu, area=["E05000001"])
    shown = chain.from_iterable(one.lines for one in three.dimensions)
    assert {line.counted for line in shown} == {None}
    assert list(three.left) == []


def test_who_said_no_is_not_counted_and_who_is_there_twice_counts_once_in_each_section(
    session: Session, team: Team, olu: Viewer
) -> None:
    club = group(session, team, "Club", 12, "older people", "Over 60s")
    both = group(session, team, "Both", 6, "older people", "young people")
    made = listed(session, olu)
    before = {
        line.kind.code: line.counted for line in dimension(of(session, made, olu), "age").lines
    }
    assert (before["65"], before["16-24"]) == (18, 6)
    anyone = invite_lists.build(session, made, viewer=olu).rows[0].person
    persons.stop(session, anyone, viewer=OPERATOR)
    after = dimension(of(session, made, olu), "age")
    assert sum(line.counted or 0 for line in after.lines) == 24 - len({club.id, both.id}) + (
        1 if anyone.name.startswith("Club") else 0
    )


@pytest.mark.parametrize(
    ("tag", "sections"),
    [
        ("Children & young people", {("age", "0-15"), ("age", "16-24")}),
        ("OLDER  PEOPLE", {("age", "65")}),
        ("women and girls", {("sex", "female")}),
        ("Muslim women", {("religion", "muslim")}),
        ("white rose residents", set()),
        ("people not disabled", set()),
        ("families", set()),
    ],
)
def test_only_whole_phrases_stand_for_a_section(tag: str, sections: set[tuple[str, str]]) -> None:
    assert reach.of([tag]) == sections
