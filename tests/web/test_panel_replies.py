"""Inviting the people who have a seat on a panel, and giving on the seats of those who do not
come."""

import uuid
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import connections
from assetmap.db import now
from assetmap.models import Engagement, InvitePlace
from tests.make import commit
from tests.outside import mail_server
from tests.web.pages import press, sign_in, token
from tests.web.test_invite_answers import TOLD, link, mailed
from tests.web.test_invite_panels import ask, people_of, town, wish


def test_those_with_a_seat_are_invited_and_whoever_says_no_is_replaced_by_one_press(  # noqa: PLR0915
    app: Flask, client: FlaskClient, session: Session
) -> None:
    olu, path = town(session)
    at = {"starts_at": now() + timedelta(days=9), "ends_at": now() + timedelta(days=9, hours=2)}
    connections.writing(session)
    event = session.scalars(select(Engagement)).one()
    for name, value in (TOLD | at).items():
        setattr(event, name, value)
    commit()
    sign_in(client, olu)
    quotas = {"age-65-least": "3", "age-65-most": "3"}
    panel = ask(client, path, wish(seats="6", reserves="6", **quotas)).location
    seated = [place.person for place in people_of(session, "seated")]
    chances = {p.id: p.chance for p in session.scalars(select(InvitePlace))}
    others = {place.person.email for place in people_of(session, "reserve")}
    commit()
    shown = client.get(panel).text
    assert "Of these: 6 not invited yet" in shown
    to_send = f"{path}/send?panel={panel.rpartition('/')[2]}"
    assert to_send in shown
    asking = client.get(to_send).text
    assert "Invite 6 people" in asking
    assert "Only to those who have a seat" in asking
    uid = panel.rpartition("/")[2]
    assert press(client, f"{path}/send", path, panel=uid).status_code == 303
    assert press(client, f"{path}/send", path, panel=str(uuid.uuid4())).status_code == 404
    with mail_server.running() as server:
        letters = mailed(app, server)
        assert press(client, f"{path}/send", path, panel=uid).status_code == 303
        assert mailed(app, server) == {}
    assert letters.keys() == {one.email for one in seated}
    by_link, by_phone, by_post, back, yes, _ = seated
    for one, said in ((by_link, "declined"), (yes, "accepted")):
        page = link(letters[one.email])
        assert press(client, page, page, answer=said, party="0").status_code == 303
    for one, way in ((by_phone, "phone"), (by_post, "post")):
        taken = {"person": str(one.uid), "answer": "declined", "by": way}
        assert press(client, f"{path}/answers", path, **taken).status_code == 303
    came_back = f"{path}/answers/came-back"
    assert press(client, came_back, path, person=str(back.uid)).status_code == 303
    shown = client.get(panel).text
    assert (
        "Of these: 1 said yes, 1 no answer yet, 3 said no, 1 their address takes no mail" in shown
    )
    assert shown.count("Give the seat to another") == 4
    counting = [one for one in session.scalars(select(InvitePlace)) if one.state != "pool"]
    assert shown.count("counts for ") == sum(bool(one.counts_for) for one in counting) > 0
    assert "through " in shown
    assert press(client, f"{panel}/declined", panel, person=str(yes.uid)).status_code == 303
    assert "Keep their answer first" in client.get(panel).text
    for one in (by_link, by_phone, by_post, back):
        assert press(client, f"{panel}/declined", panel, person=str(one.uid)).status_code == 303
        assert "every quota is met" in client.get(panel).text
    body = client.get(f"/api{panel}").get_json()
    instead = [one for one in body["people"] if one["instead_of"]]
    assert {one["instead_of"] for one in instead} == {
        str(one.uid) for one in (by_link, by_phone, by_post, back)
    }
    assert {one["answer"] for one in instead} == {"not_asked"}
    assert "took the seat of" in client.get(panel).text
    assert "Invite 4 people" in client.get(to_send).text
    headers = {"X-CSRFToken": token(client)}
    sent = client.post(f"/api{path}/send", json={"panel": uid}, headers=headers)
    assert sent.status_code == 200
    with mail_server.running() as server:
        assert len(mailed(app, server).keys() & others) == 4
    undo = press(client, f"{panel}/declined/take-back", panel, person=str(by_link.uid))
    assert undo.status_code == 303
    assert "has been invited already" in client.get(panel).text
    session.expire_all()
    assert {p.id: p.chance for p in session.scalars(select(InvitePlace))} == chances
