"""The people a team knows, by programs: put, read back and changed; nobody sees another team's."""

from typing import Any

from tests.api.conftest import Place, fresh, tagged

SAM: dict[str, Any] = {"name": "Sam Other", "email": "sam@people.example", "is_adult": True}


def test_somebody_is_put_read_back_changed_and_sent_again(place: Place) -> None:
    address, hall = fresh("contacts"), place.entries["asset"]
    sent = SAM | {"role": {"entry": hall, "title": "Caretaker"}}
    made = place.ours.put(address, sent)
    assert made.status_code == 201, made.get_json()
    given = place.ours.get(address).get_json()
    assert [one["title"] for one in given["roles"]] == ["Caretaker"]
    assert place.ours.put(address, given, headers=tagged(1)).get_json() == given
    assert place.ours.put(address, sent).status_code == 200  # the same once more
    other = given | {"name": "Sam Else"}
    assert place.ours.put(address, other).status_code == 428
    assert place.ours.put(address, other, headers=tagged(7)).status_code == 412
    changed = place.ours.put(address, other, headers=tagged(1))
    assert (changed.get_json()["name"], changed.headers["ETag"]) == ("Sam Else", '"2"')
    listed = place.ours.get("/api/contacts?limit=1").get_json()
    assert [one["name"] for one in listed["contacts"]] == ["Sam Else"]
    for stranger in (place.theirs, place.public):
        assert stranger.get(address).status_code in (401, 404)
        assert stranger.put(address, sent, headers=tagged(2)).status_code in (401, 404)
    assert place.theirs.get("/api/contacts").get_json()["total"] == 0


def test_a_name_in_an_address_and_somebody_young_are_refused(place: Place) -> None:
    assert place.ours.get("/api/contacts?text=Sam").status_code == 400
    young = SAM | {"is_adult": False, "no_role_reason": "Came along"}
    refused = place.ours.put(fresh("contacts"), young)
    assert refused.status_code == 422
    assert "18" in refused.get_json()["problems"]["is_adult"]
    assert place.ours.put(fresh("contacts"), SAM | {"religion": "any"}).status_code == 422
