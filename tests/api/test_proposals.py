"""Suggestions by programs: sent by who may not change, answered by who may, told to nobody else."""

from typing import Any

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.models import Proposal, Team, User
from assetmap.register import sign_in, tokens
from assetmap.schemas.people import NewToken
from assetmap.vocabulary import TokenScope
from tests.api.callers import Caller
from tests.api.conftest import Place, tagged
from tests.make import commit, make_entry, make_team, make_user, point

PROPOSALS = "/api/proposals"
HALL: dict[str, Any] = {"title": "New hall", "category": "pla_hall", "geometry": point()}


def about(place: Place, **more: Any) -> dict[str, Any]:
    changes = {"title": "Another title"}
    return {"entry": place.entries["asset"], "version": 1, "changes": changes} | more


def test_a_suggestion_is_sent_once_read_by_two_and_accepted_in_part(place: Place) -> None:
    sent = about(place, changes={"title": "Another title", "phone": "01632 960 777"}, note="Moved")
    made = place.theirs.post(PROPOSALS, sent)
    assert made.status_code == 201, made.get_json()
    given = made.get_json()
    where = f"{PROPOSALS}/{given['uid']}"
    assert made.headers["Location"].endswith(where)
    assert place.theirs.post(PROPOSALS, sent).status_code == 200  # the same once more
    assert (given["is_mine"], given["may_answer"], given["state"]) == (True, False, "open")
    assert place.theirs.post(f"{where}/accept", {}).status_code == 403
    asked = place.ours.get(where).get_json()
    assert (asked["is_mine"], asked["may_answer"]) == (False, True)
    for one, of in ((place.ours, "to_answer"), (place.theirs, "mine"), (place.theirs, "any")):
        listed = one.get(f"{PROPOSALS}?of={of}&state=open").get_json()["proposals"]
        assert [line["uid"] for line in listed] == [given["uid"]]
    assert place.ours.get(f"{PROPOSALS}?of=mine").get_json()["proposals"] == []
    assert place.ours.post(f"{where}/accept", {"fields": ["email"]}).status_code == 422
    done = place.ours.post(f"{where}/accept", {"fields": ["phone"]}, headers=tagged(1))
    assert (done.get_json()["state"], done.get_json()["accepted"]) == ("partly", ["phone"])
    entry = place.public.get(f"/api/assets/{place.entries['asset']}").get_json()["properties"]
    assert (entry["phone"], entry["title"] == "Another title") == ("01632 960 777", False)
    assert place.ours.post(f"{where}/refuse", {"why": "No"}).status_code == 409
    assert place.theirs.delete(where).status_code == 409


def test_refused_with_a_reason_taken_back_and_paged(place: Place) -> None:
    uids = []
    for number in range(3):
        made = place.theirs.post(PROPOSALS, about(place, note=f"Note {number}"))
        uids.append(made.get_json()["uid"])
    pages, address = [], f"{PROPOSALS}?limit=2"
    while address:
        page = place.theirs.get(address).get_json()
        pages.append([one["uid"] for one in page["proposals"]])
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        address = following[0] if following else ""
    assert pages == [[uids[2], uids[1]], [uids[0]]]
    assert place.theirs.get(f"{PROPOSALS}?cursor=spoilt").status_code == 400
    assert place.ours.post(f"{PROPOSALS}/{uids[0]}/refuse", {"why": ""}).status_code == 422
    said = place.ours.post(f"{PROPOSALS}/{uids[0]}/refuse", {"why": "It is right"}).get_json()
    assert (said["state"], said["answer"]) == ("refused", "It is right")
    assert place.ours.delete(f"{PROPOSALS}/{uids[1]}").status_code == 404  # not theirs to take
    assert place.theirs.delete(f"{PROPOSALS}/{uids[1]}").status_code == 204
    assert place.theirs.delete(f"{PROPOSALS}/{uids[1]}").status_code == 204


