"""What phones deliver arrives once, whatever is sent again, and nothing of it is lost."""

import base64
import hashlib
import io
import uuid
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import Attachment, Entry, Link, Proposal, Receipt, Team
from assetmap.register import entries, merging, proposals
from tests.api.conftest import HALL, Place, fresh, hall, tagged
from tests.make import commit, make_entry

DEVICE = str(uuid.uuid4())


def numbered(number: int, device: str = DEVICE) -> dict[str, str]:
    return {"X-Device": device, "X-Number": str(number)}


def picture(colour: str = "navy") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(data, "JPEG")
    return data.getvalue()


def digest(data: bytes) -> dict[str, str]:
    said = base64.b64encode(hashlib.sha256(data).digest()).decode()
    return {"Content-Digest": f"sha-256=:{said}:", "Content-Type": "image/jpeg"}


def uid_of(address: str) -> str:
    return address.rpartition("/")[2]


def received(place: Place, device: str = DEVICE) -> dict[str, Any]:
    said: dict[str, Any] = place.ours.get(f"/api/walk/receipts/{device}").get_json()
    return said


def test_an_answer_that_was_lost_costs_nothing_even_when_others_have_changed_it_since(
    place: Place, session: Session
) -> None:
    address, walk = fresh(), {"found_on": place.entries["walkabout"]}
    made = place.ours.put(address, HALL | walk, headers=numbered(1))
    assert made.status_code == 201
    desk = place.ours.ask(
        "PATCH",
        address,
        json={"title": "Hall, renamed"},
        headers=tagged(made.get_json()["properties"]["version"]),
    )
    assert desk.status_code == 200
    again = place.ours.put(address, HALL | walk, headers=numbered(1))
    assert (again.status_code, again.get_json()) == (200, desk.get_json())
    tied = select(func.count()).select_from(Link).join(Entry, Entry.id == Link.from_id)
    assert session.scalar(tied.where(Entry.uid == uuid.UUID(uid_of(address)))) == 1
    assert received(place) == {"count": 1, "highest": 1, "missing": []}


def test_a_gap_is_named_until_what_is_missing_arrives(place: Place) -> None:
    for number in (1, 2, 5, 9):
        assert place.ours.put(fresh(), HALL, headers=numbered(number)).status_code == 201
    assert received(place) == {"count": 4, "highest": 9, "missing": [[3, 4], [6, 8]]}
    for number in (4, 3, 8, 7, 6):  # as they come
        assert place.ours.put(fresh(), HALL, headers=numbered(number)).status_code == 201
    assert received(place) == {"count": 9, "highest": 9, "missing": []}


def test_a_queue_is_of_one_person_and_a_number_of_one_thing(place: Place) -> None:
    first = fresh()
    assert place.ours.put(first, HALL, headers=numbered(1)).status_code == 201
    other = place.ours.put(fresh(), HALL, headers=numbered(1))
    assert (other.status_code, "something else" in other.get_json()["detail"]) == (409, True)
    for answer in (
        place.theirs.put(fresh(), HALL, headers=numbered(2)),
        place.theirs.get(f"/api/walk/receipts/{DEVICE}"),
    ):
        assert answer.status_code == 403
        assert "belongs to somebody else" in answer.get_json()["detail"]
    assert received(place)["count"] == 1


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"X-Device": DEVICE}, "X-Number"),
        ({"X-Number": "1"}, "X-Device"),
        (numbered(0), "X-Number"),
        (numbered(1_000_001), "X-Number"),
        ({"X-Device": "phone", "X-Number": "1"}, "X-Device"),
        ({"X-Device": DEVICE, "X-Number": "1٣"}, "X-Number"),
        ({"X-Device": DEVICE, "X-Number": "0000000199999999"}, "X-Number"),
    ],
)
def test_what_a_phone_says_of_its_queue_has_its_bounds(
    place: Place, said: dict[str, str], name: str
) -> None:
    raw = {key: value.encode().decode("latin-1") for key, value in said.items()}
    refused = place.ours.put(fresh(), HALL, headers=raw)
    assert refused.status_code == 400
    assert list(refused.get_json()["problems"]) == [name]


