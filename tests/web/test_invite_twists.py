"""What happens between the steps of inviting: places that change, events that are called off and
on again, people who turn out to be one, and two who do something at once."""

import re
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import connections
from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import Engagement, Invitation, InviteReply, Person
from assetmap.register import (
    invite_answers,
    invite_comparing,
    invite_opening,
    person_merging,
    replies,
)
from assetmap.web import invite_answers as answers_page
from tests.make import commit, make_consent
from tests.outside import mail_server
from tests.web.pages import press, sign_in, token
from tests.web.test_invite_answers import (
    answer,
    change,
    link,
    mailed,
    person,
    states,
    town,
    turn,
)
from tests.web.test_invite_approving import house

PLANNED, OFF = "planned", "cancelled"


def sent(app: Flask, client: FlaskClient, at: str, **said: Any) -> dict[str, str]:
    """By name, the links of those who are invited by mail now."""
    assert press(client, f"{at}/send", at, **said).status_code == 303
    with mail_server.running() as server:
        letters = mailed(app, server)
    return {address.partition("@")[0]: link(letter) for address, letter in letters.items()}


def says(app: Flask, at: str, what: str, party: int = 0, **more: str) -> int:
    """Answer by a link, as a stranger."""
    given = answer(app.test_client(), at, answer=what, party=str(party), **more)
    return int(given.status_code)


def uid_of(session: Session, name: str) -> str:
    found = str(person(session, name).uid)
    session.rollback()
    return found


def call_off(client: FlaskClient, session: Session, at: str, words: str = "") -> None:
    turn(session, OFF)
    press(client, f"{at}/answers/call-off", at, words=words)


def merge(session: Session, keep: str, gone: str) -> None:
    session.rollback()
    connections.writing(session)
    person_merging.merge(session, person(session, keep), person(session, gone), viewer=OPERATOR)
    commit()


def together(*work: Callable[[], int]) -> list[int]:
    """What each gives, all begun at once."""
    gate, given = threading.Barrier(len(work)), [0] * len(work)

    def run(number: int) -> None:
        gate.wait()
        given[number] = work[number]()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given


def test_who_waits_gets_a_place_that_is_free_before_whoever_comes_later(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, "ann", "ben", "cat", "dan", "eve", capacity=1)
    sign_in(client, olu)
    links = sent(app, client, at)
    assert [says(app, links[name], "accepted") for name in ("ann", "ben")] == [303, 303]
    change(session, Engagement, capacity=2)
    says(app, links["cat"], "accepted")
    found = states(session)
    assert (found["ben"][0], found["cat"][0]) == ("accepted", "waiting")
    press(client, f"{at}/asked/take-back", at, person=uid_of(session, "ann"))
    says(app, links["dan"], "accepted")
    found = states(session)
    assert (found["cat"][0], found["dan"][0]) == ("accepted", "waiting")
    turn(session, OFF)
    change(session, Engagement, capacity=9)
    press(client, f"{at}/answers/fill", at)
    assert states(session)["dan"][0] == "waiting"  # nobody is placed at what is called off


def test_whoever_has_a_place_keeps_it_with_fewer_and_nobody_waits_for_what_there_never_is(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, "ann", "ben", capacity=4)
    sign_in(client, olu)
    links = sent(app, client, at)
    says(app, links["ann"], "accepted", 3)
    change(session, Engagement, capacity=2)
    said = [says(app, links["ann"], "accepted", party, needs="A ramp") for party in (3, 1, 2)]
    assert said == [303, 303, 422]
    assert states(session)["ann"] == ("accepted", 1)
    page = answer(app.test_client(), links["ben"], answer="accepted", party="2")
    assert "There are 2 places in all. Bring 1 along." in page.text


def test_each_message_says_its_own_words_whatever_is_written_before_it_goes(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, "ann", "ben", "cat")
    sign_in(client, olu)
    sent(app, client, at, people=uid_of(session, "ann"), words="Bring cake")
    for name, words in (("ben", "Bring tea"), ("cat", "Bring a chair")):
        press(client, f"{at}/send", at, people=uid_of(session, name), words=words)
    call_off(client, session, at, "The hall is flooded")
    turn(session, PLANNED)
    with mail_server.running() as server:
        letters = {
            to.partition("@")[0]: one.get_content() for to, one in mailed(app, server).items()
        }
    said = {
        name: re.findall(r"Bring \w+(?: chair)?|flooded", text) for name, text in letters.items()
    }
    assert said == {"ben": ["Bring tea"], "cat": ["Bring a chair"]}
    assert "flooded" not in client.get(f"{at}/send").text


