"""How much the pages of an invite list ask of the database, where all there can be is there."""

import uuid
from datetime import timedelta
from typing import Any

import shapely
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.formats.profiles import ProfileRead, ProfilesRead
from assetmap.models import EventGuest, InviteApproval, InvitePanel, Person
from assetmap.register import invite_lists, profiles
from assetmap.schemas.invite_lists import InviteListDraft
from tests.make import (
    commit,
    make_agreement,
    make_area,
    make_consent,
    make_entry,
    make_partner,
    make_person,
    make_team,
    make_user,
    point,
)
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import press, sign_in

LIVE = {"0-15": 150, "16-24": 200, "25-64": 500, "65": 150}
WAYS = ("email", "post", "phone")
PAGES = ("", "/send", "/letters", "/missing", "/balance", "/approval", "/answers")


def groups(session: Session, team: Any, *names: str, shared: bool = False) -> list[Any]:
    """Groups with somebody each who may be asked."""
    made = []
    for number, name in enumerate(names):
        group = make_entry(
            session, "group", team, title=name, serves=["Over 60s"], geometry=point()
        )
        for n in range(3):
            mail = f"{name[:4]}{n}{number}@people.example".replace(" ", "")
            person = make_person(session, team, at=group, name=f"{name} {n}", email=mail)
            make_consent(session, person, "engagement_invite", *WAYS)
            if shared:
                make_consent(session, person, "sharing", *WAYS)
        made.append(group)
    return made


def world(session: Session) -> tuple[Any, Any, Any, str]:
    """An organiser, a data officer and an approver of a team with everything on: several areas,
    groups of others that an agreement opens, and approval to be asked for."""
    team, others = make_team(session, "Ours"), make_team(session, "Theirs")
    ours, theirs = make_partner(session), make_partner(session, "Givers")
    team.partner_id, others.partner_id = ours.id, theirs.id
    team.asks_approval = True
    make_agreement(session, ours, theirs, kinds=["group"], fields=["contact"])
    make_area(session)
    make_area(session, "E05000002", "Hillside", shapely.box(-1.9, 53.70, -1.85, 53.75))
    read = ProfilesRead([ProfileRead("age", "ward", "2022", "2021", {"E05000001": LIVE})], [])
    profiles.load(session, read, viewer=OPERATOR)
    own = groups(session, team, "Lunch club", "Choir", "Band")
    groups(session, others, "Shelter", shared=True)
    starts = now() + timedelta(days=20)
    event = make_entry(
        session,
        "engagement",
        team,
        title="Hub",
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        aims="To plan",
        influence_level="consult",
        influence_statement="It changes the plan",
        ask_who="Olu",
        ask_how="0113 496 0000",
    )
    session.add(EventGuest(engagement_id=event.id, guest_id=own[0].id))
    draft = InviteListDraft(
        name="Hub", event=event.uid, area=["E05000001", "E05000002"], wanted=True
    )
    path = invite_lists.put(session, uuid.uuid4(), draft, viewer=OPERATOR).made.path
    people = [
        make_user(session, team, role, f"{role}@demo.example")
        for role in ("organiser", "data_officer", "approver")
    ]
    commit()
    return people[0], people[1], people[2], path


def test_no_page_of_a_list_asks_more_than_eight_questions_whatever_is_on(
    client: FlaskClient, session: Session
) -> None:
    olu, dora, ann, path = world(session)
    sign_in(client, olu)
    send = f"{path}/send"
    press(client, f"{send}/approval", send, words="Bring cake")
    sign_in(client, ann)
    request = session.scalars(select(InviteApproval.uid)).one()
    press(client, f"{path}/approval", path, request=str(request), verdict="approved")
    sign_in(client, olu)
    first = session.scalars(select(Person.uid).order_by(Person.id)).first()
    assert press(client, send, send, words="Bring cake", people=str(first)).status_code == 303
    form = {"uid": str(uuid.uuid4()), "seats": "3", "reserves": "1", "seed": "7"}
    assert press(client, f"{path}/balance", path, **form).status_code == 303
    panel = f"/panels/{session.scalars(select(InvitePanel.uid)).one()}"
    press(client, f"{path}/by-hand", path, verb="removed", who="Band 2", reason="Away")
    for person, pages in ((olu, (*PAGES, panel)), (dora, ("", "/approval", panel))):
        sign_in(client, person)
        for page in pages:
            with counted() as sent:
                assert client.get(path + page).status_code == 200, page
            asked = questions(sent)
            assert len(asked) <= MOST_ON_A_PAGE, (person.name, page, len(asked), asked)
