"""What only the pages of offers do."""

import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.db import db
from assetmap.models import Offer, Team, User
from tests.make import commit, make_area, make_category, make_entry
from tests.web.filled import filled, send


@pytest.fixture(autouse=True)
def category(session: Session) -> None:
    make_category(session, "offer", "food_meal", "Meal")


def saved(session: Session) -> Offer:
    db.session.expire_all()
    return session.scalars(select(Offer)).one()


def log(client: FlaskClient, **said: str | list[str]) -> str:
    needed: dict[str, str | list[str]] = {"title": "Hot lunch", "category": "food_meal"}
    answer = send(client, "/offers/new", **needed | said)
    assert answer.status_code == 303, answer.text
    return client.get(answer.location.removesuffix("/logged")).text


@pytest.mark.parametrize("kind", ["group", "asset"])
@pytest.mark.parametrize("by_name", [True, False])
def test_a_group_or_a_place_that_offers_is_named_or_given_by_reference(
    client: FlaskClient, session: Session, team: Team, editor: User, kind: str, by_name: bool
) -> None:
    giver = make_entry(session, kind, team, title="Riverside Kitchen")
    key, ref, path = giver.id, giver.ref, giver.path
    commit()
    page = log(client, offeror="riverside kitchen" if by_name else f"{ref} whatever follows")
    assert getattr(saved(session), f"{kind}_id") == key
    assert f'<a href="{path}">Riverside Kitchen</a>' in page


def test_an_offer_by_nobody_or_by_two_is_refused_under_the_box(
    client: FlaskClient, session: Session, team: Team, editor: User
) -> None:
    make_entry(session, "group", team, title="Riverside Kitchen")
    commit()
    said = {"title": "Hot lunch", "category": "food_meal"}
    for more in ({}, {"offeror": "Riverside Kitchen", "person_role": "Cook"}):
        answer = send(client, "/offers/new", **said, **more)
        assert answer.status_code == 422
        assert 'href="#person_role"' in answer.text
    unknown = send(client, "/offers/new", **said, offeror="Nobody of this name")
    assert 'href="#offeror"' in unknown.text
    assert 'href="#person_role"' not in unknown.text


@pytest.mark.parametrize(
    ("days", "week", "own", "words"),
    [
        (["TU"], "", "", "Every Tuesday"),
        (["MO", "FR"], "", "", "Every Monday and Friday"),
        (["MO"], "1", "", "First Monday of the month"),
        ([], "", "FREQ=DAILY;INTERVAL=2", "Every 2 days"),
    ],
)
def test_when_it_repeats_is_ticked_or_written_and_read_back_in_words(
    client: FlaskClient,
    session: Session,
    editor: User,
    days: list[str],
    week: str,
    own: str,
    words: str,
) -> None:
    commit()
    page = log(client, person_role="Cook", pattern_days=days, pattern_week=week, pattern=own)
    assert words in page
    again = filled(client.get(f"{saved(session).path}/edit").text, "/edit")
    assert again.getlist("pattern_days") == days
    assert (again["pattern_week"], again["pattern"]) == (week, own)


def test_cost_conditions_and_checks_are_said_in_words(
    client: FlaskClient, session: Session, editor: User
) -> None:
    commit()
    page = log(
        client,
        person_role="Cook",
        cost_pence="£2.50",
        notice_days="2",
        conditions="Under 18s with an adult",
        checks_needed=["food_hygiene"],
        check_status="passed",
        quantity="40",
        unit="places",
    )
    for words in ("£2.50", "2 days", "Under 18s with an adult", "Food hygiene", "40 places"):
        assert words in page


@pytest.mark.parametrize(
    "typed", ["two pounds", "-1", "2.505", "NaN", "1e400", "2,50", "1,00", "1000001"]
)
def test_a_cost_that_is_no_money_is_refused(
    client: FlaskClient, session: Session, editor: User, typed: str
) -> None:
    commit()
    answer = send(client, "/offers/new", cost_pence=typed)
    assert 'href="#cost_pence"' in answer.text
    assert filled(answer.text, "/new")["cost_pence"] == typed


@pytest.mark.parametrize(("typed", "kept"), [("1,000", 1000), ("1 000.5", 1000.5), ("2,5", None)])
def test_a_comma_in_a_number_parts_thousands_or_the_number_is_refused(
    client: FlaskClient, session: Session, editor: User, typed: str, kept: float | None
) -> None:
    commit()
    said = {"title": "Soup", "category": "food_meal", "person_role": "Cook", "placeless": "yes"}
    answer = send(client, "/offers/new", **said, quantity=typed)
    if kept is None:
        assert 'href="#quantity"' in answer.text
        assert filled(answer.text, "/new")["quantity"] == typed
    else:
        assert float(saved(session).quantity or 0) == kept


def test_an_offer_past_its_day_says_that_nobody_finds_it_until_it_is_offered_again(
    client: FlaskClient, session: Session, editor: User
) -> None:
    commit()
    said = "The day to ask again has passed"
    needed = {"title": "Soup", "category": "food_meal", "person_role": "Cook", "placeless": "yes"}
    answer = send(client, "/offers/new", **needed, expires_on="2020-01-01")
    logged = client.get(answer.location)
    assert said in logged.text
    offer = saved(session)
    assert f'href="{offer.path}/edit#expires_on"' in logged.text
    page = client.get(offer.path).text
    assert said in page
    assert re.findall(r'entry-line">\s*<span class="tag tag--\w+">(\w+)', page) == ["Expired"]
    assert f'<a href="{offer.path}/state">Put it on offer again</a>' in page
    send(client, f"{offer.path}/state", status="offered")
    assert said not in client.get(offer.path).text


@pytest.mark.parametrize("status", ["offered", "confirmed"])
def test_the_search_the_page_and_the_form_say_that_an_offer_past_its_day_has_expired(
    client: FlaskClient, session: Session, team: Team, editor: User, status: str
) -> None:
    made = make_entry(session, "offer", team, status=status, expires_on=date(2020, 1, 1))
    commit()
    for page in ("/search?status=any", made.path, f"{made.path}/state"):
        tags = re.findall(r'<span class="tag tag--\w+">(\w+)', client.get(page).text)
        assert (page, tags[-1]) == (page, "Expired")


def test_areas_it_covers_are_ticked_or_named(
    client: FlaskClient, session: Session, editor: User
) -> None:
    make_area(session)
    make_area(session, "E05000002", "Hollins")
    commit()
    page = log(client, person_role="Cook", covers_areas=["E05000001"], covers_areas_named="hollins")
    assert "/areas/E05000001" in page
    assert "/areas/E05000002" in page
    answer = send(client, "/offers/new", covers_areas_named="Nowhere at all")
    assert 'href="#covers_areas_named"' in answer.text
