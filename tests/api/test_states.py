"""Beginning in a state, and keeping what the state demands, through the JSON door."""

import csv
import io
from typing import Any

import pytest

from assetmap.db import db
from assetmap.models.states import DEMANDS, MOVES
from assetmap.vocabulary import Kind
from tests.api.conftest import Place, fresh
from tests.make import commit, make_partner

MET: dict[
    tuple[str, str], dict[str, Any]
] = {  # what an entry says to begin in a state that demands something
    ("finding", "assigned"): {"assigned_partner": "Streets"},
    ("finding", "resolved"): {"resolution": "The council came and cleared it."},
    ("finding", "verified"): {"resolution": "The council came and cleared it."},
    ("walkabout", "complete"): {"scan_status": "none"},
    ("engagement", "closed"): {
        "scan_status": "none",
        "attendance_count": 12,
        "feedback_due": "2026-06-01",
    },
}
UNMET: dict[str, dict[str, Any]] = {"offer": {"checks_needed": ["dbs"], "check_status": "pending"}}


@pytest.mark.parametrize("kind", [kind.value for kind in Kind])
def test_a_new_entry_may_begin_in_any_state_whose_demands_it_meets(place: Place, kind: str) -> None:
    make_partner(db.session, "Streets")
    commit()
    read = place.ours.get(f"/api/{kind}s/{place.entries[kind]}").get_json()
    read.pop("id")
    for state in MOVES[kind]:
        read["properties"] |= {"status": state} | MET.get((kind, state), {})
        made = place.ours.put(fresh(f"{kind}s"), read)
        assert (made.status_code, made.get_json()["properties"]["status"]) == (201, state)


@pytest.mark.parametrize(("kind", "state"), sorted(DEMANDS))
def test_nothing_begins_in_a_state_whose_demands_it_does_not_meet(
    place: Place, kind: str, state: str
) -> None:
    read = place.ours.get(f"/api/{kind}s/{place.entries[kind]}").get_json()
    read.pop("id")
    read["properties"] |= {"status": state} | UNMET.get(kind, {})
    refused = place.ours.put(fresh(f"{kind}s"), read)
    assert refused.status_code == 422
    assert set(refused.get_json()["problems"]) == {name for name, _, _ in DEMANDS[kind, state]}


@pytest.mark.parametrize(("kind", "state"), [("walkabout", "complete"), ("engagement", "closed")])
def test_a_change_takes_away_nothing_that_the_state_demands(
    place: Place, kind: str, state: str
) -> None:
    address = fresh(f"{kind}s")
    read = place.ours.get(f"/api/{kind}s/{place.entries[kind]}").get_json()
    read.pop("id")
    read["properties"] |= {"status": state} | MET[kind, state]
    assert place.ours.put(address, read).status_code == 201
    read["properties"]["scan_status"] = "pending"
    refused = place.ours.put(address, read, headers={"If-Match": '"1"'})
    assert (refused.status_code, set(refused.get_json()["problems"])) == (422, {"scan_status"})


@pytest.mark.parametrize("state", ["assigned", "resolved", "verified"])
def test_a_finding_that_was_read_can_be_put_where_it_is_not_yet(place: Place, state: str) -> None:
    make_partner(db.session, "Streets")
    commit()
    read = place.ours.get(f"/api/findings/{place.entries['finding']}").get_json()
    read.pop("id")
    read["properties"] |= {"status": state} | MET["finding", state]
    address = fresh("findings")
    assert place.ours.put(address, read).status_code == 201
    kept = place.ours.get(address).get_json()
    kept.pop("id")
    again = place.ours.put(fresh("findings"), kept)
    said = again.get_json()["properties"]
    assert (again.status_code, said["status"]) == (201, state)
    names = ("resolution", "assigned_partner")
    assert [said[name] for name in names] == [kept["properties"][name] for name in names]


