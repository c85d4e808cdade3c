"""People met at an event, kept with what they agreed to or not at all."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import (
    AuditEntry,
    Consent,
    Engagement,
    Entry,
    EventContact,
    Person,
    PersonRole,
    Team,
)
from assetmap.register import (
    entries,
    event_contacts,
    histories,
    merging,
    person_blanking,
    person_merging,
    persons,
    subject_search,
)
from assetmap.schemas.event_contacts import MetDraft
from tests.make import (
    commit,
    make_entry,
    make_person,
    make_request,
    make_team,
    make_user,
    viewer_for,
)
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in

AGREED: dict[str, Any] = {
    "agreed_to": ["engagement_invite", "service"],
    "channels": ["email"],
    "method": "paper",
}
ANN: dict[str, Any] = {
    "name": "Ann <Fell>",
    "email": "Ann@people.example",
    "is_adult": "true",
} | AGREED
WITHOUT = {"no_role_reason": "Lives near by and would help"}


class Hall:
    """A team with an event that is over, and a group that was there."""

    def __init__(self, session: Session) -> None:
        self.team: Team = make_team(session)
        begun = now() - timedelta(days=3)
        event = make_entry(session, "engagement", self.team, title="Hub <b>")
        assert isinstance(event, Engagement)
        event.starts_at, event.ends_at = begun, begun + timedelta(hours=2)
        self.event = event
        self.club: Entry = make_entry(session, "group", self.team, title="Lunch club")
        self.olu = make_user(session, self.team, "organiser", "olu@demo.example")
        self.at = f"{event.path}/met/"
        commit()

    def said(self, **more: Any) -> MetDraft:
        """Somebody as a program says them."""
        told = {"purpose": "engagement_invite", "notice_version": "1"}
        usual = {"name": "Ann Fell", "email": "ann@people.example", "is_adult": True} | WITHOUT
        how = {"agreed_to": [told], "channels": ["email"], "method": "verbal"}
        return MetDraft.model_validate(usual | how | more)


@pytest.fixture
def hall(session: Session) -> Hall:
    return Hall(session)


def test_somebody_met_is_kept_with_their_role_and_what_they_agreed_to(
    client: FlaskClient, session: Session, hall: Hall
) -> None:
    sign_in(client, hall.olu)
    sent = {**filled.filled(client.get(hall.at).text, "/met/")} | ANN
    sent |= {"entry": hall.club.ref, "title": "Cook"}
    assert [client.post(hall.at, data=sent).status_code for _ in range(2)] == [303, 303]
    person = session.scalars(select(Person)).one()
    assert (person.name, person.email, person.got_from) == (
        ANN["name"],
        ANN["email"].lower(),
        "self",
    )
    assert session.scalars(select(PersonRole.title)).all() == ["Cook"]
    rows = session.scalars(select(Consent).order_by(Consent.id)).all()
    assert [row.purpose for row in rows] == ["engagement_invite", "service"]
    assert all(row.method == "paper" and row.notice_text for row in rows)
    page = client.get(hall.at).text
    for words in ("1 new contact from this event", "Ann &lt;Fell&gt;", "Cook, Lunch club"):
        assert words in page
    with counted() as queries:
        page = client.get(hall.event.path).text
    assert "(1 new contact)" in page
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    told = client.get(f"/contacts/{person.uid}").text
    assert "Met at" in told
    assert hall.event.path in told
    kinds = {row.verb for row in histories.of(session, hall.event, viewer=OPERATOR)}
    assert "person met" in kinds
    assert "Fell" not in str(session.execute(select(AuditEntry.details)).all())
    assert press(client, f"{hall.at}let-go", hall.at, met=str(uuid.uuid4())).status_code == 404
    assert press(client, f"{hall.at}let-go", hall.at, met=sent["uid"]).status_code == 303
    assert "Nobody is written down yet" in client.get(hall.at).text
    assert session.scalars(select(Person.withdrawn_at)).one() is None


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("agreed_to", {"agreed_to": []}),
        ("agreed_to", {"agreed_to": ["anything"]}),
        ("agreed_to", {"agreed_to": ["service", "service"]}),
        ("channels", {"channels": []}),
        ("method", {"method": ""}),
        ("is_adult", {"is_adult": ""}),
        ("name", {"name": ""}),
        ("name", {"name": "A" * 121}),
        ("email", {"email": "ann at home"}),
        ("email", {"email": ""}),
        ("phone", {"channels": ["sms"]}),
        ("entry", {"entry": "GRP-999999", "title": "Cook"}),
        ("entry", {"title": "Cook"}),
        ("title", {"entry": "GRP-000001"}),
        ("no_role_reason", {"no_role_reason": ""}),
        ("given_on", {"given_on": "2199-01-01"}),
        ("lawful_basis", {"lawful_basis": "legitimate_interests"}),
        ("person", {"person": str(uuid.uuid4())}),
        ("person", {"person": "Ann"}),
        ("notice_version", {"notice_service": "99"}),
    ],
)
def test_what_cannot_be_kept_is_named_and_nothing_of_it_stays(
    client: FlaskClient, session: Session, hall: Hall, field: str, wrong: dict[str, Any]
) -> None:
    sign_in(client, hall.olu)
    sent = {**filled.filled(client.get(hall.at).text, "/met/")} | ANN | WITHOUT | wrong
    answer = client.post(hall.at, data=sent)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    if field != "name":
        assert "Ann &lt;Fell&gt;" in answer.text
    for table in (Person, Consent, EventContact):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_somebody_known_already_is_offered_and_agrees_without_being_kept_twice(
    client: FlaskClient, session: Session, hall: Hall
) -> None:
    make_person(session, make_team(session, "Others"), name="ann fell")
    known = make_person(
        session, hall.team, at=hall.club, name="Ann Fell", email="af@people.example"
    )
    commit()
    sign_in(client, hall.olu)
    sent = (
        {**filled.filled(client.get(hall.at).text, "/met/")} | ANN | WITHOUT | {"name": "ann FELL"}
    )
    asked = client.post(hall.at, data=sent)
    assert asked.status_code == 422
    assert asked.text.count('name="person"') == 2  # her, and nobody of these
    assert "Treasurer, Lunch club" in asked.text
    assert client.post(hall.at, data=sent | {"person": str(known.uid)}).status_code == 303
    assert {row.person_id for row in session.scalars(select(Consent))} == {known.id}
    page = client.get(hall.at).text
    assert "Known before" in page
    assert "No new contacts from this event" in page
    other = sent | {"uid": str(uuid.uuid4()), "person": "new"}
    assert client.post(hall.at, data=other).status_code == 303
    assert "1 new contact from this event" in client.get(hall.at).text
    taken = sent | {"uid": str(uuid.uuid4()), "person": "new", "name": "Other Fell"}
    assert "this address already" in client.post(hall.at, data=taken).text
    persons.stop(session, session.get_one(Person, known.id), viewer=OPERATOR)
    commit()
    stopped = sent | {"uid": str(uuid.uuid4()), "person": str(known.uid)}
    refused = client.post(hall.at, data=stopped)
    assert (refused.status_code, "asked not to be contacted" in refused.text) == (409, True)


def test_nobody_is_met_before_the_event_or_once_it_is_withdrawn(
    client: FlaskClient, session: Session, hall: Hall
) -> None:
    sign_in(client, hall.olu)
    sent = {**filled.filled(client.get(hall.at).text, "/met/")} | ANN | WITHOUT
    coming = make_entry(session, "engagement", hall.team, title="To come")
    assert isinstance(coming, Engagement)
    coming.starts_at, coming.ends_at = now() + timedelta(days=9), now() + timedelta(days=10)
    commit()
    later = f"{coming.path}/met/"
    assert "has not begun" in client.get(later).text
    assert client.post(later, data=sent).status_code == 409
    event = session.get_one(Engagement, hall.event.id)
    entries.withdraw(session, event, viewer=OPERATOR, why="Twice")
    commit()
    assert client.post(hall.at, data=sent).status_code == 404
    assert session.scalar(select(func.count(Person.id))) == 0


def test_who_may_not_know_the_people_of_a_team_neither_reads_nor_counts_them(
    client: FlaskClient, session: Session, hall: Hall
) -> None:
    event_contacts.meet(session, hall.event, uuid.uuid4(), hall.said(), viewer=OPERATOR)
    team = hall.team
    others = make_team(session, "Others")
    analyst = make_user(session, team, "analyst", "an@demo.example")
    viewer = make_user(session, team, "viewer", "vi@demo.example")
    stranger = make_user(session, others, "organiser", "st@demo.example")
    commit()
    for user, status, count in ((analyst, 403, 0), (viewer, 200, 1), (stranger, 403, 0)):
        sign_in(client, user)
        assert client.get(hall.at).status_code == status
        assert ("(1 new contact)" in client.get(hall.event.path).text) is bool(count)
    sign_in(client, viewer)
    assert 'name="agreed_to"' not in client.get(hall.at).text
    assert press(client, hall.at, "/account/", uid=str(uuid.uuid4())).status_code == 403


def test_where_somebody_was_met_goes_along_when_events_or_contacts_are_folded_into_one(
    session: Session, hall: Hall
) -> None:
    other = make_entry(session, "engagement", hall.team, title="The same hub")
    assert isinstance(other, Engagement)
    other.starts_at, other.ends_at = hall.event.starts_at, hall.event.ends_at
    for event, email in ((hall.event, "ann@people.example"), (other, "af@people.example")):
        said = hall.said(email=email, is_somebody_else=True)
        event_contacts.meet(session, event, uuid.uuid4(), said, viewer=OPERATOR)
    first, second = session.scalars(select(Person).order_by(Person.id)).all()
    second.created_at = first.created_at + timedelta(minutes=1)
    person_merging.merge(session, first, second, viewer=OPERATOR)
    session.flush()
    merging.merge(session, hall.event, other, viewer=OPERATOR)
    session.flush()
    met = event_contacts.of(session, hall.event, viewer=OPERATOR)
    assert [(one.person.id, one.is_new) for one in met] == [(first.id, True)]
    assert session.scalar(event_contacts.new_ones(hall.event, viewer=OPERATOR)) == 1
    assert len(event_contacts.said_of(session, first)) == 2


def test_a_request_for_ones_details_says_where_one_was_met_and_erasing_lets_go_of_it(
    session: Session, hall: Hall
) -> None:
    event_contacts.meet(session, hall.event, uuid.uuid4(), hall.said(), viewer=OPERATOR)
    person = session.scalars(select(Person)).one()
    asked = make_request(session, name="Ann Fell", email="ann@people.example")
    hits = subject_search.look(session, asked)
    assert any("at Hub <b>" in hit.text for hit in hits)
    viewer = viewer_for(hall.olu, hall.team, "data_officer")
    person_blanking.blank(session, person, viewer=viewer)
    assert session.scalar(select(func.count(EventContact.id))) == 0
