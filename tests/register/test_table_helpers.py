"""Who leads tables and takes notes, found among offers and contacts."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.errors import Invalid
from assetmap.models import Engagement, EventHelper, Link, Offer, Person, PersonRole, Team
from assetmap.register import guests, merging, person_blanking, persons, table_helpers, tables
from assetmap.schemas.tables import Layout, TableDraft
from assetmap.vocabulary import Relation
from tests.make import (
    make_category,
    make_entry,
    make_person,
    make_team,
    make_user,
    point,
    viewer_for,
)


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def event(session: Session, team: Team) -> Engagement:
    made = make_entry(session, "engagement", team, capacity=30, geometry=point())
    assert isinstance(made, Engagement)
    tables.lay_out(session, made, Layout(people=18), viewer=OPERATOR)
    return made


def offer(session: Session, team: Team, **more: Any) -> Offer:
    if "category" not in more:
        make_category(session, "offer", "kno_faci")
    said: dict[str, Any] = {
        "category": "kno_faci",
        "geometry": point(),
        "title": "Two who lead",
    } | more
    made = make_entry(session, "offer", team, **said)
    assert isinstance(made, Offer)
    return made


def put(session: Session, event: Engagement, number: int = 1, **said: str) -> None:
    version = tables.of(session, event, viewer=OPERATOR)[number - 1].version
    draft = TableDraft.model_validate({"seats": 9} | said)
    tables.put(session, event, number, draft, viewer=OPERATOR, base_version=version)


def ties(session: Session, event: Engagement) -> list[int]:
    wanted = Link.to_id == event.id, Link.relation == Relation.ANSWERS.value
    return list(session.scalars(select(Link.from_id).where(*wanted)))


def test_an_offer_that_is_chosen_is_linked_to_the_event_until_no_table_uses_it(
    session: Session, team: Team, event: Engagement
) -> None:
    made = offer(session, team)
    assert table_helpers.choices(session, event, viewer=OPERATOR).offers == [made]
    source = f"offer:{made.uid}"
    put(session, event, 1, facilitator_from=source)
    put(session, event, 2, note_taker_from=source)
    assert ties(session, event) == [made.id]
    found = table_helpers.shown(
        session, tables.of(session, event, viewer=OPERATOR), viewer=OPERATOR
    )
    assert {key: one.offer for key, one in found.items()} == {
        (1, "facilitator"): made,
        (2, "note_taker"): made,
    }
    put(session, event, 1, note_taker_from=source)  # from one job to the other
    put(session, event, 1)
    assert ties(session, event) == [made.id]
    tables.clear(session, event, viewer=OPERATOR)
    assert ties(session, event) == []


def test_an_offer_that_was_linked_by_hand_stays_so_when_it_leads_no_table(
    session: Session, team: Team, event: Engagement
) -> None:
    made = offer(session, team)
    session.add(Link(from_id=made.id, to_id=event.id, relation="answers"))
    session.flush()
    put(session, event, facilitator_from=f"offer:{made.uid}")
    put(session, event)
    assert ties(session, event) == [made.id]


def test_an_offer_that_is_over_or_paused_can_not_be_chosen(
    session: Session, team: Team, event: Engagement
) -> None:
    made = offer(session, team)
    made.status = "paused"
    session.flush()
    assert table_helpers.choices(session, event, viewer=OPERATOR).offers == []
    with pytest.raises(Invalid) as refused:
        put(session, event, facilitator_from=f"offer:{made.uid}")
    assert list(refused.value.problems) == ["facilitator_from"]


def test_offers_that_are_folded_together_still_lead_their_tables(
    session: Session, team: Team, event: Engagement
) -> None:
    gone = offer(session, team)
    keep = offer(session, team, category="kno_faci", title="The same two")
    put(session, event, facilitator_from=f"offer:{gone.uid}")
    merging.merge(session, keep, gone, why="The same", viewer=OPERATOR)
    assert session.scalars(select(EventHelper.offer_id)).all() == [keep.id]


def test_a_contact_of_a_group_that_is_wanted_is_named_to_those_alone_who_may_know_them(
    session: Session, team: Team, event: Engagement
) -> None:
    group = make_entry(session, "group", team, title="Tenants")
    person = make_person(session, team, at=group)
    assert table_helpers.choices(session, event, viewer=OPERATOR).contacts == []
    guests.want(session, event, [group], viewer=OPERATOR)
    (role,) = table_helpers.choices(session, event, viewer=OPERATOR).contacts
    put(session, event, facilitator_from=f"contact:{role.uid}")
    laid = tables.of(session, event, viewer=OPERATOR)
    analyst = viewer_for(make_user(session, team, "analyst"), team, "analyst")
    for viewer, named in ((OPERATOR, role), (analyst, None)):
        (found,) = table_helpers.shown(session, laid, viewer=viewer).values()
        assert found.contact == named
    persons.stop(session, person, viewer=OPERATOR)
    assert table_helpers.choices(session, event, viewer=OPERATOR).contacts == []


def test_whoever_is_erased_leads_no_table_any_more(
    session: Session, team: Team, event: Engagement
) -> None:
    group = make_entry(session, "group", team)
    person = make_person(session, team, at=group)
    guests.want(session, event, [group], viewer=OPERATOR)
    role = session.scalars(select(PersonRole)).one()
    put(session, event, note_taker_from=f"contact:{role.uid}")
    person_blanking.blank(session, session.get_one(Person, person.id), viewer=OPERATOR)
    assert session.scalars(select(EventHelper)).all() == []


def test_a_contact_can_not_lead_and_write_at_one_table() -> None:
    one = "contact:019a0000-0000-7000-8000-000000000001"
    with pytest.raises(ValueError, match="note_taker_from"):
        TableDraft(facilitator_from=one, note_taker_from=one)