@pytest.mark.parametrize(
    ("kind", "state", "name"),
    [
        ("finding", "resolved", "resolved_at"),
        ("finding", "verified", "resolved_at"),
        ("engagement", "closed", "closed_at"),
    ],
)
def test_when_it_was_over_goes_with_an_entry_that_is_put_elsewhere(
    place: Place, kind: str, state: str, name: str
) -> None:
    read = place.ours.get(f"/api/{kind}s/{place.entries[kind]}").get_json()
    read.pop("id")
    assert read["properties"][name] is None
    refused = place.ours.put(fresh(f"{kind}s"), with_said(read, {name: "2026-05-01T10:00:00Z"}))
    assert (refused.status_code, set(refused.get_json()["problems"])) == (422, {name})
    read["properties"] |= {"status": state} | MET[kind, state]
    address = fresh(f"{kind}s")
    then = "2026-05-01T10:00:00+00:00"
    made = place.ours.put(address, with_said(read, {name: "2026-05-01T11:00:00+01:00"}))
    assert (made.status_code, made.get_json()["properties"][name]) == (201, then)
    assert place.public.get(address).get_json()["properties"][name] == then
    kept = place.ours.get(address).get_json()
    kept.pop("id")
    assert place.ours.put(fresh(f"{kind}s"), kept).get_json()["properties"][name] == then
    without = place.ours.put(fresh(f"{kind}s"), read).get_json()["properties"][name]
    assert without is not None
    for wrong in ("2199-05-01T10:00:00Z", "1066-10-14T10:00:00Z", "then"):
        refused = place.ours.put(fresh(f"{kind}s"), with_said(read, {name: wrong}))
        assert (refused.status_code, set(refused.get_json()["problems"])) == (422, {name})


def with_said(read: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    return read | {"properties": read["properties"] | said}


@pytest.mark.parametrize("kind", ["walkabout", "engagement"])
def test_only_its_own_team_learns_whether_there_was_intelligence(place: Place, kind: str) -> None:
    address = f"/api/{kind}s/{place.entries[kind]}"
    read = place.ours.get(address).get_json()
    read["properties"]["scan_status"] = "found"
    assert (
        place.ours.put(address, read, headers={"If-Match": read_tag(place, address)}).status_code
        == 200
    )
    assert place.ours.get(address).get_json()["properties"]["scan_status"] == "found"
    for caller in (place.theirs, place.public):
        assert "scan_status" not in caller.get(address).get_json()["properties"]
        assert "scan_status" not in caller.get(f"/api/entries?kind={kind}").text
        assert "scan_status" not in caller.get(f"/api/entries/{place.entries[kind]}/history").text
        assert "Intelligence scan" not in caller.get(f"/{kind}s/{place.entries[kind]}").text


def read_tag(place: Place, address: str) -> str:
    return str(place.ours.get(address).headers["ETag"])


def test_what_was_done_is_told_to_everybody_and_by_whom_to_people_who_are_signed_in(
    place: Place,
) -> None:
    make_partner(db.session, "Streets")
    commit()
    read = place.ours.get(f"/api/findings/{place.entries['finding']}").get_json()
    read.pop("id")
    told = {"status": "verified", "resolution": "Swept and painted.", "assigned_partner": "Streets"}
    read["properties"] |= told | {"title": "Paint on the bridge"}
    address = fresh("findings")
    assert place.ours.put(address, read).status_code == 201
    search = "kind=finding&status=any&text=paint"
    for caller, partner in ((place.ours, "Streets"), (place.theirs, "Streets"), (place.public, "")):
        (found,) = caller.get(f"/api/entries?{search}").get_json()["features"]
        for said in (found["properties"], caller.get(address).get_json()["properties"]):
            assert said["resolution"] == "Swept and painted."
            assert said.get("assigned_partner", "") == partner
            assert ("assigned_partner" in said) == bool(partner)
        table = caller.get(f"/findings.csv?{search}", buffered=True).data.decode("utf-8-sig")
        (line,) = csv.DictReader(io.StringIO(table))
        assert (line["resolution"], line["assigned_partner"]) == ("Swept and painted.", partner)


def test_a_resolution_and_a_partner_that_were_read_go_back_and_change_nothing(
    place: Place,
) -> None:
    make_partner(db.session, "Streets")
    commit()
    read = place.ours.get(f"/api/findings/{place.entries['finding']}").get_json()
    read.pop("id")
    read["properties"] |= {"status": "resolved", "assigned_partner": "Streets"}
    read["properties"] |= {"resolution": "Swept.", "title": "Paint on the bridge"}
    address = fresh("findings")
    assert place.ours.put(address, read).status_code == 201
    kept = place.ours.get(address).get_json()
    back = place.ours.put(address, kept, headers={"If-Match": read_tag(place, address)})
    assert back.status_code == 200
    again = place.ours.get(address).get_json()["properties"]
    assert again == kept["properties"]
    schemas = place.public.get("/api/openapi.json").get_json()["components"]["schemas"]
    assert {"resolution", "assigned_partner"} <= schemas["FindingProperties"]["properties"].keys()