def test_what_was_refused_leaves_no_receipt_and_can_be_sent_mended(place: Place) -> None:
    address = fresh()
    refused = place.ours.put(address, HALL | {"title": ""}, headers=numbered(1))
    assert refused.status_code == 422
    assert received(place)["count"] == 0
    assert place.ours.put(address, HALL, headers=numbered(1)).status_code == 201
    assert received(place) == {"count": 1, "highest": 1, "missing": []}


def test_changes_to_different_fields_meet_and_neither_is_lost(place: Place) -> None:
    address, made = hall(place, phone="01632 960001")
    version = made["properties"]["version"]
    desk = place.ours.ask("PATCH", address, json={"capacity": 80}, headers=tagged(version))
    phone = place.ours.ask(
        "PATCH", address, json={"title": "New hall"}, headers=tagged(version) | numbered(1)
    )
    assert (desk.status_code, phone.status_code) == (200, 200)
    after = place.ours.get(address).get_json()["properties"]
    assert (after["title"], after["capacity"], after["phone"]) == ("New hall", 80, "01632 960001")
    replay = place.ours.ask(
        "PATCH", address, json={"title": "New hall"}, headers=tagged(version) | numbered(1)
    )
    assert replay.get_json()["properties"]["version"] == after["version"]


def test_both_values_of_one_field_are_kept_for_a_person_to_choose(
    place: Place, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposals, "MOST_OF_ONE", 0)  # however much of theirs waits already
    address, made = hall(place)
    began = tagged(made["properties"]["version"])
    place.ours.ask("PATCH", address, json={"title": "Desk's"}, headers=began)
    mine = {"title": "Phone's", "description": "Wet inside"}
    for _ in range(2):  # its answer lost once
        answer = place.ours.ask("PATCH", address, json=mine, headers=began | numbered(1))
        if answer.status_code == 409:
            assert answer.get_json()["fields"] == {"title": ["Desk's", "Phone's"]}
            (kept,) = session.scalars(select(Proposal)).all()
            assert answer.get_json()["proposal"] == str(kept.uid)
            assert kept.changes == mine
    assert answer.status_code == 202  # not as if it had been made
    assert answer.get_json() == {"received": True, "proposal": str(kept.uid)}
    assert received(place)["count"] == 1
    assert session.scalar(select(func.count()).select_from(Proposal)) == 1
    plain = place.ours.ask("PATCH", address, json=mine, headers=began)  # no phone: nothing is kept
    assert (plain.status_code, "proposal" in plain.get_json()) == (409, False)


def test_what_somebody_may_not_change_is_kept_as_a_suggestion(
    place: Place, session: Session
) -> None:
    address, made = hall(place)
    began = tagged(made["properties"]["version"])
    device = str(uuid.uuid4())
    kept = place.theirs.ask(
        "PATCH",
        address,
        json={"title": "Annexe", "tags": ["warm"]},
        headers=began | numbered(1, device),
    )
    assert kept.status_code == 202
    (proposal,) = session.scalars(select(Proposal)).all()
    assert kept.get_json() == {"received": True, "proposal": str(proposal.uid)}
    assert proposal.changes == {"title": "Annexe"}
    assert "tags: ['warm']" in proposal.note
    assert place.ours.get(address).get_json()["properties"]["title"] == "Hall"
    hidden = f"/api/assets/{place.hidden}"
    refused = place.theirs.ask(
        "PATCH", hidden, json={"title": "x"}, headers=tagged(1) | numbered(2, device)
    )
    assert refused.status_code == 412


def test_a_change_says_what_it_was_made_from_and_names_what_it_changes(place: Place) -> None:
    address, made = hall(place)
    began = tagged(made["properties"]["version"])
    cases: list[tuple[Any, dict[str, str], int, str]] = [
        ({"title": "x"}, {}, 428, ""),
        ({}, began, 422, "body"),
        ([], began, 422, "body"),
        ({"colour": "red"}, began, 422, "colour"),
        ({"title": ""}, began, 422, "title"),
        ({"title": "x"}, tagged(99), 409, ""),
    ]
    for body, headers, status, name in cases:
        refused = place.ours.ask("PATCH", address, json=body, headers=headers)
        assert refused.status_code == status, body
        assert list(refused.get_json().get("problems", {})) == ([name] if name else [])


