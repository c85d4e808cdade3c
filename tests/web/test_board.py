"""The board of a walkabout: all that was logged on it, mended and opened several at a time."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap.access import OPERATOR
from assetmap.db import db
from assetmap.models import Entry, Team, User
from assetmap.register import deliveries, entries, links
from assetmap.vocabulary import Kind, Relation
from tests.make import commit, make_category, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.filled import filled
from tests.web.pages import press, sign_in


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


def test_ticked_rows_are_classified_opened_and_taken_back(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    make_category(session, "finding", "env_graf", default_visibility="partner")
    some = [
        make_entry(session, "finding", team, title=f"Paint {n}", visibility="team") for n in "ab"
    ]
    walk = walked(session, team, *some)
    board = f"{walk.path}/board"
    done = press(
        client, board, do="classify", row=[row(s) for s in some], to_category="finding:env_graf"
    )
    assert done.status_code == 303, done.text
    graffiti = {again(session, one).category_id for one in some}
    assert len(graffiti) == 1
    rows = [row(again(session, one)) for one in some]
    refused = press(client, board, do="publish", row=rows, visibility="public")
    assert refused.status_code == 422
    assert "The category keeps FND" in refused.text
    opened = press(client, board, do="publish", row=rows, visibility="public", anyway="true")
    assert [again(session, one).visibility for one in some] == ["public", "public"]
    back = press(client, opened.location.replace("/board?", "/board/undo?"))
    assert back.status_code == 303, back.text
    assert [again(session, one).visibility for one in some] == ["team", "team"]
    again_back = press(client, opened.location.replace("/board?", "/board/undo?"))
    assert again_back.status_code == 409


def test_one_row_that_somebody_changed_meanwhile_stops_them_all(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    one, other = (make_entry(session, "finding", team, title=f"Lamp {n}") for n in "ab")
    walk = walked(session, team, one, other)
    seen = [row(one), row(other)]
    entries.move(session, other, "triaged", viewer=OPERATOR)
    commit()
    answer = press(client, f"{walk.path}/board", do="withdraw", row=seen, why="Not for us")
    assert answer.status_code == 409
    assert f"Somebody changed {other.ref} “Lamp b” meanwhile" in answer.text.replace("&#34;", '"')
    assert again(session, one).is_live


@pytest.mark.parametrize("act", ["state", "about", "withdraw"])
def test_what_a_board_did_to_several_rows_is_taken_back_exactly(
    client: FlaskClient, session: Session, team: Team, editor: User, act: str
) -> None:
    some = [make_entry(session, "finding", team, title=f"Lamp {n}") for n in "ab"]
    spot = make_entry(session, "hotspot", team)
    walk = walked(session, team, *some)
    said = {"to_status": "finding:triaged", "hotspot": str(spot.uid), "why": "A test"}
    rows = [row(one) for one in some]
    done = press(client, f"{walk.path}/board", do=act, row=rows, **said)
    assert done.status_code == 303, done.text
    lost = act == "withdraw"
    assert (client.get(done.location).text.count('name="row"') == 0) is lost
    back = press(client, done.location.replace("/board?", "/board/undo?"))
    assert back.status_code == 303, back.text
    for one in (again(session, one) for one in some):
        assert (one.status, one.is_live) == ("new", True)
        assert not [
            tie for tie in links.direct(session, one, viewer=OPERATOR) if tie.relation == "about"
        ]


def test_several_that_are_one_become_one_and_several_again(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    some = [make_entry(session, "asset", team, title=f"Oak Hall {n}") for n in "abc"]
    finding = make_entry(session, "finding", team)
    walk = walked(session, team, *some, finding)
    board, rows = f"{walk.path}/board", [row(one) for one in some]
    mixed = press(client, board, do="merge", row=[*rows, row(finding)])
    assert mixed.status_code == 422
    done = press(client, board, do="merge", row=rows, keep=some[1].id)
    assert done.status_code == 303, done.text
    assert [again(session, one).merged_into_id for one in some] == [some[1].id, None, some[1].id]
    press(client, done.location.replace("/board?", "/board/undo?"))
    assert [again(session, one).merged_into_id for one in some] == [None, None, None]


def test_rows_of_others_have_no_tick_box_and_are_never_changed(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    theirs = make_entry(session, "finding", make_team(session, "Next door"), title="Not ours")
    walk = walked(session, team, theirs)
    page = client.get(f"{walk.path}/board").text
    assert "Kept by Next door" in page
    assert 'name="row"' not in page
    answer = press(client, f"{walk.path}/board", do="withdraw", row=row(theirs), why="Mine now")
    assert answer.status_code == 403
    assert again(session, theirs).is_live


def test_the_board_says_who_offers_each_offer_as_far_as_that_may_be_seen(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    givers = [
        make_entry(session, "group", team, title=title, visibility=seen)
        for title, seen in (("Chess club", "public"), ("Sealed circle", "restricted"))
    ]
    offers = [make_entry(session, "offer", team, group=giver.uid) for giver in givers]
    offers.append(make_entry(session, "offer", team, person_role="Shopkeeper"))
    page = client.get(f"{walked(session, team, *offers).path}/board").text
    assert "Offered by Chess club" in page
    assert "Offered by Shopkeeper" in page
    assert "Sealed circle" not in page


def test_the_board_is_narrowed_to_what_still_needs_something(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    plain = make_entry(session, "asset", team, title="Mill Hall")
    named = make_entry(session, "asset", team, title="Quay", description="Ring 07700 900123")
    walk = walked(session, team, plain, named)
    shown = re.findall(
        r'class="what-title"[^>]*>([^<]+)<', client.get(f"{walk.path}/board?needs=words").text
    )
    assert shown == ["Quay"]
    named = make_entry(
        session, "asset", team, title="Barn", visibility="team", description="Ring 07700 900123"
    )
    links.link(session, named, Relation.FOUND_ON, walk, viewer=OPERATOR)
    commit()
    opened = press(client, f"{walk.path}/board", do="publish", row=row(named), visibility="public")
    assert "Look first at the words of AST" in opened.text
    assert client.get(f"{walk.path}/board?needs=nothing").status_code == 400


def test_what_a_phone_could_not_change_is_told_apart_and_counted_on_its_board(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    hall, other = (make_entry(session, "asset", team, title=name) for name in ("Hall", "Barn"))
    walk = walked(session, team, hall)
    press(client, f"{other.path}/suggest", uid=uuid7(), base_version=1, was="{}", about="closed")
    fields = {"phone": "01632 960 001"}
    deliveries.suggest(session, hall.uid, Kind.ASSET, fields, viewer=OPERATOR, base_version=1)
    commit()
    assert "1 change from a phone could not be made" in client.get(f"{walk.path}/board").text
    tray = client.get(f"/proposals/?maker=phone&found_on={walk.uid}").text
    assert ">Hall</a>" in tray
    assert ">Barn</a>" not in tray
    waits = re.search(r'href="(/proposals/[0-9a-f-]{36})">Hall', tray)
    assert waits
    asked = client.get(waits[1]).text
    assert "On the register now" in asked
    assert "On the phone" in asked


def test_the_next_walk_is_planned_from_a_form_filled_in(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    finding = make_entry(session, "finding", team, title="Lamp out", visibility="team")
    walk = make_entry(session, "walkabout", team, title="Riverside", starts_at="2026-11-01T10:00Z")
    commit()
    with counted() as sent:
        page = client.get(f"{walk.path}/next").text
    assert "Lamp out" in page
    assert len(questions(sent)) <= MOST_ON_A_PAGE
    form = filled(client.get(f"/walkabouts/new?after={walk.uid}").text, "/new")
    assert form["title"] == "After Riverside"
    assert form["aims"].startswith("Look again at each stop")  # which are named once
    assert form["stops"].startswith(f"{finding.ref} | -1.9")  # its title is the team's alone
    assert '"Polygon"' in form["geometry"]
    assert client.get("/walkabouts/new?after=yesterday").status_code == 400


def test_a_walk_that_is_planned_after_another_came_out_of_it(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    make_entry(session, "finding", team, title="Lamp out")
    walk = make_entry(session, "walkabout", team, title="Riverside", starts_at="2026-11-01T10:00Z")
    commit()
    form = filled(client.get(f"/walkabouts/new?after={walk.uid}").text, "/new")
    refused = client.post("/walkabouts/new", data=form)  # it does not say when
    assert refused.status_code == 422
    again = filled(refused.text, "/new")
    again["starts_at"] = "2026-12-01T10:00"
    assert client.post("/walkabouts/new", data=again).status_code == 303
    session.rollback()
    ahead = links.chain(session, walk, viewer=OPERATOR).led_to
    assert [(step.relation, step.hit.entry.title) for step in ahead] == [
        ("led_to", "After Riverside")
    ]
    later = client.get(ahead[0].hit.entry.path).text
    assert re.search(r"(?is)came out of.*?Riverside", later)


def test_nothing_of_what_is_restricted_shows_until_it_is_said_why(
    client: FlaskClient, session: Session, team: Team
) -> None:
    keeper = make_user(session, team, "editor", "lead@demo.example")
    sign_in(client, keeper)
    hall = make_entry(session, "asset", team, title="Hall")
    make_category(session, "asset", "pla_refu", "Refuge")
    shut = make_entry(
        session, "asset", team, title="The Hall", category="pla_refu", visibility="restricted"
    )
    walk = walked(session, team, hall, shut)
    board = client.get(f"{walk.path}/board").text
    assert shut.ref in board
    assert "The Hall" not in board
    assert "pla_refu" not in re.sub(r"(?s)<optgroup.*?</optgroup>", "", board)
    assert shut.ref not in client.get(f"{walk.path}/board?category=pla_refu").text
    closed = make_entry(session, "walkabout", team, title="Quiet walk", visibility="restricted")
    commit()
    for page in ("board", "next", "rekey", "pack.html"):
        assert client.get(f"{closed.path}/{page}").status_code == 428, page


def test_the_file_of_a_board_holds_the_rows_that_the_board_is_narrowed_to(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    new = make_entry(session, "finding", team, title="Lamp out")
    seen = make_entry(session, "finding", team, title="Kerb", status="triaged")
    hall = make_entry(session, "asset", team, title="Hall")
    walk = walked(session, team, new, seen, hall)

    def taken(query: str) -> set[str]:
        board = client.get(f"{walk.path}/board{query}").text
        link = re.search(r'href="([^"]+)">Download as CSV', board)
        assert link
        file = client.get(link[1].replace("&amp;", "&"))
        assert (file.status_code, file.mimetype) == (200, "text/csv")
        return {one.title for one in (new, seen, hall) if one.ref in file.text}

    assert taken("") == {"Lamp out", "Kerb", "Hall"}
    assert taken("?kind=finding&sort=title") == {"Lamp out", "Kerb"}
    assert taken("?needs=triage") == {"Lamp out"}
    assert taken("?needs=triage&kind=asset") == set()
