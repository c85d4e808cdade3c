"""Checking, moving, linking and reading the history of entries through the JSON door."""

from assetmap.db import db
from assetmap.models.states import FIRST
from tests.api.conftest import HALL, Place, hall, tagged
from tests.make import commit, make_partner


def test_checking_an_entry_puts_its_review_off(place: Place) -> None:
    _, made = hall(place)
    done = place.ours.post(f"/api/entries/{made['id']}/check", {"how": "phone"})
    said = done.get_json()["properties"]
    assert (done.status_code, done.headers["ETag"]) == (200, '"2"')
    assert (said["checked_how"], said["overdue"]) == ("phone", False)
    assert said["review_due"] > said["checked_on"]


def test_a_state_changes_only_along_its_legal_moves(place: Place) -> None:
    uid = place.entries["finding"]
    address = f"/api/entries/{uid}/status"
    assert place.ours.post(address, {"status": FIRST["finding"]}).headers["ETag"] == '"1"'
    refused = place.ours.post(address, {"status": "verified"})
    assert (refused.status_code, "can become" in refused.get_json()["detail"]) == (409, True)
    make_partner(db.session, "Streets")
    commit()
    assert place.ours.post(address, {"status": "triaged"}).status_code == 200
    nobody = place.ours.post(address, {"status": "assigned"})
    assert (nobody.status_code, list(nobody.get_json()["problems"])) == (422, ["partner"])
    given = place.ours.post(address, {"status": "assigned", "partner": "Streets"})
    assert given.status_code == 200
    refused = place.ours.post(address, {"status": "resolved"})
    assert (refused.status_code, list(refused.get_json()["problems"])) == (422, ["resolution"])
    done = place.ours.post(address, {"status": "resolved", "resolution": "Mended"})
    assert done.get_json()["properties"]["status"] == "resolved"
    stranger = place.ours.post(address, {"status": "reopened", "partner": "Nobody"})
    assert list(stranger.get_json()["problems"]) == ["partner"]


def test_links_are_made_once_and_taken_away(place: Place) -> None:
    offer, finding = place.entries["offer"], place.entries["finding"]
    address, tie = f"/api/entries/{offer}/links", {"relation": "answers", "to": finding}
    for _ in range(2):
        made = place.ours.post(address, tie)
        assert (made.status_code, made.get_json()) == (200, {"from": offer, **tie})
    refused = place.ours.post(address, {"relation": "held_at", "to": finding})
    assert (refused.status_code, list(refused.get_json()["problems"])) == (422, ["relation"])
    assert place.ours.delete(address).status_code == 422
    assert place.ours.delete(address, query_string=tie).status_code == 204
    assert place.ours.delete(address, query_string=tie).status_code == 404
    place.ours.post(address, tie)
    assert place.ours.ask("DELETE", address, json=tie).status_code == 204


def test_history_tells_its_own_team_who_and_others_only_what(place: Place) -> None:
    address, made = hall(place)
    place.ours.put(address, HALL | {"title": "Big hall"}, headers=tagged(1))
    told = [
        caller.get(f"/api/entries/{made['id']}/history").get_json()["history"]
        for caller in (place.ours, place.public)
    ]
    assert [[one["version"] for one in versions] for versions in told] == [[2, 1], [2, 1]]
    assert [versions[0]["by"] for versions in told] == ["Ours", None]
    assert told[1][0]["changes"] == {"title": ["Hall", "Big hall"]}
