"""Somebody else looks at whom a list invites before anybody is mailed, where its team asks it."""

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import Engagement, InviteApproval, InviteReply, Membership, Team
from assetmap.register import invite_sending
from tests.make import commit, make_consent, make_entry, make_person, make_user, point
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import press, sign_in, token
from tests.web.test_invite_answers import town


def house(session: Session, *names: str) -> tuple[Any, Any, str]:
    """The organiser of a team that asks for approval, an approver of it, and where the list is."""
    olu, path = town(session, *names)
    team = session.scalars(select(Team)).one()
    team.asks_approval = True
    ann = make_user(session, team, "approver", "ann@demo.example")
    commit()
    return olu, ann, path


def one_more(session: Session) -> None:
    """Somebody comes onto the list."""
    team = session.scalars(select(Team)).one()
    choir = make_entry(session, "group", team, title="Band", geometry=point())
    made = make_person(session, team, at=choir, name="Zoe", email="zoe@people.example")
    make_consent(session, made)
    commit()


def by_program(client: FlaskClient) -> dict[str, str]:
    return {"X-CSRFToken": token(client)}


def mails(session: Session) -> int:
    return len(session.scalars(select(InviteReply.id)).all())


def test_nobody_is_invited_before_somebody_else_has_approved_the_list(
    client: FlaskClient, session: Session
) -> None:
    olu, ann, path = house(session, "Pat", "Quin")
    send, approval = f"{path}/send", f"{path}/approval"
    sign_in(client, olu)
    page = client.get(send).text
    assert "Somebody else has to approve this list" in page
    assert "ann" in page.lower()
    assert press(client, send, send).status_code == 409
    assert client.post(f"/api{send}", json={}, headers=by_program(client)).status_code == 409
    press(client, f"{send}/approval", send, words="Bring <b>tea")
    assert "Bring &lt;b&gt;tea" in client.get(approval).text
    (asked,) = session.scalars(select(InviteApproval))
    mine = {"request": str(asked.uid), "verdict": "approved"}
    assert press(client, approval, approval, **mine).status_code == 403
    sign_in(client, ann)
    assert press(client, send, approval).status_code == 403
    silent = press(client, approval, approval, request=str(asked.uid), verdict="refused")
    assert silent.status_code == 422
    assert 'href="#reason"' in silent.text
    no = {"request": str(asked.uid), "verdict": "refused", "reason": "Too <i>few"}
    assert press(client, approval, approval, **no).status_code == 303
    assert press(client, approval, approval, **mine).status_code == 409
    sign_in(client, olu)
    assert "Too &lt;i&gt;few" in client.get(send).text
    press(client, f"{send}/approval", send, words="Bring cake")
    again = client.get(f"/api{approval}").get_json()
    assert [one["state"] for one in again["requests"]] == ["waiting", "refused"]
    sign_in(client, ann)
    press(client, approval, approval, request=again["requests"][0]["uid"], verdict="approved")
    sign_in(client, olu)
    assert "Approved by" in client.get(send).text
    assert press(client, send, send, words="Bring gin").status_code == 409
    assert mails(session) == 0
    assert press(client, send, send, words="Bring cake").status_code == 303
    assert mails(session) == 2
    assert press(client, send, send, words="Bring gin").status_code == 303  # nobody is left


def test_what_waits_to_be_mailed_goes_with_the_words_that_were_approved(
    client: FlaskClient, session: Session
) -> None:
    olu, ann, path = house(session, "Pat")
    send, approval = f"{path}/send", f"{path}/approval"
    sign_in(client, olu)
    press(client, f"{send}/approval", send, words="Bring cake")
    (asked,) = session.scalars(select(InviteApproval))
    sign_in(client, ann)
    press(client, approval, approval, request=str(asked.uid), verdict="approved")
    sign_in(client, olu)
    assert press(client, send, send, words="Bring cake").status_code == 303

    def mailed() -> str:
        session.expire_all()
        made = invite_sending.compose(session, session.scalars(select(InviteReply.id)).one())
        assert made is not None
        return made.text

    assert press(client, send, send, words="Bring gin").status_code == 303  # nobody is left
    assert "Bring cake" in mailed()
    one_more(session)
    assert press(client, f"{send}/approval", send, words="Bring gin").status_code == 303
    assert "Bring cake" in mailed()
    assert "gin" not in mailed()


