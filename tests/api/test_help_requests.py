"""Asking for help by programs."""

import uuid
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.db import local_day, now
from assetmap.models import HelpAsk, HelpRequest
from assetmap.register.sign_in import make_token
from tests.api.callers import Caller
from tests.make import commit
from tests.web.test_help_requests import SAID, event, town, uid_of


def program(app: Flask, session: Session) -> tuple[Caller, dict[str, Any]]:
    """The organiser's, and a request for the event as it sends it."""
    olu = town(session, agreed=("email", "phone"))
    caller = Caller(app, make_token(session, olu.email))
    commit()
    return caller, SAID | {"wanted": 1, "need": str(event(session).uid)}


def test_a_program_asks_an_offer_keeps_the_answer_the_use_and_the_thanks(
    app: Flask, session: Session
) -> None:
    caller, said = program(app, session)
    at = f"/api/help-requests/{uuid.uuid4()}"
    first = caller.put(at, said)
    assert (first.status_code, first.headers["ETag"]) == (201, '"1"')
    assert caller.put(at, said).status_code == 200  # the same again changes nothing
    more = caller.put(at, said | {"wanted": 2})
    assert more.status_code == 409
    assert caller.put(at, said | {"wanted": 2}, headers={"If-Match": '"1"'}).status_code == 200
    offers = caller.get(f"{at}/offers?within_m=500").get_json()["offers"]
    ways = {one["title"]: one["ways"] for one in offers}
    assert ways["Tea urn"] == ["email", "phone", "post", "in_person"]
    assert ways["A warm room"] == ["phone", "post", "in_person"]
    asking = {"offers": [uid_of(session, "Tea urn")], "by": "phone"}
    (one,) = caller.post(f"{at}/ask", asking).get_json()["offers"]
    assert caller.post(f"{at}/ask", asking).get_json()["offers"] == [one]
    assert one["person"] is not None
    its = f"{at}/asked/{one['uid']}"
    assert caller.post(f"{its}/thanks", {"by": "phone"}).status_code == 409  # nothing was used
    answer = {"answer": "accepted", "by": "phone", "words": "From two"}
    assert caller.post(f"{its}/answer", answer).status_code == 200
    tomorrow = (local_day(now()) + timedelta(days=1)).isoformat()
    early = caller.post(f"{its}/used", {"used_on": tomorrow})
    assert "used_on" in early.get_json()["problems"]
    used = {"used_on": local_day(now()).isoformat(), "quantity": 40}
    assert caller.post(f"{its}/used", used).status_code == 200
    (kept,) = caller.post(f"{its}/thanks", {"by": "phone"}).get_json()["offers"]
    assert (kept["words"], kept["thanked_by"]) == ("From two", "phone")
    (listed,) = caller.get("/api/help-requests").get_json()["requests"]
    assert [listed[name] for name in ("asked", "accepted", "used", "thanked")] == [1, 1, 1, 1]
    assert caller.get(f"/api/help-requests?need={said['need']}").get_json()["requests"] == [listed]
    assert caller.delete(at).status_code == 204
    assert caller.get(at).status_code == 404
    session.rollback()
    assert session.scalars(select(HelpAsk.used_on)).one() is not None  # it stays on the offer


def test_a_program_that_names_what_is_not_there_is_told_so_and_changes_nothing(
    app: Flask, session: Session
) -> None:
    caller, said = program(app, session)
    at = f"/api/help-requests/{uuid.uuid4()}"
    nowhere = str(uuid.uuid4())
    assert caller.put(at, said | {"need": nowhere}).status_code == 404
    assert caller.put(at, said | {"team": nowhere}).status_code == 422
    assert caller.put(at, said | {"action": nowhere}).status_code == 404
    assert caller.put(at, said | {"wanted": 101}).status_code == 422
    session.rollback()
    assert session.scalars(select(HelpRequest)).all() == []
    assert caller.put(at, said).status_code == 201
    many = [str(uuid.uuid4()) for _ in range(21)]
    assert caller.post(f"{at}/ask", {"offers": many}).status_code == 422
    assert caller.post(f"{at}/ask", {"offers": [nowhere]}).status_code == 422
    assert caller.post(f"{at}/ask", {"offers": [said["need"]]}).status_code == 422  # no offer
    assert caller.get(f"{at}/offers?within_m=1").status_code == 400
    assert caller.get(f"{at}/offers?cursor=zzz").status_code == 400
    assert caller.get(f"{at}/offers?offer={nowhere}").status_code == 404
    assert caller.post(f"{at}/asked/{nowhere}/used", {"used_on": None}).status_code == 404
    session.rollback()
    assert session.scalars(select(HelpAsk)).all() == []
