"""Merging two entries on pages."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.models import Entry
from tests.make import commit, make_entry, make_team, make_user
from tests.web.pages import press, sign_in


def signed_in(client: FlaskClient, session: Session) -> tuple[Entry, Entry]:
    """Somebody of the team that keeps two halls that are one."""
    team = make_team(session)
    user = make_user(session, team)
    keep = make_entry(session, "asset", team, title="Oak Hall")
    gone = make_entry(session, "asset", team, title="Oak <b>Halls</b>", phone="01632 960 123")
    commit()
    sign_in(client, user)
    return keep, gone


def test_two_entries_are_compared_merged_and_taken_apart_again(
    client: FlaskClient, session: Session
) -> None:
    keep, gone = signed_in(client, session)
    kept, left = keep.path, gone.path
    page = client.get(f"/merges/new?keep={keep.uid}&gone={gone.ref}")
    assert page.status_code == 200
    assert "Oak &lt;b&gt;Halls" in page.text
    versions = f"{keep.version}.{gone.version}"
    done = press(client, "/merges/", keep=keep.uid, gone=gone.uid, versions=versions, why="Same")
    assert done.status_code == 303
    result = client.get(done.location)
    assert "1 blank field filled in" in result.text
    moved = client.get(left)
    assert (moved.status_code, moved.location) == (301, kept)
    undone = press(client, f"{done.location}/undo")
    assert (undone.status_code, undone.location) == (303, kept)
    assert client.get(left).status_code == 200


def test_a_merge_made_from_an_old_page_is_refused(client: FlaskClient, session: Session) -> None:
    keep, gone = signed_in(client, session)
    answer = press(client, "/merges/", keep=keep.uid, gone=gone.uid, versions="9.9")
    assert answer.status_code == 409


def test_nobody_merges_what_is_not_theirs_or_not_there(
    client: FlaskClient, session: Session
) -> None:
    keep, _ = signed_in(client, session)
    theirs = make_entry(session, "asset", make_team(session, "Others"))
    group = make_entry(session, "group", make_team(session, "Third"))
    commit()
    for other, status in ((theirs.uid, 403), (group.uid, 422), (keep.uid, 422), ("x", 400)):
        assert client.get(f"/merges/new?keep={keep.uid}&gone={other}").status_code == status
