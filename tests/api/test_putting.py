"""Putting, changing and withdrawing entries through the JSON door."""

import threading
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from uuid6 import uuid7
from werkzeug.test import TestResponse

from assetmap.access import OPERATOR
from assetmap.models import Entry, User
from assetmap.register import merging, sign_in
from assetmap.vocabulary import Kind
from tests.api.callers import Caller
from tests.api.conftest import HALL, Place, fresh, hall, tagged
from tests.make import commit, make_category, make_entry, make_team, make_user, point
from tests.web.pages import sign_in as sign_in_here

PROBLEM = "application/problem+json"
NOT_JSON = (
    (b'{"title":\n "a" "b"}', 400, "line 2, column 6"),
    (b"", 400, "line 1"),
    (b'{"accuracy_m": NaN}', 400, "column 16"),
    (b'{"accuracy_m": Infinity}', 400, "column 16"),
    (b'{"accuracy_m": 1e999}', 400, "infinity"),
    (b'{"title": "\\ud800"}', 400, "surrogate"),
    (b'{"title": "\xff"}', 400, "UTF-8"),
    (b"[" * 1_000_000, 400, "depth"),
    (b'{"title": "' + b"a" * (2 * 2**20) + b'"}', 413, "2 MB"),
)
NONSENSE: tuple[tuple[Any, str], ...] = (
    ([], "body"),
    ("text", "body"),
    (7, "body"),
    ({"type": "Feature", "geometry": None}, "properties"),
    ({"type": "Feature", "properties": {"geometry": None}}, "geometry"),
    ({"type": "Feature", "properties": {}, "colour": 1}, "colour"),
    ({"type": "Feature", "properties": {}, "id": "another"}, "id"),
    (HALL | {"category": "nonsense"}, "category"),
    (HALL | {"category": 7}, "category"),
    (HALL | {"category": {"label": "Hall"}}, "category"),
    (HALL | {"category": None}, "category"),
    ({"title": "Hall"}, "category"),
    (HALL | {"title": "  "}, "title"),
    (HALL | {"title": "a\0b"}, "title"),
    (HALL | {"tags": ["a\0b"]}, "tags"),
    (HALL | {"team": "Nobody"}, "team"),
    (HALL | {"team": "a\0b"}, "team"),
    (HALL | {"status": "nonsense"}, "status"),
    (HALL | {"found_on": "7"}, "found_on"),
    (HALL | {"about": str(uuid.uuid4())}, "about"),
    (HALL | {"operator": str(uuid.uuid4())}, "operator"),
    (HALL | {"covers_areas": ["E99"]}, "covers_areas"),
    (HALL | {"geometry": point(53.7, -1.9)}, "geometry"),
    (HALL | {"geometry": point(0, 0)}, "geometry"),
    (HALL | {"geometry": {"type": "Point", "coordinates": []}}, "geometry"),
    (HALL | {"geometry": {"type": "Point", "coordinates": [[], {}]}}, "geometry"),
    (HALL | {"geometry": {"type": "Blob"}}, "geometry"),
    (HALL | {"geometry": []}, "geometry"),
    (HALL | {"geometry": {"type": "Polygon", "coordinates": [[[-1.9, 53.7]]]}}, "geometry"),
    (HALL | {"accuracy_m": -1}, "accuracy_m"),
    (HALL | {"radius_m": 10**30}, "radius_m"),
    (HALL | {"capacity": 1.5}, "capacity"),
    (HALL | {"website": "javascript:alert(1)"}, "website"),
    (HALL | {"checked_on": "0001-01-01"}, "checked_on"),
    (HALL | {"postcode": "NOWHERE"}, "postcode"),
)


def test_of_what_must_be_told_in_person_nothing_is_written_down_in_a_title_either(
    place: Place, session: Session
) -> None:
    make_category(session, "finding", "cri_expl", "Exploitation", route_only=True)
    commit()
    sent = {"category": "cri_expl", "geometry": HALL["geometry"]}
    for title, status in (("Boy with three phones", 422), ("Exploitation", 201)):
        answer = place.ours.put(fresh("findings"), sent | {"title": title})
        assert answer.status_code == status
    assert "Boy" not in answer.text


