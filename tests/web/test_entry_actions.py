"""What can be done to an entry, with answers that no form offers."""

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import Team, User
from tests.make import commit, make_entry
from tests.web.pages import press


def test_a_finding_is_assigned_to_nobody_who_is_not_on_the_list(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    finding = make_entry(session, "finding", team, status="triaged")
    path, version = f"{finding.path}/state", finding.version
    commit()
    answer = press(client, path, path, status="assigned", partner_id="999999", version=version)
    assert answer.status_code == 422
    assert "Choose who takes it on." in answer.text


def test_the_scan_that_is_not_answered_says_so_beside_its_own_question(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    walk = make_entry(session, "walkabout", team, status="underway")
    path, version = f"{walk.path}/state", walk.version
    commit()
    answer = press(client, path, path, status="complete", version=version)
    assert answer.status_code == 422
    assert 'href="#scan_status"' in answer.text
    assert 'href="#status"' not in answer.text


def test_a_nul_that_a_form_sends_is_refused_in_words_whatever_box_it_is_in(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    finding = make_entry(session, "finding", team, status="triaged")
    path, version, ref = finding.path, finding.version, finding.ref
    commit()
    forms: dict[str, dict[str, object]] = {
        "state": {"status": "no_action", "why": "It is\0 gone", "version": version},
        "withdraw": {"why": "It is\0 gone"},
        "links": {"relation": "about yes", "other": "dark\0steps"},
    }
    for form, said in forms.items():
        answer = press(client, f"{path}/{form}", path, **said)
        assert answer.status_code == 422, form
        assert "Take out the NUL character." in answer.text, form
    assert client.get(path).status_code == 200
    assert press(client, "/merges/", path, keep=ref, gone=ref, why="\0").status_code == 422


def test_an_event_that_has_yet_to_begin_has_not_taken_place(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    times: dict[str, Any] = {
        "starts_at": now() + timedelta(days=9),
        "ends_at": now() + timedelta(days=10),
    }
    hub = make_entry(session, "engagement", team, status="planned", **times)
    path, version = f"{hub.path}/state", hub.version
    commit()
    answer = press(client, path, path, status="held", version=version)
    assert answer.status_code == 422
    assert "It has yet to begin." in answer.text
    assert "stand in its form" in answer.text
