"""Counting people at the door of an event."""

import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.errors import NotAllowed
from assetmap.models import Engagement, EventArrival, Invitation, InviteList, InviteReply
from assetmap.register import door, guests, merging
from assetmap.schemas.door import Arrived
from tests.make import (
    commit,
    make_entry,
    make_person,
    make_team,
    make_user,
    viewer_for,
)
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in


def test_people_are_counted_by_group_without_a_name_and_written_down(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    event = make_entry(session, "engagement", team, title="Hub", capacity=6)
    choir = make_entry(session, "group", team, title="Choir <b>")
    assert isinstance(event, Engagement)
    guests.want(session, event, [choir], viewer=OPERATOR)
    at, key = f"{event.path}/door/", str(choir.uid)
    olu = make_user(session, team, "organiser", "olu@demo.example")
    lou = make_user(session, team, "logger", "lou@demo.example")
    commit()
    sign_in(client, lou)
    page = client.get(at).text
    assert "Choir &lt;b&gt;" in page
    assert "6 places left" in page
    sent = {**filled.filled(page, "/door/"), "people": "2", "group": key}
    assert [client.post(at, data=sent).status_code for _ in range(2)] == [303, 303]
    assert client.post(at, data=sent | {"people": "5"}).location.endswith(f"#{key}")
    alone = press(client, at, at, uid=str(uuid.uuid4()), people="1")
    assert alone.location.endswith("#others")
    with counted() as queries:
        page = client.get(at).text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    for words in ("7 came", "1 came", "2 more than there are places"):
        assert words in page
    for wrong in ({"people": "0"}, {"people": "51"}, {"people": "many"}, {"group": "x"}):
        back = press(client, at, at, uid=str(uuid.uuid4()), **wrong)
        assert back.status_code == 422
        assert "They were counted on paper" in back.text
        assert f'value="{wrong.get("people", "")}"' in back.text
    assert press(client, f"{at}take-back", at).status_code == 303
    assert press(client, f"{at}settle", at).status_code == 403
    sign_in(client, olu)
    assert press(client, f"{at}take-back", at).status_code == 404
    assert press(client, f"{at}settle", at).status_code == 303
    session.expire_all()
    assert session.scalars(select(Engagement.attendance_count)).one() == 7
    assert session.scalars(select(func.sum(EventArrival.people))).one() == 7


def test_whoever_is_ticked_by_name_counts_at_the_door_with_whom_they_bring(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    event = make_entry(session, "engagement", team, title="Hub")
    assert isinstance(event, Engagement)
    listed = InviteList(name="Hub", team_id=team.id, engagement_id=event.id, criteria={})
    session.add(listed)
    session.flush()
    said = ("accepted", 2, True), ("accepted", 0, False), ("declined", 0, True)
    for number, (state, party, came) in enumerate(said):
        person = make_person(session, team, email=f"{number}@people.example")
        asked = Invitation(
            list_id=listed.id,
            engagement_id=event.id,
            person_id=person.id,
            channel="email",
        )
        session.add(asked)
        session.flush()
        arrived = now() if came else None
        session.add(
            InviteReply(invitation_id=asked.id, state=state, party=party, arrived_at=arrived)
        )
    door.count(session, event, uuid.uuid4(), Arrived(people=5), viewer=OPERATOR)
    olu = make_user(session, team, "organiser", "olu@demo.example")
    commit()
    sign_in(client, olu)
    at = f"{event.path}/door/"
    page = " ".join(client.get(at).text.split())
    assert "4 in; 4 said yes" in page
    assert "<b>9</b> people are in" in page
    assert "9 came" in client.get(f"{event.path}/write-up/").text
    assert press(client, f"{at}settle", at).status_code == 303
    session.expire_all()
    assert session.scalars(select(Engagement.attendance_count)).one() == 9
    session.scalars(select(Invitation).where(Invitation.id == asked.id)).one().taken_back_at = now()
    commit()
    assert "3 in; 4 said yes" in " ".join(client.get(at).text.split())


def test_hidden_groups_count_among_others_and_counts_go_along_in_a_merge(session: Session) -> None:
    team, other = make_team(session), make_team(session, "Others")
    viewer = viewer_for(make_user(session, team, "organiser"), team, "organiser")
    stranger = viewer_for(make_user(session, other, "organiser", "o@demo.example"), other)
    event, twin = (make_entry(session, "engagement", team, title=f"Hub {n}") for n in "ab")
    assert isinstance(event, Engagement)
    assert isinstance(twin, Engagement)
    refuge = make_entry(session, "group", other, title="Refuge", visibility="team")
    shelter = make_entry(session, "group", other, title="Shelter", visibility="team")
    for one, group in ((event, refuge), (twin, shelter)):
        arrived = Arrived(people=3, group=group.uid)
        door.count(session, one, uuid.uuid4(), arrived, viewer=OPERATOR)
    assert (
        door.of(session, event, viewer=viewer).groups,
        door.of(session, event, viewer=viewer).others,
    ) == ([], 3)
    with pytest.raises(NotAllowed):
        door.count(session, event, uuid.uuid4(), Arrived(), viewer=stranger)
    with pytest.raises(NotAllowed):
        door.of(session, event, viewer=stranger)
    merging.merge(session, event, twin, viewer=OPERATOR)
    merging.merge(session, refuge, shelter, viewer=OPERATOR)
    found = door.of(session, event, viewer=OPERATOR)
    assert [(one.title, count) for one, count in found.groups] == [("Refuge", 6)]