def test_an_event_that_is_called_off_on_and_off_again_is_told_of_and_reminded_of(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, "ann")
    sign_in(client, olu)
    link_of = sent(app, client, at)["ann"]
    with mail_server.running() as server:
        for _ in range(2):
            call_off(client, session, at)
            turn(session, PLANNED)
            assert mailed(app, server) == {}  # it takes place after all
        says(app, link_of, "accepted")
        change(session, InviteReply, sent_at=now() - timedelta(days=3))
        press(client, f"{at}/answers/remind", at, states="accepted")
        (letter,) = mailed(app, server).values()
        assert "You said that you come to Hub" in letter.get_content()
        call_off(client, session, at)
        (letter,) = mailed(app, server).values()
        assert letter["Subject"] == "Cancelled: Hub"


def test_a_place_that_was_not_told_of_when_the_event_was_called_off_is_told_of_later(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, "ann", "ben", capacity=1)
    sign_in(client, olu)
    links = sent(app, client, at)
    keys = set()
    with mail_server.running() as server:
        for _ in range(2):  # each time a message of its own, which no server takes for the last one
            assert [says(app, links[name], "accepted") for name in ("ann", "ben")] == [303, 303]
            says(app, links["ann"], "declined")
            call_off(client, session, at)
            turn(session, PLANNED)
            (letter,) = mailed(app, server).values()
            assert "A place has become free" in letter.get_content()
            keys.add(letter["Message-ID"])
            says(app, links["ben"], "declined")
        assert len(keys) == 2
        assert [says(app, links[name], "accepted") for name in ("ann", "ben")] == [303, 303]
        says(app, links["ann"], "declined")
        call_off(client, session, at)
        (letter,) = mailed(app, server).values()
        assert letter["Subject"] == "Cancelled: Hub"  # and nothing of the place any more
    turn(session, PLANNED)
    assert "To be told of their place: 1" in client.get(f"{at}/answers").text


def test_two_who_turn_out_to_be_one_have_one_place_and_one_answer(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, "ann", "ben", "cat", "dan", capacity=2)
    sign_in(client, olu)
    links = sent(app, client, at)
    for name in ("ann", "ben", "cat"):
        says(app, links[name], "accepted")
    press(client, f"{at}/keep", at)
    merge(session, "ben", "ann")
    found = states(session)
    assert (found["ben"][0], found["cat"][0]) == ("accepted", "accepted")
    event = session.scalars(select(Engagement)).one()
    assert replies.places(session, event).taken == 2
    opened = invite_opening.read(session, uuid.UUID(at.rpartition("/")[2]), viewer=OPERATOR)
    changed = invite_comparing.compare(session, opened, viewer=OPERATOR).changed
    assert changed is not None
    assert (changed.came, changed.went, changed.stayed) == ([], [], 3)
    says(app, links["cat"], "declined")
    merge(session, "dan", "cat")
    standing = select(InviteReply.state).join(Invitation).join(Person)
    standing = standing.where(Invitation.taken_back_at.is_(None), Person.name == "dan")
    assert session.scalars(standing).all() == ["declined"]  # and is not reminded


@pytest.mark.parametrize(("channel", "sheet"), [("post", "sheets/letters"), ("sms", "people.csv")])
def test_nobody_gets_a_link_on_paper_or_by_text_message_before_that_is_approved(
    client: FlaskClient, session: Session, channel: str, sheet: str
) -> None:
    olu, _, at = house(session, "Pat")
    change(session, Person, phone="07700900123", phone_digits="447700900123")
    make_consent(session, person(session, "Pat"), "engagement_invite", channel)
    commit()
    sign_in(client, olu)
    asked = press(client, f"{at}/asked", at, people=uid_of(session, "Pat"), channel=channel)
    assert asked.status_code in (303, 409)
    assert "/reply/" not in client.get(f"{at}/{sheet}?by={channel}&who=asked").text
    assert session.scalars(select(Invitation)).all() == []


def test_somebody_is_ticked_off_on_the_day_as_it_is_here_and_by_two_at_once(
    app: Flask, client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    olu, at = town(session, "ann")
    sign_in(client, olu)
    ann = uid_of(session, "ann")
    press(client, f"{at}/asked", at, people=ann, channel="email")
    day = datetime(2027, 6, 10, 8, tzinfo=UTC)
    change(session, Engagement, starts_at=day, ends_at=day + timedelta(hours=4))
    early = day - timedelta(hours=8, minutes=30)  # the tenth of June here, the ninth by UTC
    for module in (invite_answers, answers_page):
        monkeypatch.setattr(module, "now", lambda: early)
    said = {"csrf_token": token(client), "person": ann, "came": "true"}

    def tick() -> int:
        with app.app_context():
            return int(client.post(f"{at}/answers/came", data=said).status_code)

    assert together(tick, tick, tick) == [303, 303, 303]
    session.rollback()
    assert session.scalars(select(InviteReply.arrived_at)).one() is not None