def test_a_new_entry_has_a_uid_that_nobody_else_comes_to(place: Place) -> None:
    for uid in (uuid.UUID(int=0), uuid.uuid1(), uuid.uuid5(uuid.NAMESPACE_DNS, "hall.example")):
        answer = place.ours.put(f"/api/assets/{uid}", HALL)
        assert answer.status_code == 422
        assert answer.get_json()["problems"].keys() == {"uid"}
    for uid in (uuid.uuid4(), uuid7()):
        assert place.ours.put(f"/api/assets/{uid}", HALL).status_code == 201


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_what_was_read_can_be_put_back_and_changes_nothing(place: Place, kind: str) -> None:
    address = f"/api/{kind}s/{place.entries[kind]}"
    read = place.ours.get(address)
    for headers in ({"If-Match": read.headers["ETag"]}, {}):
        back = place.ours.put(address, read.get_json(), headers=headers)
        assert (back.status_code, back.get_json()) == (200, read.get_json())
        assert back.headers["ETag"] == read.headers["ETag"]


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_what_was_read_can_be_put_at_another_uid(place: Place, kind: str) -> None:
    read = place.ours.get(f"/api/{kind}s/{place.entries[kind]}").get_json()
    read.pop("id")
    made = place.ours.put(fresh(f"{kind}s"), read)
    assert made.status_code == 201
    ignored = {"ref", "url", "created_at", "updated_at", "version"}
    before, after = read["properties"], made.get_json()["properties"]
    assert {k: v for k, v in after.items() if k not in ignored} == {
        k: v for k, v in before.items() if k not in ignored
    }


def test_a_new_entry_answers_where_it_is_and_who_owns_it(place: Place) -> None:
    address = fresh()
    made = place.ours.put(address, HALL)
    assert made.status_code == 201
    assert made.headers["Location"].endswith(address)
    assert made.headers["ETag"] == '"1"'
    said = made.get_json()
    assert said["id"] == address.rpartition("/")[2]
    assert said["geometry"] == point()
    assert (said["properties"]["team"], said["properties"]["status"]) == (place.team, "active")
    assert said["properties"].pop("notes") == ""  # which is the team's alone
    assert place.public.get(address).get_json() == said