def test_still_here_counts_for_the_day_it_was_seen_and_only_once(place: Place) -> None:
    address, _ = hall(place)
    check = f"/api/entries/{uid_of(address)}/check"
    today = now().date().isoformat()
    first = place.ours.post(check, {"how": "visit", "on": today}, headers=numbered(1))
    again = place.ours.post(check, {"how": "visit", "on": today}, headers=numbered(1))
    assert (first.status_code, again.get_json()) == (200, first.get_json())
    assert first.get_json()["properties"]["checked_on"] == today
    late = place.ours.post(check, {"on": "2026-01-01"}, headers=numbered(2))  # long in a pocket
    assert late.get_json()["properties"]["checked_on"] == today
    for day in ("2019-01-01", "2090-01-01"):
        refused = place.ours.post(check, {"on": day}, headers=numbered(3))
        assert (refused.status_code, list(refused.get_json()["problems"])) == (422, ["on"])


def test_what_is_gone_is_closed_by_those_who_may_and_suggested_by_others(
    place: Place, session: Session
) -> None:
    address, _ = hall(place)
    check = f"/api/entries/{uid_of(address)}/check"
    seen = place.theirs.post(check, {"found": "gone"}, headers=numbered(1, str(uuid.uuid4())))
    assert seen.status_code == 202
    changed = place.ours.post(
        check, {"found": "changed", "note": "Now a café"}, headers=numbered(1)
    )
    assert changed.status_code == 202
    notes = session.scalars(select(Proposal.note).order_by(Proposal.id)).all()
    assert ("It is gone." in notes[0], "Now a café" in notes[1]) == (True, True)
    gone = place.ours.post(check, {"found": "gone"}, headers=numbered(2))
    assert gone.get_json()["properties"]["status"] == "closed"


def test_a_photo_arrives_whole_or_not_at_all(place: Place, session: Session) -> None:
    address, _ = hall(place)
    photo = f"/api/entries/{uid_of(address)}/photos/{uuid.uuid4()}"
    data = picture()

    def send(path: str, body: bytes, headers: dict[str, str], number: int) -> Any:
        return place.ours.ask("PUT", path, data=body, headers=headers | numbered(number))

    damaged = send(photo, data[:-20], digest(data), 1)
    assert (damaged.status_code, list(damaged.get_json()["problems"])) == (422, ["Content-Digest"])
    unsaid = send(photo, data, {"Content-Type": "image/jpeg"}, 1)
    assert (unsaid.status_code, list(unsaid.get_json()["problems"])) == (400, ["Content-Digest"])
    assert received(place)["count"] == 0
    said = {"X-Alt-Text": "The%20hall%E2%80%99s%20door"}
    kept = send(photo, data, digest(data) | said, 1)
    again = send(photo, data, digest(data) | said, 1)
    assert (kept.status_code, again.status_code) == (200, 200)
    (row,) = session.scalars(select(Attachment)).all()
    assert (str(row.uid), row.alt_text) == (uid_of(photo), "The hall’s door")
    assert row.consent_scope == "internal"
    assert send(photo, b"<svg/>", digest(b"<svg/>"), 2).status_code == 422
    huge = b"\xff\xd8\xff" + bytes(8 * 2**20)
    assert send(photo, huge, digest(huge), 2).status_code == 413
    text = send(photo, data, digest(data) | {"Content-Type": "text/html"}, 2)
    assert text.status_code == 415
    elsewhere = f"/api/entries/{place.hidden}/photos/{uuid.uuid4()}"
    theirs = place.theirs.ask("PUT", elsewhere, data=data, headers=digest(data))
    assert theirs.status_code == 404
    assert session.scalar(select(func.count()).select_from(Receipt)) == 1