def test_what_is_missing_is_suggested_and_put_on_the_register_for_a_team(
    place: Place, session: Session
) -> None:
    missing = {"kind": "asset", "about": "new", "changes": HALL}
    made = place.theirs.post(PROPOSALS, missing)
    assert made.status_code == 201, made.get_json()
    assert place.theirs.post(PROPOSALS, missing | {"kind": None}).status_code == 422
    team = session.scalars(select(Team).where(Team.name == place.team)).one().uid
    where = f"{PROPOSALS}/{made.get_json()['uid']}/accept"
    assert place.theirs.post(where, {"team": str(team)}).status_code == 422  # not a team of theirs
    entry = place.ours.post(where, {"team": str(team)}).get_json()["entry"]
    assert place.ours.get(f"/api/assets/{entry}").get_json()["properties"]["team"] == place.team


def test_a_suggestion_holds_only_what_its_maker_may_read_and_strangers_learn_of_none(
    place: Place, app: Flask, session: Session
) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        (about(place, changes={"notes": "Key under the mat"}), "notes"),
        (about(place, changes={"visibility": "public"}), "visibility"),
        (about(place, changes={"title": ""}), "title"),
        (about(place, changes={"phone": {"a": 1}}), "phone"),
        (about(place, changes={}), "note"),
        (about(place, about="right"), "about"),
        (about(place, entry=None), "entry"),
    ]
    for sent, name in wrong:
        refused = place.theirs.post(PROPOSALS, sent)
        assert (refused.status_code, list(refused.get_json()["problems"])) == (422, [name]), sent
    assert place.theirs.post(PROPOSALS, about(place, version=9)).status_code == 409
    assert place.theirs.post(PROPOSALS, about(place, entry=place.hidden)).status_code == 404
    made = place.ours.post(PROPOSALS, about(place)).get_json()["uid"]
    stranger = Caller(app, _token(session, "viewer", "far@demo.example"))
    assert stranger.get(PROPOSALS).get_json()["proposals"] == []
    for act in ("", "/accept", "/refuse"):
        address = f"{PROPOSALS}/{made}{act}"
        body: dict[str, Any] = {"why": "No"} if act == "/refuse" else {}
        answer = stranger.post(address, body) if act else stranger.get(address)
        assert answer.status_code == 404, act
    for asked in (place.public.get(PROPOSALS), place.public.post(PROPOSALS, about(place))):
        assert asked.status_code == 401


def test_a_token_for_reading_suggests_and_answers_nothing(
    place: Place, app: Flask, session: Session
) -> None:
    made = place.theirs.post(PROPOSALS, about(place)).get_json()["uid"]
    user = session.scalars(select(User).where(User.email == "ours@demo.example")).one()
    read_only = NewToken(name="", scope=TokenScope.READ)
    reader = Caller(app, tokens.make(session, user, read_only, viewer=OPERATOR))
    commit()
    assert reader.get(f"{PROPOSALS}/{made}").status_code == 200
    for act, body in (
        ("", about(place)),
        (f"/{made}/accept", {}),
        (f"/{made}/refuse", {"why": "N"}),
    ):
        assert reader.post(f"{PROPOSALS}{act}", body).status_code == 403
    assert session.scalar(select(func.count()).select_from(Proposal)) == 1


def test_suggestions_about_a_restricted_record_are_read_for_a_reason(
    place: Place, app: Flask, session: Session
) -> None:
    team = session.scalars(select(Team).where(Team.name == place.team)).one()
    record = str(make_entry(session, "asset", team, visibility="restricted").uid)
    make_user(session, team, "editor", "second@demo.example")
    second = Caller(app, sign_in.make_token(session, "second@demo.example"))
    commit()
    why = {"X-Purpose": "keeping"}
    sent = about(place, entry=record, changes={}, note="Shut")
    assert place.ours.post(PROPOSALS, sent).status_code == 428
    where = f"{PROPOSALS}/{place.ours.post(PROPOSALS, sent, headers=why).get_json()['uid']}"
    for address in (PROPOSALS, where):
        assert second.get(address).status_code == 428
    assert second.get(where, headers=why).status_code == 200
    assert second.get(PROPOSALS).status_code == 200  # it was said, and holds for hours


def _token(session: Session, role: str, email: str) -> str:
    make_user(session, make_team(session, "Far away"), role, email)
    made = sign_in.make_token(session, email)
    commit()
    return made