def test_sending_the_same_twice_adds_it_once_and_answers_the_same(place: Place) -> None:
    address = fresh()
    origin = {"found_on": place.entries["walkabout"]}
    first, second = (place.ours.put(address, HALL | origin) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json() == second.get_json()
    assert first.headers["ETag"] == second.headers["ETag"]
    listed = place.ours.get(f"/api/entries?found_on={place.entries['walkabout']}&kind=asset")
    assert listed.get_json()["numberMatched"] == 1


def test_two_phones_sending_the_same_at_once_add_it_once(place: Place, session: Session) -> None:
    address = fresh()
    start = threading.Barrier(2)
    answers: list[TestResponse] = []

    def send() -> None:
        start.wait()
        answers.append(place.ours.put(address, HALL))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert answers[0].get_json() == answers[1].get_json()
    uid = uuid.UUID(address.rpartition("/")[2])
    assert session.scalar(select(func.count()).where(Entry.uid == uid)) == 1


def test_two_people_changing_different_fields_at_once_both_succeed(place: Place) -> None:
    address, _ = hall(place)
    start = threading.Barrier(2)
    answers: list[TestResponse] = []

    def change(**fields: str) -> None:
        start.wait()
        answers.append(place.ours.put(address, HALL | fields, headers=tagged(1)))

    threads = [
        threading.Thread(target=change, kwargs={"address": "1 High Street"}),
        threading.Thread(target=change, kwargs={"phone": "01632 960 123"}),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200]
    now = place.ours.get(address).get_json()["properties"]
    assert (now["address"], now["phone"], now["version"]) == ("1 High Street", "01632 960 123", 3)


def test_the_same_field_changed_twice_is_a_conflict_that_shows_both(place: Place) -> None:
    address, _ = hall(place)
    place.ours.put(address, HALL | {"title": "Theirs"}, headers=tagged(1))
    refused = place.ours.put(address, HALL | {"title": "Mine"}, headers=tagged(1))
    assert (refused.status_code, refused.content_type) == (409, PROBLEM)
    assert refused.get_json()["fields"] == {"title": ["Theirs", "Mine"]}
    assert refused.headers["ETag"] == '"2"'
    assert place.ours.get(address).get_json()["properties"]["title"] == "Theirs"


def test_a_change_must_say_which_version_it_was_made_from(place: Place) -> None:
    address, _ = hall(place)
    refused = place.ours.put(address, HALL | {"title": "Other"})
    assert (refused.status_code, refused.content_type) == (428, PROBLEM)


def test_an_if_match_that_is_no_version_is_refused_by_name(place: Place) -> None:
    address, _ = hall(place)
    for given in ("three", '"a"', "*", '"1", "2"', "", '"9999999999"'):
        refused = place.ours.put(address, HALL, headers={"If-Match": given})
        assert (refused.status_code, list(refused.get_json()["problems"])) == (400, ["If-Match"])


def test_a_proxy_may_weaken_the_tag(place: Place) -> None:
    address, _ = hall(place)
    headers = {"If-Match": 'W/"1"'}
    assert place.ours.put(address, HALL | {"title": "B"}, headers=headers).status_code == 200


def test_changing_what_is_not_there_or_hidden_gets_one_answer(place: Place) -> None:
    absent = place.theirs.put(fresh(), HALL, headers=tagged(1))
    hidden = place.theirs.put(f"/api/assets/{place.hidden}", HALL, headers=tagged(1))
    assert (absent.status_code, hidden.status_code) == (412, 412)
    assert absent.get_json()["detail"] == hidden.get_json()["detail"]


def test_a_version_from_the_future_is_a_conflict(place: Place) -> None:
    address, _ = hall(place)
    refused = place.ours.put(address, HALL, headers=tagged(9))
    assert (refused.status_code, refused.headers["ETag"]) == (409, '"1"')


def test_only_the_team_that_owns_an_entry_changes_it(place: Place) -> None:
    address, _ = hall(place)
    assert place.theirs.put(address, HALL | {"title": "B"}, headers=tagged(1)).status_code == 403
    assert place.theirs.delete(f"{address}?why=x").status_code == 403
    uid = address.rpartition("/")[2]
    seen = place.theirs.post(f"/api/entries/{uid}/check", {})  # kept for the team to answer
    assert (seen.status_code, place.ours.get(address).headers["ETag"]) == (202, '"1"')
    moved = place.theirs.post(f"/api/entries/{uid}/status", {"status": "closed"})
    assert moved.status_code == 403


def test_a_passer_by_writes_nothing(place: Place) -> None:
    uid = place.entries["asset"]
    for answer in (
        place.public.put(fresh(), HALL),
        place.public.delete(f"/api/assets/{uid}?why=x"),
        place.public.post(f"/api/entries/{uid}/check", {}),
        place.public.post(f"/api/entries/{uid}/status", {"status": "closed"}),
        place.public.post(f"/api/entries/{uid}/links", {"relation": "about", "to": uid}),
    ):
        assert (answer.status_code, answer.content_type) in ((400, PROBLEM), (401, PROBLEM))
    assert place.public.get(f"/api/assets/{uid}").get_json()["properties"]["version"] == 1


def test_an_unknown_property_is_refused_by_name(place: Place) -> None:
    flat = place.ours.put(fresh(), HALL | {"colour": "red"})
    assert (flat.status_code, list(flat.get_json()["problems"])) == (422, ["colour"])
    feature = {
        "type": "Feature",
        "geometry": point(),
        "properties": {"title": "A", "colour": "red"},
    }
    whole = place.ours.put(fresh(), feature)
    assert set(whole.get_json()["problems"]) == {"colour", "category"}


def test_what_makes_no_sense_is_refused_by_name_and_adds_nothing(place: Place) -> None:
    for body, named in NONSENSE:
        address = fresh()
        refused = place.ours.put(address, body)
        assert (refused.status_code, refused.content_type) == (422, PROBLEM), body
        assert named in refused.get_json()["problems"], body
        assert place.ours.get(address).status_code == 404


def test_what_is_not_json_is_refused_naming_the_place(place: Place) -> None:
    headers = {"Content-Type": "application/json"}
    for sent, status, said in NOT_JSON:
        refused = place.ours.ask("PUT", fresh(), headers=headers, data=sent)
        assert (refused.status_code, refused.content_type) == (status, PROBLEM), sent[:40]
        assert said in refused.get_json()["detail"], sent[:40]


def test_a_key_given_twice_counts_as_it_was_last(place: Place) -> None:
    sent = b'{"title": "A", "title": "B", "category": "pla_hall"}'
    headers = {"Content-Type": "application/geo+json; charset=utf-8"}
    made = place.ours.ask("PUT", fresh(), headers=headers, data=sent)
    assert (made.status_code, made.get_json()["properties"]["title"]) == (201, "B")


def test_a_body_of_another_type_is_refused(place: Place) -> None:
    for media in ("text/plain", "application/x-www-form-urlencoded", ""):
        refused = place.ours.ask("PUT", fresh(), headers={"Content-Type": media}, data=b"{}")
        assert (refused.status_code, refused.content_type) == (415, PROBLEM), media


def test_a_category_may_be_sent_as_it_was_read(place: Place) -> None:
    _, made = hall(place, category={"code": "pla_hall", "label": "Whatever"})
    assert made["properties"]["category"] == {"code": "pla_hall", "label": "Pla Hall"}


def test_a_new_entry_may_name_its_team_and_its_first_state(place: Place, session: Session) -> None:
    _, made = hall(place, team=place.team, status="proposed")
    assert made["properties"]["status"] == "proposed"
    assert place.ours.put(fresh(), HALL | {"team": "Hilltop team"}).status_code == 403
    assert place.theirs.put(fresh(), HALL | {"team": "Hilltop team"}).status_code == 201


@pytest.mark.parametrize(
    ("name", "kind", "relation"),
    [
        ("found_on", "walkabout", "found_on"),
        ("raised_at", "engagement", "raised_at"),
        ("about", "hotspot", "about"),
        ("about", "offer", "about"),
    ],
)
def test_a_new_entry_says_where_it_comes_from(
    place: Place, name: str, kind: str, relation: str
) -> None:
    _, made = hall(place, **{name: place.entries[kind]})
    chain = place.public.get(f"/api/entries/{made['id']}/provenance").get_json()
    nearest = chain["came_from"][0]
    assert (nearest["relation"], nearest["feature"]["id"]) == (relation, place.entries[kind])


def test_changing_an_entry_clears_nothing_that_its_reader_could_not_see(
    app: Flask, session: Session, place: Place
) -> None:
    others = make_team(session, "Quiet team")
    group = make_entry(session, "group", others)
    uid = group.uid
    commit()
    address, _ = hall(place, operator=str(uid))
    group.visibility = "team"
    commit()
    read = place.ours.get(address).get_json()
    assert read["properties"]["operator"] is None
    read["properties"]["title"] = "Hall with a roof"
    assert place.ours.put(address, read, headers=tagged(1)).status_code == 200
    session.rollback()
    kept = session.scalar(select(Entry).where(Entry.uid == uuid.UUID(read["id"])))
    assert kept is not None
    assert getattr(kept, "operator_id") == group.id  # noqa: B009  # an asset's own column


def test_an_entry_that_was_merged_is_not_put_again(app: Flask, session: Session) -> None:
    place_team = make_team(session)
    keep, gone = (make_entry(session, "asset", place_team, title=t) for t in ("Hall", "The hall"))
    merging.merge(session, keep, gone, viewer=OPERATOR)
    make_user(session, place_team)
    caller = Caller(app, sign_in.make_token(session, "local@demo.example"))
    commit()
    for headers in ({}, tagged(1)):
        refused = caller.put(f"/api/assets/{gone.uid}", HALL, headers=headers)
        assert refused.status_code == 409
        assert str(keep.uid) in refused.get_json()["detail"]


def test_withdrawing_needs_a_reason_and_takes_an_entry_out_of_everything(place: Place) -> None:
    address, made = hall(place)
    refused = place.ours.delete(address)
    assert (refused.status_code, list(refused.get_json()["problems"])) == (400, ["why"])
    stale = place.ours.delete(f"{address}?why=gone", headers=tagged(7))
    assert (stale.status_code, stale.headers["ETag"]) == (412, '"1"')
    done = place.ours.delete(f"{address}?why=gone", headers=tagged(1))
    assert (done.status_code, done.data) == (204, b"")
    for caller in (place.ours, place.public):
        assert caller.get(address).status_code == 404
        found = caller.get("/api/entries?text=hall&status=any").get_json()["features"]
        assert made["id"] not in [feature["id"] for feature in found]
    assert place.ours.delete(f"{address}?why=gone").status_code == 404


def test_a_cookie_writes_only_with_its_forms_token(
    app: Flask, session: Session, place: Place
) -> None:
    client = app.test_client()
    sign_in_here(client, session.get_one(User, 1))
    commit()
    refused = client.put(fresh(), json=HALL)
    assert (refused.status_code, refused.content_type) == (400, PROBLEM)
    assert "CSRF" in refused.get_json()["detail"]


def test_words_that_may_point_at_somebody_are_kept_and_warned_of(place: Place) -> None:
    address = fresh()
    said = HALL | {"description": "Ring 01632 960123"}
    answer = place.ours.put(address, json=said)
    assert answer.status_code == 201
    (warning,) = answer.get_json()["properties"]["warnings"]
    why = warning.pop("why")
    assert "phone number" in why
    assert warning == {"field": "description", "what": "phone", "start": 5, "end": 17}
    read = place.ours.get(address).get_json()
    assert read["properties"]["description"] == "Ring 01632 960123"
    assert "warnings" not in read["properties"]
    back = place.ours.put(address, json=answer.get_json())  # as it came
    assert back.status_code == 200
