"""An invite list over time: frozen or live, changed by hand, and what is other than on a day."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import (
    Entry,
    InviteAct,
    InviteList,
    InviteSnapshot,
    Membership,
    Person,
    PersonRole,
    Team,
)
from assetmap.register import (
    consents,
    entries,
    invite_comparing,
    invite_frozen,
    invite_hand,
    invite_lists,
    invite_opening,
    person_blanking,
    person_merging,
    persons,
)
from assetmap.schemas.invite_lists import HandDraft, InviteListDraft
from assetmap.schemas.persons import RoleDraft
from assetmap.viewers import viewer_of
from assetmap.vocabulary import ContactChannel, ContactPurpose
from tests.make import (
    make_area,
    make_consent,
    make_entry,
    make_partner,
    make_person,
    make_team,
    make_user,
    point,
    viewer_for,
)

EMAIL, INVITE = ContactChannel.EMAIL, ContactPurpose.ENGAGEMENT_INVITE


@pytest.fixture
def team(session: Session) -> Team:
    make_area(session)
    return make_team(session)


@pytest.fixture
def olu(session: Session, team: Team) -> Viewer:
    return viewer_for(make_user(session, team, "organiser"), team, "organiser")


@pytest.fixture
def choir(session: Session, team: Team) -> Entry:
    return make_entry(session, "group", team, title="Choir", geometry=point())


def somebody(session: Session, team: Team, at: Entry | None, name: str) -> Person:
    made = make_person(session, team, at=at, name=name, email=f"{name}@people.example")
    make_consent(session, made)
    return made


def made_for(session: Session, viewer: Viewer, **said: Any) -> InviteList:
    draft = InviteListDraft.model_validate({"name": "Hub", "area": ["E05000001"]} | said)
    return invite_lists.put(session, uuid.uuid4(), draft, viewer=viewer).made


def on_it(session: Session, made: InviteList, viewer: Viewer) -> tuple[list[str], dict[str, int]]:
    built = invite_lists.build(session, made, viewer=viewer)
    out = {one.rule: one.count for one in built.left_out}
    return [row.person.name for row in built.rows], out


def change_of(session: Session, made: InviteList, viewer: Viewer, *copies: uuid.UUID) -> Any:
    opened = invite_opening.read(session, made.uid, viewer=viewer)
    return invite_comparing.compare(session, opened, *copies, viewer=viewer).changed


def compared(session: Session, made: InviteList, viewer: Viewer) -> Any:
    """Who came and went since the last copy, by which rule."""
    found = change_of(session, made, viewer)
    came = [(one.person.name, [way.group.title for way in one.through]) for one in found.came]
    went = [(one.person.name, one.rule) for one in found.went]
    return came, went, found.stayed, found.gone


def test_a_frozen_list_stays_as_it_was_but_for_whoever_says_no_and_says_what_became_other(
    session: Session, team: Team, olu: Viewer, choir: Entry
) -> None:
    ann, ben, _, dan = (somebody(session, team, choir, n) for n in ("Ann", "Ben", "Cat", "Dan"))
    made = made_for(session, olu)
    invite_lists.freeze(session, made, viewer=olu)
    with pytest.raises(Conflict):
        invite_lists.freeze(session, made, viewer=olu)
    drums = make_entry(session, "group", team, title="Drummers", geometry=point())
    somebody(session, team, drums, "Eve")
    role = session.scalars(select(PersonRole).where(PersonRole.person_id == ann.id)).one()
    hall = make_entry(session, "asset", team, title="Hall")
    persons.give_role(session, ann, RoleDraft(entry=hall.ref, title="Caretaker"), viewer=OPERATOR)
    persons.end_role(session, ann, role.uid, viewer=OPERATOR, on=now().date() - timedelta(days=2))
    persons.stop(session, ben, viewer=OPERATOR)
    persons.withdraw(session, dan, viewer=OPERATOR, why="Moved away")
    choir.title = "Singers"
    session.flush()
    assert on_it(session, made, olu) == (["Ann", "Cat"], {"do_not_contact": 1})
    row = invite_lists.build(session, made, viewer=olu).rows[0]
    assert [(way.group.title, way.title, way.group.reasons[0].rule) for way in row.through] == [
        ("Singers", "Treasurer", "at")
    ]
    wider = InviteListDraft(name="Hub", groups=[choir.uid])
    with pytest.raises(Conflict):
        invite_lists.put(session, made.uid, wider, viewer=olu, base_version=made.version)
    invite_lists.make_live(session, made, viewer=olu)
    assert on_it(session, made, olu) == (["Cat", "Eve"], {"do_not_contact": 1})
    assert compared(session, made, olu) == (
        [("Eve", ["Drummers"])],
        [("Ann", "not_found"), ("Ben", "do_not_contact")],
        1,
        1,  # taken out since: no name
    )
    verbs = [
        act.verb
        for act in invite_opening.read(session, made.uid, with_history=True, viewer=olu).acts
    ]
    assert verbs == ["live", "frozen", "built"]


def test_a_group_that_left_takes_its_people_off_a_live_list_and_it_says_so(
    session: Session, team: Team, olu: Viewer, choir: Entry
) -> None:
    ann = somebody(session, team, choir, "Ann")
    made = made_for(session, olu)
    taken = invite_lists.keep(session, made, viewer=olu)
    twin = somebody(session, team, choir, "Annie")
    entries.withdraw(session, choir, viewer=OPERATOR, why="It ended")
    assert compared(session, made, olu) == ([], [("Ann", "not_found")], 0, 0)
    person_merging.merge(session, twin, ann, viewer=OPERATOR)
    assert compared(session, made, olu)[1] == [("Annie", "not_found")]
    with pytest.raises(NotFound):
        invite_frozen.one(session, made_for(session, olu), taken.uid)


def test_somebody_is_added_or_taken_off_by_hand_with_a_reason_and_it_is_undone(
    session: Session, team: Team, olu: Viewer, choir: Entry
) -> None:
    ann = somebody(session, team, choir, "Ann")
    bea = somebody(session, team, None, "Bea")
    made = made_for(session, olu)
    off = HandDraft(verb="removed", who="ann", reason="On holiday that week")
    on = HandDraft(verb="added", who=str(bea.uid), reason="Asked to come")
    for draft in (off, on, on):
        invite_hand.change(session, made, draft, viewer=olu)
    assert on_it(session, made, olu) == (["Bea"], {"removed": 1})
    row = invite_lists.build(session, made, viewer=olu).rows[0]
    assert (row.by_hand and row.by_hand.reason, row.through) == ("Asked to come", [])
    consents.withdraw(session, bea, INVITE, EMAIL, viewer=OPERATOR)
    assert on_it(session, made, olu) == ([], {"opted_out": 1, "removed": 1})
    act = invite_hand.of(session, made).removed[ann.id]
    invite_hand.undo(session, made, act.uid, viewer=olu)
    assert on_it(session, made, olu) == (["Ann"], {"opted_out": 1})
    invite_hand.change(session, made, off, viewer=olu)
    make_consent(session, bea)
    invite_lists.freeze(session, made, viewer=olu)
    assert on_it(session, made, olu) == (["Bea"], {"removed": 1})
    for one in invite_hand.of(session, made).removed.values():
        invite_hand.undo(session, made, one.uid, viewer=olu)
    for one in invite_hand.of(session, made).added.values():
        invite_hand.undo(session, made, one.uid, viewer=olu)
    assert on_it(session, made, olu) == (["Ann"], {})
    with pytest.raises(NotFound):
        invite_hand.undo(session, made, act.uid, viewer=olu)
    for who, reason, field in (
        ("Nobody Such", "Why not", "who"),
        ("people.example", "Why not", "who"),
        ("Ann", "Ring her on 01632 960 123", "reason"),
    ):
        wrong = HandDraft(verb="added", who=who, reason=reason)
        with pytest.raises(Invalid) as refused:
            invite_hand.change(session, made, wrong, viewer=olu)
        assert set(refused.value.problems) == {field}
    person_blanking.blank(session, bea, viewer=OPERATOR)
    session.expire_all()
    assert set(session.scalars(select(InviteAct.reason))) == {"", "On holiday that week"}


def test_a_hidden_group_stays_hidden_on_a_frozen_list_and_in_what_changed(
    session: Session, team: Team, olu: Viewer, choir: Entry
) -> None:
    refuge = make_entry(session, "group", team, title="Refuge", visibility="restricted")
    spot = make_entry(session, "hotspot", team, title="Safe house", visibility="restricted")
    somebody(session, team, choir, "Ann")
    somebody(session, team, refuge, "Bea")
    made = made_for(
        session, OPERATOR, groups=[refuge.uid], hotspot=spot.uid, buffer_m=500, team=team.uid
    )
    invite_lists.freeze(session, made, viewer=OPERATOR)
    built = invite_lists.build(session, made, viewer=olu)
    assert "Refuge" not in str([(row.through, row.person.name) for row in built.rows])
    assert "Refuge" not in str(built.groups)
    assert "Safe house" not in str(built.groups)
    assert "a place that is not open to you" in str(built.groups)
    (taken,) = invite_frozen.every(session, made)
    blank = InviteSnapshot(list_id=made.id, held={"groups": [], "people": []})
    session.add(blank)
    session.flush()
    found = change_of(session, made, olu, blank.uid, taken.uid)
    assert "Refuge" not in str([one.through for one in found.came])


def test_at_a_group_of_which_all_were_left_out_somebody_is_known_once_it_is_frozen_too(
    session: Session, team: Team, olu: Viewer, choir: Entry
) -> None:
    make_person(session, team, at=choir, name="ann", email="ann@people.example")  # never agreed
    empty = make_entry(session, "group", team, title="Empty", geometry=point())
    made = made_for(session, olu)

    def unknown() -> list[int]:
        return [one.id for one in invite_lists.build(session, made, viewer=olu).silent]

    assert unknown() == [empty.id]
    invite_lists.freeze(session, made, viewer=olu)
    assert unknown() == [empty.id]
    assert on_it(session, made, olu) == ([], {})


def test_whoever_works_for_two_bodies_invites_for_each_those_who_agreed_with_it(
    session: Session, team: Team
) -> None:
    others = make_team(session, "Council")
    team.partner_id = make_partner(session, "Police").id
    others.partner_id = make_partner(session, "Council").id
    user = make_user(session, team, "organiser")
    session.add(Membership(user_id=user.id, team_id=others.id, role="organiser"))
    choir = make_entry(session, "group", team, title="Choir", geometry=point())
    for name, bodies in (("Ann", []), ("Ben", ["Police", "Council"])):
        person = make_person(session, team, at=choir, name=name, email=f"{name}@people.example")
        make_consent(session, person, controllers=bodies)
    viewer = viewer_of(session, user.id)
    for own, expected in ((team, (["Ann", "Ben"], {})), (others, (["Ben"], {"not_named": 1}))):
        made = made_for(session, viewer, groups=[choir.uid], team=own.uid)
        assert on_it(session, made, viewer) == expected
