"""What the page of one entry gives away, on both databases."""

import re

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.models import Team, User
from assetmap.register import links
from assetmap.vocabulary import Relation
from tests.make import commit, make_area, make_category, make_entry, make_team
from tests.queries import MOST_ON_A_PAGE, counted
from tests.web.filled import send


def test_the_address_of_a_place_shown_less_closely_is_nowhere_on_a_page(
    client: FlaskClient, session: Session, team: Team
) -> None:
    home = make_entry(session, "finding", team, precision="ward", address="5 Elm Street")
    walk = make_entry(session, "walkabout", team, precision="ward", address="9 Oak Road")
    links.link(session, home, Relation.FOUND_ON, walk, viewer=OPERATOR)
    pages = [home.path, walk.path, "/walkabouts/", "/"]
    commit()
    for path in pages:
        text = client.get(path).text
        assert "5 Elm Street" not in text
        assert "9 Oak Road" not in text


def test_all_that_came_before_something_can_be_reached_from_its_page(
    client: FlaskClient, session: Session, team: Team
) -> None:
    walk = make_entry(session, "walkabout", team)
    found = [make_entry(session, "finding", team, title=f"Step {n:02}") for n in range(9)]
    for one in found:
        links.link(session, walk, Relation.ABOUT, one, viewer=OPERATOR)
    path, paths = walk.path, [one.path for one in found]
    commit()
    page = client.get(path).text
    assert "3 more before it" in page
    assert all(f'href="{one}"' in page for one in paths)


def test_whom_something_may_repeat_is_told_without_the_address_of_a_home(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    theirs = make_team(session, "Hilltop team")
    home = make_entry(
        session, "asset", theirs, title="Food hall", precision="street", address="5 Elm Street"
    )
    ref = home.ref
    commit()
    answer = send(client, "/assets/new", title="Food hall", category="pla_hall")
    assert ref in answer.text
    assert "5 Elm Street" not in answer.text


def test_a_changed_category_is_told_by_its_name_in_no_more_queries_than_a_page_may_send(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    make_category(session, "asset", "pla_hall", "Community hall")
    make_category(session, "asset", "lyp_libr", "Library")
    ward = make_area(session)
    hall = make_entry(session, "asset", team, covers_areas=[ward.code])
    path, version = hall.path, hall.version
    commit()
    answer = send(client, f"{path}/edit", category="lyp_libr", version=str(version))
    assert answer.status_code == 303, answer.text
    db.session.close()
    with counted() as sent:
        page = client.get(path).text
    assert len(sent) <= MOST_ON_A_PAGE
    assert "<del>Community hall</del>" in re.sub(r">\s+|\s+<", lambda m: m[0].strip(), page)
    assert "lyp_libr" not in page.partition("History")[2]
