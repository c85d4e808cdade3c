"""The board of a walkabout: all that was logged on it, mended and opened several at a time."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.models import Entry, Team, User
from assetmap.register import entries, links
from assetmap.vocabulary import Relation
from tests.make import commit, make_category, make_entry, make_team
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import press


def walked(session: Session, team: Team, *logged: Entry) -> Entry:
    """A walkabout on which these were logged."""
    walk = make_entry(session, "walkabout", team, title="Riverside walk")
    for one in logged:
        links.link(session, one, Relation.FOUND_ON, walk, viewer=OPERATOR)
    commit()
    return walk


def row(entry: Entry) -> str:
    return f"{entry.id}.{entry.version}"


def again(session: Session, entry: Entry) -> Entry:
    db.session.expire_all()
    return session.get_one(Entry, entry.id, populate_existing=True)


def test_the_board_takes_few_queries_however_much_was_logged(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    found = [make_entry(session, "finding", team, title=f"Litter {n}") for n in range(12)]
    kinds = [make_entry(session, kind, team) for kind in ("asset", "group", "offer")]
    make_entry(session, "hotspot", team, title="By the lock-ups")
    walk = walked(session, team, *found, *kinds)
    with counted() as sent:
        page = client.get(f"{walk.path}/board")
    assert page.status_code == 200
    assert page.text.count('name="row"') == 15
    assert "By the lock-ups" in page.text
    assert "Perhaps" in page.text
    assert len(questions(sent)) <= MOST_ON_A_PAGE, "\n".join(questions(sent))