def test_a_flip_chart_is_kept_with_its_table_once_and_only_of_an_event(
    place: Place, session: Session
) -> None:
    event, walk = place.entries["engagement"], place.entries["walkabout"]
    uid, data = uuid.uuid4(), picture()

    def send(entry: object, table: str, number: int) -> Any:
        sent = digest(data) | numbered(number) | {"X-Table": table, "X-Alt-Text": "Lamps"}
        address = f"/api/entries/{entry}/photos/{uid}"
        return place.ours.ask("PUT", address, data=data, headers=sent)

    for wrong in ("0", "61", "-1", "1.5", "", "x", "9" * 400):
        answer = send(event, wrong, 1)
        assert (answer.status_code, list(answer.get_json()["problems"])) == (400, ["X-Table"])
    assert send(walk, "2", 1).status_code == 404
    assert [send(event, "2", 1).status_code for _ in range(2)] == [200, 200]
    (row,) = session.scalars(select(Attachment)).all()
    assert (row.uid, row.at_table, row.alt_text) == (uid, 2, "Lamps")
    assert received(place)["count"] == 1


@pytest.mark.parametrize("became", ["withdrawn", "merged"])
def test_a_walkabout_that_went_meanwhile_holds_nothing_up(
    place: Place, session: Session, became: str
) -> None:
    uid = uuid.UUID(place.entries["walkabout"])
    walk = session.scalars(select(Entry).where(Entry.uid == uid)).one()
    after = walk.id
    if became == "withdrawn":
        entries.withdraw(session, walk, viewer=OPERATOR, why="Planned twice")
    else:
        heir = make_entry(session, "walkabout", session.get_one(Team, walk.team_id))
        merging.merge(session, heir, walk, viewer=OPERATOR, why="Planned twice")
        after = heir.id
    commit()
    address = fresh()
    sent = place.ours.put(address, HALL | {"found_on": str(uid)}, headers=numbered(1))
    assert sent.status_code == 201, sent.get_json()
    tied = select(Link.to_id).join(Entry, Entry.id == Link.from_id)
    assert session.scalar(tied.where(Entry.uid == uuid.UUID(uid_of(address)))) == after


def test_what_was_merged_meanwhile_takes_its_photos_and_checks_along(
    place: Place, session: Session
) -> None:
    (kept, _), (gone, _) = hall(place), hall(place, title="Hall, once more")
    both = [
        session.scalars(select(Entry).where(Entry.uid == uuid.UUID(uid_of(one)))).one()
        for one in (kept, gone)
    ]
    merging.merge(session, *both, viewer=OPERATOR, why="One hall")
    commit()
    data, where = picture(), f"/api/entries/{uid_of(gone)}"
    photo = f"{where}/photos/{uuid.uuid4()}"
    for _ in range(2):
        sent = place.ours.ask("PUT", photo, data=data, headers=digest(data) | numbered(1))
        assert sent.status_code == 200, sent.get_json()
        seen = place.ours.ask("POST", f"{where}/check", json={"found": "here"}, headers=numbered(2))
        assert seen.get_json()["id"] == uid_of(kept)
    assert session.scalars(select(Attachment)).one().entry_id == both[0].id
    other = picture("red")
    taken = place.ours.ask("PUT", photo, data=other, headers=digest(other))
    assert taken.status_code == 409  # a uid is of one photo
    assert session.scalar(select(func.count()).select_from(Attachment)) == 1


def test_a_state_has_its_receipt_and_what_is_so_already_needs_nobody(place: Place) -> None:
    address, made = hall(place)
    where = f"/api/entries/{uid_of(address)}"
    for status in (200, 200):
        sent = place.ours.ask(
            "POST", f"{where}/status", json={"status": "closed"}, headers=numbered(1)
        )
        assert sent.status_code == status
    assert received(place) == {"count": 1, "highest": 1, "missing": []}
    theirs = str(uuid.uuid4())
    began = tagged(made["properties"]["version"])
    same = place.theirs.ask(
        "PATCH", address, json={"title": "Hall"}, headers=began | numbered(1, theirs)
    )
    assert (same.status_code, same.get_json()["properties"]["title"]) == (200, "Hall")
    seen = place.theirs.ask(
        "POST", f"{where}/check", json={"found": "here"}, headers=numbered(2, theirs)
    )
    assert seen.status_code == 202  # for its own team to say so
