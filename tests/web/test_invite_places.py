"""Places that become free: who waited for one and has no e-mail is told by somebody of the team."""

from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import connections
from assetmap.db import now
from assetmap.models import AuditEntry, Engagement, InviteReply, Person, Team
from assetmap.register import invite_sending, mail_queue, subject_search
from tests.make import commit, make_consent, make_request, make_team, make_user
from tests.outside import mail_server
from tests.web.pages import press, sign_in, token
from tests.web.test_invite_answers import INVITE, answer, change, mailed, person, states, turn
from tests.web.test_invite_answers import town as town_by_mail
from tests.web.test_invite_letters import codes, town

TO_TELL = "To be told of their place: 1"


def uid_of(session: Session, name: str) -> str:
    return str(session.scalars(select(Person.uid).where(Person.name == name)).one())


def full(client: FlaskClient, session: Session) -> tuple[Any, str, dict[str, str]]:
    """An event with one place, taken by Siân, for which Ben waits and then Cat; all were asked by
    letter. The organiser, where the answers are, and by name where each answers."""
    olu, at = town(session, capacity=1)
    sign_in(client, olu)
    press(client, f"{at}/letters", f"{at}/letters", whom="all")
    found = codes(client.get(f"{at}/sheets/letters").text)
    links = dict(zip(("Ben", "Cat", "Siân Ŵyn"), (f"/reply/{code}" for code in found), strict=True))
    stranger = client.application.test_client()
    for name in ("Siân Ŵyn", "Ben", "Cat"):
        assert answer(stranger, links[name], answer="accepted", party="0").status_code == 303
    assert states(session) == {
        "Siân Ŵyn": ("accepted", 0),
        "Ben": ("waiting", 0),
        "Cat": ("waiting", 0),
    }
    return olu, f"{at}/answers", links


def test_whoever_waited_and_was_asked_by_letter_is_listed_until_somebody_told_them(
    client: FlaskClient, session: Session
) -> None:
    _, at, links = full(client, session)
    assert "To be told of their place" not in client.get(at).text
    answer(client.application.test_client(), links["Siân Ŵyn"], answer="declined")
    page = client.get(at).text
    assert TO_TELL in page
    assert "E-mail: " in page
    assert "; Post" in page
    read = session.scalars(select(AuditEntry).where(AuditEntry.action == "read")).all()
    assert [row.subject_count for row in read if "contact" in row.fields] == [1]
    ben = uid_of(session, "Ben")
    for _ in range(2):  # a double press
        told = press(client, f"{at}/told", at, person=ben, told="true")
        assert told.status_code == 303
    page = client.get(at).text
    assert "To be told of their place" not in page
    assert "told of their place on" in page
    press(client, f"{at}/told", at, person=ben, told="false")
    assert TO_TELL in client.get(at).text
    turn(session, "cancelled")
    assert "To be told of their place" not in client.get(at).text


def test_at_the_door_somebody_who_was_asked_is_found_by_the_beginning_of_a_name(
    client: FlaskClient, session: Session
) -> None:
    _, at, _ = full(client, session)

    def named(text: str) -> list[str]:
        page = client.get(at, query_string={"text": text}).text
        return [name for name in ("Siân Ŵyn", "Ben", "Cat") if f">{name}</a>" in page]

    assert named("") == ["Siân Ŵyn", "Ben", "Cat"]
    assert named(" wyn  SIAN ") == ["Siân Ŵyn"]
    assert "2 in turn" in client.get(f"{at}?text=cat").text  # as it is among all
    read = session.scalars(select(AuditEntry).where(AuditEntry.action == "read")).all()
    assert read[-1].subject_count == 1
    assert named("ben x") == []
    assert "is called “&lt;x&gt;”" in client.get(f"{at}?text=<x>").text
    assert client.get(at, query_string={"text": "x" * 500}).status_code == 200


def test_whoever_answers_anew_by_their_link_has_seen_that_they_have_a_place(
    client: FlaskClient, session: Session
) -> None:
    _, at, links = full(client, session)
    stranger = client.application.test_client()
    answer(stranger, links["Siân Ŵyn"], answer="declined")
    assert "You have a place" in stranger.get(links["Ben"]).text
    assert TO_TELL in client.get(at).text  # a link that was opened is no answer
    answer(stranger, links["Ben"], answer="accepted", party="0")
    assert "To be told of their place" not in client.get(at).text
    answer(stranger, links["Ben"], answer="declined")
    page = client.get(at).text  # and Cat is the next
    assert TO_TELL in page
    assert "Text message: 07700 900123" in page


def test_only_who_waited_and_is_not_mailed_is_told_by_hand_and_by_who_may_change_the_list(
    client: FlaskClient, session: Session
) -> None:
    _, at, links = full(client, session)
    answer(client.application.test_client(), links["Siân Ŵyn"], answer="declined")
    api = f"/api{at.removesuffix('/answers')}/told"
    said = {"X-CSRFToken": token(client)}
    ben, sian = uid_of(session, "Ben"), uid_of(session, "Siân Ŵyn")
    assert client.post(api, json={"person": sian}, headers=said).status_code == 409
    refused = press(client, f"{at}/told", at, person=sian, told="true")
    assert "did not wait for a place" in client.get(refused.location).text
    done = client.post(api, json={"person": ben}, headers=said)
    assert (done.status_code, done.get_json()["state"]) == (200, "accepted")
    client.post(api, json={"person": ben, "told": False}, headers=said)
    assert client.post(api, json={"person": "x"}, headers=said).status_code == 422
    team = session.scalars(select(Team)).first()
    assert team is not None
    vera = make_user(session, team, "viewer", "vera@demo.example")
    eve = make_user(session, make_team(session, "Others"), "organiser", "eve@demo.example")
    commit()
    sign_in(client, vera)
    page = client.get(at).text
    assert "To be told of their place" not in page
    assert press(client, f"{at}/told", at, person=ben, told="true").status_code == 403
    sign_in(client, eve)
    assert press(client, f"{at}/told", "/account/", person=ben, told="true").status_code == 404