def test_what_waits_to_be_mailed_waits_on_while_its_event_says_other_than_was_approved(
    client: FlaskClient, session: Session
) -> None:
    olu, ann, path = house(session, "Pat")
    send, approval = f"{path}/send", f"{path}/approval"

    def approve() -> None:
        sign_in(client, olu)
        assert press(client, f"{send}/approval", send).status_code == 303
        last = client.get(f"/api{approval}").get_json()["requests"][0]["uid"]
        sign_in(client, ann)
        press(client, approval, approval, request=last, verdict="approved")
        sign_in(client, olu)

    def mailed() -> str | None:
        session.rollback()
        made = invite_sending.compose(session, session.scalars(select(InviteReply.id)).one())
        session.rollback()
        return made.text if made else None

    def aims(now_are: str) -> None:
        session.execute(update(Engagement).values(aims=now_are))
        commit()

    approve()
    assert press(client, send, send).status_code == 303
    assert "To choose lamps" in (mailed() or "")
    aims("To choose benches")
    assert mailed() is None
    page = client.get(send).text
    assert "1 message that was ready to be mailed waits" in page
    assert "Ask for approval of what waits" in page
    assert "is not approved as the event is now" in client.get(f"{path}/answers").text
    approve()
    assert "To choose benches" in (mailed() or "")
    assert "ready to be mailed" not in client.get(send).text
    long_ago = now() - timedelta(days=2)
    session.execute(update(InviteReply).values(mail="sent", sent_at=long_ago))
    commit()
    press(client, f"{path}/answers/remind", f"{path}/answers", states="asked")
    assert "To choose benches" in (mailed() or "")  # it has not changed
    aims("To choose bins")
    assert mailed() is None
    session.execute(update(Team).values(asks_approval=False))
    commit()
    assert "To choose bins" in (mailed() or "")  # nobody asks for approval


def test_a_list_that_changed_since_it_was_approved_needs_that_again(
    client: FlaskClient, session: Session
) -> None:
    olu, ann, path = house(session, "Pat", "Quin")
    send, approval = f"{path}/send", f"{path}/approval"

    def approved() -> int:
        sign_in(client, olu)
        press(client, f"{send}/approval", send)
        last = client.get(f"/api{approval}").get_json()["requests"][0]["uid"]
        sign_in(client, ann)
        decided = press(client, approval, approval, request=last, verdict="approved")
        sign_in(client, olu)
        return decided.status_code

    def refused() -> bool:
        state = client.get(f"/api{approval}").get_json()["state"]
        return state == "changed" and press(client, send, send).status_code == 409

    assert approved() == 303
    one_more(session)
    assert refused()
    assert approved() == 303
    session.execute(update(Engagement).values(aims="Something else"))
    commit()
    assert refused()
    assert approved() == 303
    hand = {"who": "zoe@people.example", "reason": "Away", "verb": "removed"}
    press(client, f"{path}/by-hand", f"{path}/changes", **hand)
    assert refused()
    own = client.post(f"/api{approval}", json={"words": "Tea"}, headers=by_program(client))
    assert own.get_json()["state"] == "waiting"
    session.execute(update(Engagement).values(aims="Something else again"))
    commit()
    sign_in(client, ann)
    late = {"request": own.get_json()["requests"][0]["uid"], "verdict": "approved"}
    decided = client.post(f"/api{approval}/decision", json=late, headers=by_program(client))
    assert decided.status_code == 409
    assert mails(session) == 0


def test_nobody_approves_the_inviting_of_people_whom_they_may_not_know_of(
    client: FlaskClient, session: Session
) -> None:
    olu, ann, path = house(session, "Pat")
    team = session.scalars(select(Team)).one()
    session.add(Membership(user_id=olu.id, team_id=team.id, role="editor"))
    shut = make_entry(
        session, "group", team, title="Refuge", visibility="restricted", geometry=point()
    )
    make_consent(session, make_person(session, team, at=shut, name="Zoe", email="z@people.example"))
    commit()
    send, approval = f"{path}/send", f"{path}/approval"
    sign_in(client, olu)
    press(client, f"{send}/approval", send, words="Bring cake")
    (asked,) = session.scalars(select(InviteApproval))
    assert len(asked.people) == 2
    sign_in(client, ann)
    yes = {"request": str(asked.uid), "verdict": "approved"}
    refused = press(client, approval, approval, **yes)
    assert refused.status_code == 409
    assert "not open to you" in refused.text
    assert "Zoe" not in refused.text
    sign_in(client, olu)
    assert press(client, send, send, words="Bring cake").status_code == 409
    assert mails(session) == 0


def test_whoever_looks_after_a_team_says_whether_it_asks_for_approval(
    client: FlaskClient, session: Session
) -> None:
    olu, path = town(session, "Pat")
    team = session.scalars(select(Team)).one()
    address = f"/people/teams/{team.uid}/approval"
    boss = make_user(session, team, "admin", "boss@demo.example")
    approver = make_user(session, team, "approver", "mo@demo.example")
    commit()
    sign_in(client, olu)
    assert press(client, address, f"{path}/send", asks="true").status_code == 403
    asked = client.post(f"/api{path}/approval", json={}, headers=by_program(client))
    assert asked.status_code == 409
    sign_in(client, boss)
    assert press(client, address, "/people/", asks="true").status_code == 303
    assert "asks for approval" in client.get("/people/").text
    sign_in(client, approver)
    assert "Approval was not asked for yet" in client.get(f"{path}/approval").text
    sign_in(client, boss)
    press(client, address, "/people/", asks="false")
    sign_in(client, olu)
    assert press(client, f"{path}/send", f"{path}/send").status_code == 303
    assert mails(session) == 1


def test_the_page_of_answers_takes_eight_queries_at_most(
    client: FlaskClient, session: Session
) -> None:
    olu, path = town(session, "Pat", "Quin")
    sign_in(client, olu)
    press(client, f"{path}/send", f"{path}/send")
    with counted() as sent:
        assert "Pat" in client.get(f"{path}/answers").text
    assert len(questions(sent)) <= MOST_ON_A_PAGE, questions(sent)
