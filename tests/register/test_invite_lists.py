"""Whom to invite: the groups a list comes to, and the people who are reached through them."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import (
    AuditEntry,
    Engagement,
    Entry,
    Invitation,
    InviteList,
    Person,
    Team,
)
from assetmap.register import (
    asking,
    consents,
    guests,
    invite_lists,
    merging,
    person_merging,
    persons,
)
from assetmap.register.invite_people import Built
from assetmap.schemas.invite_lists import AskedDraft, InviteListDraft
from assetmap.schemas.persons import RoleDraft
from assetmap.schemas.reading import checked
from assetmap.viewers import viewer_of
from assetmap.vocabulary import ContactChannel, ContactPurpose
from tests.make import (
    make_agreement,
    make_area,
    make_consent,
    make_entry,
    make_partner,
    make_person,
    make_team,
    make_user,
    point,
    shape_json,
    viewer_for,
)

WEST, EAST = shapely.box(-1.95, 53.70, -1.92, 53.75), shapely.box(-1.92, 53.70, -1.89, 53.75)
EMAIL, INVITE = ContactChannel.EMAIL, ContactPurpose.ENGAGEMENT_INVITE


@pytest.fixture
def team(session: Session) -> Team:
    make_area(session, "E05000001", "Westside", WEST)
    make_area(session, "E05000002", "Eastside", EAST)
    return make_team(session)


@pytest.fixture
def olu(session: Session, team: Team) -> Viewer:
    return viewer_for(make_user(session, team, "organiser"), team, "organiser")


def group(session: Session, team: Team, title: str, longitude: float, **more: Any) -> Entry:
    return make_entry(session, "group", team, title=title, geometry=point(longitude), **more)


def listed(session: Session, viewer: Viewer, **said: Any) -> InviteList:
    draft = InviteListDraft.model_validate({"name": "Hub"} | said)
    return invite_lists.put(session, uuid.uuid4(), draft, viewer=viewer).made


def built(session: Session, made: InviteList, viewer: Viewer) -> Built:
    return invite_lists.build(session, made, viewer=viewer)


def why(session: Session, viewer: Viewer, **said: Any) -> dict[str, list[tuple[str, str]]]:
    """Group → why it is on a list that is made so."""
    found = built(session, listed(session, viewer, **said), viewer)
    return {
        one.title: [(reason.rule, reason.place) for reason in one.reasons] for one in found.groups
    }


def names(people: Sequence[Any]) -> list[str]:
    return [row.person.name for row in people]


def test_groups_at_or_serving_a_place_are_found_with_the_rule_that_found_them(
    session: Session, team: Team, olu: Viewer
) -> None:
    group(session, team, "Anglers", -1.93)
    group(session, team, "Choir", -1.90, covers_areas=["E05000001"])
    group(session, team, "Drummers", -1.90, radius_m=100)
    group(session, team, "Elders", -1.90, covers_areas=["E05000002"])  # shares an edge alone
    group(session, team, "Folded", -1.93, status="closed")
    make_entry(session, "asset", team, title="Hall", geometry=point(-1.93))
    west = "Westside (ward)"
    either = {"Anglers": [("at", west)], "Choir": [("serves", west)]}
    assert why(session, olu, area=["E05000001"]) == either
    assert why(session, olu, area=["E05000001"], where="at") == {"Anglers": [("at", west)]}
    assert why(session, olu, area=["E05000001"], where="serving") == {"Choir": [("serves", west)]}
    both = why(session, olu, area=["E05000001", "E05000002"])
    assert sorted(both) == ["Anglers", "Choir", "Drummers", "Elders"]
    assert both["Choir"] == [
        ("at", "Eastside (ward)"),
        ("serves", west),
    ]
    drawn = shape_json(shapely.box(-1.94, 53.72, -1.925, 53.74))
    there = "the shape that was drawn"
    assert why(session, olu, within=drawn) == {
        "Anglers": [("at", there)],
        "Choir": [("serves", there)],
    }
    near = why(session, olu, near=(-1.93, 53.735), within_m=50, where="at")
    assert near == {"Anglers": [("at", "50 m around -1.93000, 53.73500")]}


def test_a_hotspot_reaches_as_far_as_its_buffer_and_no_further(
    session: Session, team: Team, olu: Viewer
) -> None:
    spot = make_entry(session, "hotspot", team, title="Park", geometry=point(-1.93, 53.73))
    for metres in (190, 210):
        north = 53.73 + metres / 111_300  # a degree of latitude there
        make_entry(session, "group", team, title=f"{metres} m", geometry=point(-1.93, north))
    assert why(session, olu, hotspot=spot.uid, buffer_m=200, where="at") == {
        "190 m": [("at", "Park and 200 m around")]
    }
    hidden = make_entry(session, "hotspot", make_team(session, "Others"), visibility="team")
    with pytest.raises(Invalid) as refused:
        listed(session, olu, hotspot=hidden.uid)
    assert set(refused.value.problems) == {"hotspot"}


def test_a_search_the_wanted_groups_and_those_picked_by_hand_come_together(
    session: Session, team: Team, olu: Viewer
) -> None:
    cooks = group(session, team, "Cooks", -1.93, serves=["Families"], category="grp_food")
    group(session, team, "Carers", -1.93, serves=["older people"], category="grp_care")
    choir = group(session, team, "Choir", -1.90)
    twin = group(session, team, "Choir again", -1.90)
    event = make_entry(session, "engagement", team, title="Hub")
    assert isinstance(event, Engagement)
    guests.want(session, event, [choir], viewer=OPERATOR)
    assert why(session, olu, search="text=Carers") == {"Carers": [("search", "")]}
    assert why(session, olu, search="/?near=-1.93,53.735&within_m=100&category=grp_care") == {
        "Carers": [("search", "")]
    }
    assert why(session, olu, search="kind=asset") == {}
    assert why(session, olu, area=["E05000001"], reach=["families"], groups=[twin.uid]) == {
        "Choir again": [("picked", "")],
        "Cooks": [("at", "Westside (ward)")],
    }
    assert sorted(why(session, olu, area=["E05000001"], category=["grp_care"])) == ["Carers"]
    made = listed(session, olu, event=event.uid, wanted=True, groups=[twin.uid, cooks.uid])
    merging.merge(session, choir, twin, viewer=OPERATOR)
    found = built(session, made, olu)
    assert {one.title: [reason.rule for reason in one.reasons] for one in found.groups} == {
        "Choir": ["picked", "wanted"],
        "Cooks": ["picked"],
    }


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "area"),
        ({"area": ["E05999999"]}, "area"),
        ({"area": ["E05000001"], "category": ["no_such"]}, "category"),
        (
            {"within": {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}},
            "within",
        ),
        ({"near": (53.735, -1.93)}, "near"),
        ({"search": "flavour=sweet"}, "search"),
        ({"search": "kind=unicorn"}, "search"),
        ({"hotspot": uuid.UUID(int=1)}, "hotspot"),
    ],
    ids=str,
)
def test_what_can_not_be_looked_for_is_refused_by_name(
    session: Session, team: Team, olu: Viewer, said: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        invite_lists.put(
            session, uuid.uuid4(), checked(InviteListDraft, {"name": "Hub"} | said), viewer=olu
        )
    assert set(refused.value.problems) == {field}


def test_somebody_at_several_groups_is_on_the_list_once_with_each_and_on_what_basis(
    session: Session, team: Team, olu: Viewer
) -> None:
    anglers, choir = (group(session, team, title, -1.93) for title in ("Anglers", "Choir"))
    pat = make_person(session, team, at=anglers, phone="01632 960 001", preferred_channel="phone")
    persons.give_role(session, pat, RoleDraft(entry=choir.ref, title="Singer"), viewer=OPERATOR)
    make_consent(session, pat, "engagement_invite", "email", "phone")
    other = make_team(session, "Next door")
    again = make_person(session, other, at=choir, title="Tenor")
    viewer = viewer_of_both(session, team, other)
    found = built(session, listed(session, viewer, area=["E05000001"], team=team.uid), viewer)
    (row,) = found.rows
    assert [(way.group.title, way.title) for way in row.through] == [
        ("Anglers", "Treasurer"),
        ("Choir", "Singer"),
    ]
    assert {one.id for one in row.people} == {pat.id, again.id}
    assert (row.best, sorted(row.ways)) == ("phone", ["email", "phone"])
    assert {given.lawful_basis for given in row.ways.values()} == {"consent"}
    assert (found.left_out, found.silent, found.known) == ([], [], 1)
    make_consent(session, again)
    consents.withdraw(session, again, INVITE, EMAIL, viewer=OPERATOR)
    (row,) = built(session, listed(session, viewer, groups=[choir.uid], team=team.uid), viewer).rows
    assert sorted(row.ways) == ["phone"]  # what they ended where they are kept twice is ended
    persons.stop(session, again, viewer=OPERATOR)
    found = built(session, listed(session, viewer, groups=[choir.uid], team=team.uid), viewer)
    assert [(one.rule, names(one.named)) for one in found.left_out] == [
        ("do_not_contact", ["Pat Example"])
    ]


def viewer_of_both(session: Session, *teams: Team) -> Viewer:
    user = make_user(session, teams[0], "organiser", "both@example.org")
    held = {team.id: frozenset({"organiser"}) for team in teams}
    return Viewer(user.name, user.id, held, bodies=frozenset({None}))


def somebody(session: Session, team: Team, at: Entry, name: str, *channels: str) -> Person:
    address = f"{name.lower()}@people.example"
    made = make_person(session, team, at=at, name=name, email=address)
    if channels:
        make_consent(session, made, "engagement_invite", *channels)
    return made


def test_whoever_may_not_be_asked_is_left_out_counted_and_told_why(
    session: Session, team: Team, olu: Viewer
) -> None:
    choir, empty = (group(session, team, title, -1.93) for title in ("Choir", "Empty"))
    for name in ("Ann", "Ben", "Cat"):
        somebody(session, team, choir, name, "email")
    quit_, stopped, gone = (
        somebody(session, team, choir, n, "email") for n in ("Dan", "Eve", "Fay")
    )
    somebody(session, team, choir, "Gus")  # never asked
    service = somebody(session, team, choir, "Hal")
    make_consent(session, service, "service")
    past = somebody(session, team, choir, "Ida")
    then = (now() - timedelta(days=400)).date()
    make_consent(session, past, given_on=then, expires_on=now().date() + timedelta(days=1))
    consents.withdraw(session, quit_, INVITE, EMAIL, viewer=OPERATOR)
    persons.stop(session, stopped, viewer=OPERATOR)
    persons.withdraw(session, gone, viewer=OPERATOR, why="Moved away")
    made = listed(session, olu, area=["E05000001"])
    found = built(session, made, olu)
    assert names(found.rows) == ["Ann", "Ben", "Cat", "Ida"]
    assert [(one.rule, one.count, names(one.named)) for one in found.left_out] == [
        ("do_not_contact", 1, ["Eve"]),
        ("opted_out", 1, ["Dan"]),
        ("none", 2, ["Gus", "Hal"]),
    ]
    assert ([one.title for one in found.silent], found.known) == (["Empty"], 8)
    assert empty.title == "Empty"
    ask = AskedDraft(people=[row.person.uid for row in found.rows[:2]], channel=EMAIL)
    assert names(asking.ask(session, made, ask, viewer=olu)) == ["Ann", "Ben"]
    assert asking.ask(session, made, ask, viewer=olu) == []
    found = built(session, made, olu)
    assert (names(found.rows), names(found.asked)) == (["Cat", "Ida"], ["Ann", "Ben"])
    cat = AskedDraft(people=[found.rows[0].person.uid], channel=ContactChannel.PHONE)
    with pytest.raises(Invalid) as refused:
        asking.ask(session, made, cat, viewer=olu)
    assert set(refused.value.problems) == {"channel"}
    with pytest.raises(Invalid):
        asking.ask(session, made, AskedDraft(people=[stopped.uid], channel=EMAIL), viewer=olu)
    asking.take_back(session, made, ask.people[0], viewer=olu)
    assert names(built(session, made, olu).rows) == ["Ann", "Cat", "Ida"]
    with pytest.raises(NotFound):
        asking.take_back(session, made, ask.people[0], viewer=olu)


def test_whoever_was_asked_often_enough_of_late_is_left_out_until_days_have_passed(
    session: Session, team: Team, olu: Viewer
) -> None:
    choir = group(session, team, "Choir", -1.93)
    ann, ben = (somebody(session, team, choir, name, "email") for name in ("Ann", "Ben"))
    for number in range(3):
        made = listed(session, olu, groups=[choir.uid], name=f"Evening {number}")
        asking.ask(session, made, AskedDraft(people=[ann.uid], channel=EMAIL), viewer=olu)
    event = make_entry(session, "engagement", team)
    one, other = (listed(session, olu, groups=[choir.uid], event=event.uid) for _ in range(2))
    found = built(session, one, olu)
    assert (names(found.rows), [(out.rule, out.count) for out in found.left_out]) == (
        ["Ben"],
        [("over_asked", 1)],
    )
    first = session.scalars(select(Invitation).where(Invitation.person_id == ann.id)).first()
    assert first is not None
    first.asked_at = now() - timedelta(days=91)
    session.flush()
    assert names(built(session, one, olu).rows) == ["Ann", "Ben"]
    asking.ask(session, one, AskedDraft(people=[ben.uid], channel=EMAIL), viewer=olu)
    found = built(session, other, olu)  # asked for the event is asked, by whichever list
    assert (names(found.rows), names(found.asked)) == (["Ann"], ["Ben"])
    person_merging.merge(session, ann, ben, viewer=OPERATOR)
    assert names(built(session, other, olu).asked) == ["Ann"]


def test_of_people_known_under_an_agreement_neither_name_nor_reason_is_told(
    session: Session, team: Team, olu: Viewer
) -> None:
    partner = make_partner(session)
    theirs = make_team(session, "Alder team")
    theirs.partner_id = partner.id
    user = make_user(session, theirs, "organiser", "alder@example.org")
    make_agreement(session, partner, kinds=["group"], fields=["contact"])
    choir = group(session, team, "Choir", -1.93)
    named = ["Alder Homes"]
    for name, bodies in (("Ann", named), ("Ben", ["Others"]), ("Cat", [])):
        made = somebody(session, team, choir, name)
        make_consent(session, made, "sharing")
        make_consent(session, made, controllers=bodies) if bodies else None
    somebody(session, team, choir, "Dan", "email")  # shown to no partner
    viewer = viewer_of(session, user.id)
    found = built(session, listed(session, viewer, groups=[choir.uid]), viewer)
    assert names(found.rows) == ["Ann"]
    assert [(one.rule, one.count, one.named) for one in found.left_out] == [("not_ours", 2, [])]
    assert found.rows[0].agreement_id is not None


def test_lists_are_for_the_team_and_built_by_its_organisers(
    session: Session, team: Team, olu: Viewer
) -> None:
    choir = group(session, team, "Choir", -1.93, visibility="team")
    made = listed(session, olu, groups=[choir.uid])
    other = make_team(session, "Others")
    outside = viewer_for(
        make_user(session, other, "organiser", "o@example.org"), other, "organiser"
    )
    reader = viewer_for(make_user(session, team, "viewer", "v@example.org"), team, "viewer")
    analyst = viewer_for(make_user(session, team, "analyst", "a@example.org"), team, "analyst")
    assert [one.uid for one in invite_lists.every(session, viewer=reader)] == [made.uid]
    for nobody in (outside, analyst):
        assert invite_lists.every(session, viewer=nobody) == []
        with pytest.raises(NotFound):
            invite_lists.find(session, made.uid, viewer=nobody)
    draft = InviteListDraft(name="Mine", groups=[choir.uid])
    for refused in (reader, analyst):
        with pytest.raises(NotAllowed):
            invite_lists.put(session, uuid.uuid4(), draft, viewer=refused)
    theirs = invite_lists.put(session, uuid.uuid4(), draft, viewer=outside).made
    assert built(session, theirs, outside).groups == []  # a group they may not see
    event = make_entry(session, "engagement", team, visibility="restricted")
    about = listed(session, OPERATOR, groups=[choir.uid], event=event.uid)
    with pytest.raises(NotFound):
        invite_lists.find(session, about.uid, viewer=olu)


def test_a_list_is_changed_from_the_version_that_was_read_and_comes_back(
    session: Session, team: Team, olu: Viewer
) -> None:
    uid = uuid.uuid4()
    draft = InviteListDraft(name="Hub", area=["E05000001"])
    first = invite_lists.put(session, uid, draft, viewer=olu)
    again = invite_lists.put(session, uid, draft, viewer=olu)
    assert (first.is_new, again.is_new, again.is_changed) == (True, False, False)
    wider = InviteListDraft(name="Hub", area=["E05000001", "E05000002"])
    with pytest.raises(Conflict):
        invite_lists.put(session, uid, wider, viewer=olu)
    made = invite_lists.put(session, uid, wider, viewer=olu, base_version=1).made
    assert (made.version, made.criteria) == (2, {"area": ["E05000001", "E05000002"]})
    named = InviteListDraft(name="Ring Pat on 01632 960 123", area=["E05000001"])
    with pytest.raises(Invalid):
        invite_lists.put(session, uuid.uuid4(), named, viewer=olu)
    invite_lists.remove(session, made, viewer=olu)
    session.flush()
    assert invite_lists.every(session, viewer=olu) == []
    assert invite_lists.put_back(session, uid, viewer=olu).version == 4
    session.commit()
    told = session.scalars(select(AuditEntry.action).where(AuditEntry.entity == "invite_list"))
    assert list(told) == ["created", "changed", "withdrawn", "brought_back"]