def test_the_sheet_of_whom_to_ring_and_programs_say_who_is_to_be_told_of_their_place(
    client: FlaskClient, session: Session
) -> None:
    olu, at = town_by_mail(session, "ann", "ben", "cat", capacity=1)
    uids = {}
    for name in ("ann", "ben", "cat"):
        make_consent(session, person(session, name), INVITE.value, "phone")
        uids[name] = str(person(session, name).uid)
    commit()
    change(session, Person, phone="07700 900123")
    sign_in(client, olu)
    sheet = f"{at}/sheets/phone?who=asked"

    def said(name: str, what: str) -> None:
        by = {"person": uids[name], "answer": what, "by": "phone"}
        assert press(client, f"{at}/answers", at, **by).status_code == 303

    def to_ring() -> int:
        return press(client, sheet, sheet, purpose="To ring them").text.count("Has a place now")

    def untold() -> list[str]:
        rows = client.get(f"/api{at}/answers").get_json()["answers"]
        return [row["called"] for row in rows if row["untold"]]

    for name in ("ann", "ben", "cat"):
        press(client, f"{at}/asked", at, people=uids[name], channel="phone")
        said(name, "accepted")
    assert (to_ring(), untold()) == (0, [])
    said("ann", "declined")
    assert (to_ring(), untold()) == (1, ["ben"])
    press(client, f"{at}/answers/told", at, person=uids["ben"], told="true")
    assert (to_ring(), untold()) == (0, [])
    request = make_request(session, name="ben", email="ben@people.example")
    texts = [hit.text for hit in subject_search.look(session, request)]
    assert any("told of a place" in text for text in texts)
    commit()
    said("ben", "declined")
    assert untold() == ["cat"]
    turn(session, "cancelled")
    assert (to_ring(), untold()) == (0, [])


def test_a_place_that_becomes_free_while_an_invitation_is_handed_over_is_told_of_next(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town_by_mail(session, "ann", "ben", capacity=1)
    sign_in(client, olu)
    press(client, f"{at}/send", at)
    answers = f"{at}/answers"
    ann, ben = uid_of(session, "ann"), uid_of(session, "ben")
    for uid in (ann, ben):
        press(client, answers, answers, person=uid, answer="accepted", by="phone", party="0")
    session.rollback()
    connections.writing(session)
    keys = mail_queue.take(session, InviteReply)
    commit()
    assert all(invite_sending.compose(session, key) for key in keys)
    session.rollback()
    press(client, answers, answers, person=ann, answer="declined", by="phone", party="0")
    session.rollback()
    connections.writing(session)
    for key in keys:
        invite_sending.sent(session, key)
    commit()
    with mail_server.running() as server:
        letters = mailed(app, server)
    assert {to: letter["Subject"] for to, letter in letters.items()} == {
        "ben@people.example": "There is a place for you: Hub"
    }
    assert "To be told of their place" not in client.get(answers).text


def test_a_server_that_breaks_off_delays_the_message_it_had_in_hand_and_no_other(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town_by_mail(session, *(f"p{number}" for number in range(5)))
    sign_in(client, olu)
    press(client, f"{at}/send", at)
    with mail_server.running(takes=2) as server:
        first = mailed(app, server)
    with mail_server.running() as server:
        second = mailed(app, server)
        change(session, InviteReply, tried_at=now() - mail_queue.AGAIN_AFTER - timedelta(seconds=1))
        third = mailed(app, server)
    assert (len(first), len(second), len(third)) == (2, 2, 1)
    assert len(first | second | third) == 5


def test_free_places_are_offered_where_somebody_who_waits_fits_and_all_stand_in_their_turn(
    client: FlaskClient, session: Session
) -> None:
    olu, at = town_by_mail(session, "ann", "ben", "cat", capacity=2)
    uids = {name: str(person(session, name).uid) for name in ("ann", "ben", "cat")}
    commit()
    sign_in(client, olu)
    turn(session, "draft")
    assert "still a draft" in client.get(f"{at}/send").text
    turn(session, "planned")
    assert "still a draft" not in client.get(f"{at}/send").text
    press(client, f"{at}/send", at, people=list(uids.values()))

    def said(name: str, party: int) -> str:
        by = {"person": uids[name], "answer": "accepted", "by": "phone", "party": str(party)}
        assert press(client, f"{at}/answers", at, **by).status_code == 303
        return " ".join(client.get(f"{at}/answers").text.split())

    said("ann", 0)
    page = said("cat", 1)  # asks before Ben
    assert "1 place is free, and whoever waits brings more people than that" in page
    assert "Give free places" not in page
    page = said("ben", 1)
    cat, ben = (page.rindex(f"/contacts/{uids[name]}") for name in ("cat", "ben"))
    assert page.index("1 in turn") < page.index("2 in turn")
    assert cat < ben
    change(session, Engagement, capacity=3)
    assert "Give free places to those who wait" in client.get(f"{at}/answers").text
    turn(session, "cancelled")
    assert "Give free places" not in client.get(f"{at}/answers").text
