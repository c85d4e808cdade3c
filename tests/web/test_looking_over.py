"""What was typed and may point at somebody is asked about once, and nothing is lost."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.models import Asset, Entry, Finding, Team, User
from assetmap.vocabulary import Kind
from tests.make import commit, draft_fields, make_entry
from tests.web.filled import filled, send
from tests.web.pages import token

PHONE = "01632 960123"


def names_of(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'name="(text\.[0-9a-f]+)"', page)))


def again(client: FlaskClient, page: TestResponse, path: str, **more: str) -> TestResponse:
    """Send the form that came back, with what it holds and these answers."""
    said = filled(page.text, path)
    for name, value in {**more, "csrf_token": token(client, path)}.items():
        said[name] = value
    return client.post(path, data=said)


def hall(session: Session) -> Asset:
    return session.scalars(select(Asset).execution_options(populate_existing=True)).one()


@pytest.mark.parametrize(
    ("answer", "description", "phone"),
    [
        ("leave", f"Ring {PHONE} first.", ""),
        ("remove", "Ring first.", ""),
        ("contact", "Ring first.", PHONE),
    ],
)
def test_a_number_in_a_text_is_asked_about_and_what_is_answered_is_done(
    client: FlaskClient,
    session: Session,
    team: Team,
    editor: User,
    answer: str,
    description: str,
    phone: str,
) -> None:
    path = make_entry(session, "asset", team, title="Mill Hall").path + "/edit"
    commit()
    asked = send(client, path, description=f"Ring {PHONE} first.")
    assert asked.status_code == 200
    assert "Should this be kept here?" in asked.text
    assert hall(session).description == ""
    (name,) = names_of(asked.text)
    done = again(client, asked, path, **{name: answer})
    assert done.status_code == 303
    assert (hall(session).description, hall(session).phone) == (description, phone)
    # what is there already is not asked about again
    assert send(client, path, title="Mill Hall and yard").status_code == 303


def test_one_press_leaves_all_and_an_answer_holds_while_the_form_comes_back(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    needed = draft_fields(session, Kind.FINDING)
    commit()
    typed = {"title": "Steps", "category": str(needed["category"]), "description": f"Ring {PHONE}"}
    asked = send(client, "/findings/new", **typed)
    left = again(client, asked, "/findings/new", text_all="leave", severity="9")
    assert left.status_code == 422
    (name,) = names_of(left.text)
    assert f'name="{name}" value="leave"' in left.text
    assert "Should this be kept here?" not in left.text
    saved = again(client, left, "/findings/new", severity="2")
    assert saved.status_code == 303
    assert session.scalars(select(Finding.description)).one() == f"Ring {PHONE}"


def test_a_crime_with_a_name_goes_on_to_be_passed_on_and_is_not_saved(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    entry = make_entry(session, "walkabout", team)
    path = entry.path + "/edit"
    commit()
    said = "Kevin Smith sells drugs by the steps"
    asked = send(client, path, summary=said)
    (name,) = names_of(asked.text)
    onward = again(client, asked, path, **{name: "route"})
    assert "Pass it on" in onward.text
    assert said in onward.text
    assert session.scalars(select(Entry.version)).one() == 1


def test_what_has_no_contact_field_is_saved_without_it_and_a_contact_is_added_next(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    entry = make_entry(session, "walkabout", team)
    path, uid = entry.path + "/edit", entry.uid
    commit()
    asked = send(client, path, aims=f"Meet Jo, {PHONE}")
    (name,) = names_of(asked.text)
    done = again(client, asked, path, **{name: "contact"})
    assert (done.status_code, done.location) == (303, f"/contacts/new?at={uid}")
    form = re.compile(rf'name="phone"[^>]*value="{PHONE}"', re.DOTALL)
    assert [bool(form.search(client.get(done.location).text)) for _ in range(2)] == [True, False]


def test_a_second_number_that_is_taken_out_stands_in_the_notes_of_the_contact(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    path = make_entry(session, "walkabout", team).path + "/edit"
    commit()
    asked = send(client, path, aims=f"Meet Jo, {PHONE}, or ring Ann on 01632 960456")
    done = again(client, asked, path, **dict.fromkeys(names_of(asked.text), "contact"))
    page = client.get(done.location).text
    assert re.search(rf'name="phone"[^>]*value="{PHONE}"', page)
    assert re.search(r'name="notes"[^>]*>\s*01632 960456', page)


def test_what_no_contact_has_a_field_for_goes_to_none_whatever_is_answered(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    path = make_entry(session, "asset", team).path + "/edit"
    commit()
    asked = send(client, path, description="The van is AB12 CDE")
    (name,) = names_of(asked.text)
    still = again(client, asked, path, **{name: "contact"})
    assert (still.status_code, names_of(still.text)) == (200, [name])
