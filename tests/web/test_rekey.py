"""Keying in a paper sheet: all or nothing, nothing typed is lost, and nothing is added twice."""

import re
from typing import Any

import pytest
import shapely
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap.models import Asset, Entry, Finding, Link, Offer, Proposal
from tests.make import commit, make_category, make_entry, make_team, make_user, shape_json
from tests.web.pages import press, sign_in

AREA = shape_json(shapely.box(-1.93, 53.73, -1.91, 53.74))


@pytest.fixture
def desk(session: Session, client: FlaskClient) -> str:
    """The address of a walkabout whose pack 1 numbers a hall (1) and a hut (2)."""
    team = make_team(session)
    user = make_user(session, team, "logger", "desk@demo.example")
    for scheme, code, label in (
        ("finding", "env_litt", "Litter"),
        ("finding", "env_tip", "Fly-tipping"),
        ("offer", "food_meal", "Hot meal"),
    ):
        make_category(session, scheme, code, label)
    walk = make_entry(session, "walkabout", team, title="Round the flats", geometry=AREA)
    make_entry(session, "asset", team, title="Hall", review_due="2020-01-01")
    make_entry(session, "asset", team, title="Hut")
    path = walk.path
    commit()
    sign_in(client, user)
    assert client.get(f"{path}/pack.html").status_code == 200
    return path


def sheet(*rows: dict[str, str], **more: str) -> dict[str, str]:
    """A form with these rows, each with a uid of its own."""
    typed = {"rows": "10", "do": "save", "pack": "1"} | more
    for number, row in enumerate(rows, 1):
        typed |= {f"{name}-{number}": said for name, said in row.items()}
        typed[f"uid-{number}"] = row.get("uid") or str(uuid7())
    return typed


LITTER = {"kind": "finding", "title": "Cans by the steps", "category": "env_l", "where": "1"}
LUNCH = {"kind": "offer", "title": "Soup on Tuesdays", "category": "hot", "where": "-"}


def of(session: Session, model: Any) -> list[Any]:
    session.rollback()
    return list(session.scalars(select(model).order_by(model.id)))


def test_a_sheet_is_logged_and_linked_sent_twice_it_is_there_once_and_undone_it_is_gone(
    client: FlaskClient, session: Session, desk: str
) -> None:
    typed = sheet(
        LITTER | {"severity": "3", "note": "Every Friday"},
        LUNCH | {"who": "1"},
        LUNCH | {"title": "Mending bikes", "who": "role retired mechanic"},
        here="2",
        changed="1 opens at ten now",
    )
    sent = press(client, f"{desk}/rekey", f"{desk}/rekey", **typed)
    assert (sent.status_code, sent.location.count("entry=")) == (303, 3)
    again = press(client, f"{desk}/rekey", f"{desk}/rekey", **typed)
    assert again.location == sent.location
    (finding,) = of(session, Finding)
    hall, hut = of(session, Asset)
    assert (finding.severity, finding.description) == (3, "Every Friday")
    assert (finding.longitude, finding.latitude) == (hall.longitude, hall.latitude)
    offers = [(one.title, one.asset_id, one.person_role) for one in of(session, Offer)]
    assert offers == [
        ("Soup on Tuesdays", hall.id, ""),
        ("Mending bikes", None, "retired mechanic"),
    ]
    assert hut.checked_on is not None
    assert [one.relation for one in of(session, Link)].count("found_on") == 3
    assert "opens at ten now" in of(session, Proposal)[0].note
    page = client.get(sent.location)
    assert "3 logged" in page.text
    uids = re.findall(r'name="entry" value="([^"]+)"', page.text)
    gone = press(client, f"{desk}/rekeyed", sent.location, entry=uids)
    assert gone.status_code == 303
    assert all(not one.is_live for one in (*of(session, Finding), *of(session, Offer)))


def test_one_wrong_cell_saves_nothing_says_which_and_keeps_what_was_typed(
    client: FlaskClient, session: Session, desk: str
) -> None:
    typed = sheet(
        LITTER,
        {"kind": "finding", "title": "Sofa", "category": "env", "where": "77", "severity": "9"},
        LUNCH | {"who": ""},
        LITTER | {"where": "Behind the flats"},
        here="1 1-99",
        gone="1",
    )
    page = press(client, f"{desk}/rekey", f"{desk}/rekey", **typed)
    assert page.status_code == 422
    for cell in ("category-2", "where-2", "severity-2", "who-3", "where-4", "here"):
        assert f'id="{cell}-error"' in page.text, cell
    assert "or - for none and put these words into the note" in page.text
    assert "Which one? env_litt Litter; env_tip Fly-tipping." in page.text
    assert 'value="Cans by the steps"' in page.text
    assert 'id="title-1-error"' not in page.text
    assert of(session, Finding) == []


def test_what_may_be_there_already_and_what_names_somebody_is_asked_about_first(
    client: FlaskClient, session: Session, desk: str
) -> None:
    hall = {"kind": "asset", "title": "The Hall", "category": "pla_hall", "where": "1"}
    typed = sheet(hall, LITTER | {"note": "Ring 01632 960123"})
    page = press(client, f"{desk}/rekey", f"{desk}/rekey", **typed)
    assert page.status_code == 422
    assert "is it on the register already?" in page.text
    (same,) = re.findall(r'name="same-1"\s+value="([^"n][^"]+)"', page.text)
    (key,) = re.findall(r'name="leave-2"\s+value="([^"]+)"', page.text)
    assert len(of(session, Asset)) == 2
    answers = {"same-1": same, "leave-2": key}
    sent = press(client, f"{desk}/rekey", f"{desk}/rekey", **typed, **answers)
    assert sent.status_code == 303
    assert same not in sent.location  # what was there before is not undone with the sheet
    assert len(of(session, Asset)) == 2
    assert {session.get_one(Entry, one.from_id).title for one in of(session, Link)} == {
        "Hall",
        "Cans by the steps",
    }


def test_without_scripts_enter_only_looks_and_more_rows_keep_what_was_typed(
    client: FlaskClient, session: Session, desk: str
) -> None:
    looked = press(client, f"{desk}/rekey", f"{desk}/rekey", **sheet(LITTER, do="look"))
    assert (looked.status_code, "can be saved" in looked.text) == (200, True)
    more = press(client, f"{desk}/rekey", f"{desk}/rekey", **sheet(LITTER, do="more"))
    assert 'id="title-20"' in more.text
    assert 'value="Cans by the steps"' in more.text
    assert of(session, Finding) == []
