"""Making, signing, ending and looking through sharing agreements, as pages."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import db, now
from assetmap.models import Partner, SharingAgreement, Team, User
from assetmap.register import agreements, categories
from tests.make import (
    commit,
    make_agreement,
    make_area,
    make_category,
    make_entry,
    make_partner,
    make_team,
    make_user,
)
from tests.queries import MOST_ON_A_PAGE, counted
from tests.web.pages import press, sign_in

TODAY = now().date()
HOSTILE = "<script>alert(1)</script>{{7*7}}' OR 1=1;--"


class House:
    """Who keeps the register, with an officer; a partner, with a person of its own."""

    def __init__(self, session: Session) -> None:
        self.team: Team = make_team(session, "Ours")
        self.partner: Partner = make_partner(session, "Alder Homes")
        self.theirs: Team = make_team(session, "Theirs")
        self.theirs.partner_id = self.partner.id
        self.officer: User = make_user(session, self.team, "data_officer", "do@example.org")
        self.editor: User = make_user(session, self.team, "editor", "ed@example.org")
        self.pat: User = make_user(session, self.theirs, "viewer", "pat@example.org")
        make_entry(session, "asset", self.team, title="Hall for partners", visibility="partner")
        make_entry(session, "asset", self.team, title="Hall for all")
        self.partner_uid = str(self.partner.uid)
        commit()

    def form(self, **more: Any) -> dict[str, Any]:
        """What a data officer types."""
        return {
            "title": "Working together",
            "giver": "",
            "receiver": self.partner_uid,
            "kinds": ["asset"],
            "purpose": "Finding rooms near tenants",
            "lawful_basis": "public_task",
            "starts_on": TODAY.isoformat(),
            "ends_on": (TODAY + timedelta(days=90)).isoformat(),
        } | more


@pytest.fixture
def house(session: Session) -> House:
    return House(session)


def only(session: Session) -> SharingAgreement:
    session.expire_all()
    return session.scalars(select(SharingAgreement)).one()


def test_an_agreement_is_drafted_signed_and_ended_and_opens_in_between(
    client: FlaskClient, session: Session, house: House
) -> None:
    sign_in(client, house.officer)
    made = press(client, "/agreements/new", "/agreements/new", **house.form())
    assert made.status_code == 303
    where = made.headers["Location"]
    page = client.get(where).text
    assert "Draft: opens nothing yet" in page
    assert "What it would open" in page
    opens = agreements.opens(session, only(session), viewer=OPERATOR)
    assert opens == {"asset": 1}  # the other hall is open to everybody
    sign_in(client, house.pat)
    assert client.get(where).status_code == 404
    assert "Hall for partners" not in client.get("/").text
    sign_in(client, house.officer)
    assert press(client, f"{where}/sign", where, version=1).status_code == 303
    sign_in(client, house.pat)
    assert "Hall for partners" in client.get("/").text
    assert "End it now" not in client.get(where).text
    sign_in(client, house.officer)
    assert press(client, f"{where}/end", where, why="Contract over").status_code == 303
    assert press(client, f"{where}/end", "/agreements/new", why="Again").status_code == 303
    assert only(session).ended_why == "Contract over"
    sign_in(client, house.pat)
    assert "Hall for partners" not in client.get("/").text


def test_a_form_that_is_sent_empty_says_of_each_thing_missing_which_it_is(
    client: FlaskClient, house: House
) -> None:
    sign_in(client, house.officer)
    refused = press(client, "/agreements/new", "/agreements/new")
    for name in ("What it is called", "Who may see them", "Lawful basis", "First day"):
        assert f"{name}: " in refused.text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "a" * 161}, "title"),
        ({"receiver": ""}, "receiver"),
        ({"receiver": "01890000-0000-7000-8000-000000000000"}, "receiver"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["person"]}, "kinds"),
        ({"purpose": " "}, "purpose"),
        ({"lawful_basis": "legitimate_interests"}, "lawful_basis"),
        ({"lawful_basis": ""}, "lawful_basis"),
        ({"areas": "ward:E99"}, "areas"),
        ({"categories": ["nonsense"]}, "categories"),
        ({"fields": ["everything"]}, "fields"),
        ({"ends_on": (TODAY - timedelta(days=1)).isoformat()}, "ends_on"),
        ({"ends_on": (TODAY + timedelta(days=9999)).isoformat()}, "ends_on"),
        ({"starts_on": "tomorrow"}, "starts_on"),
    ],
)
def test_what_does_not_make_sense_is_refused_by_field_and_nothing_typed_is_lost(
    client: FlaskClient, house: House, typed: dict[str, Any], field: str
) -> None:
    sign_in(client, house.officer)
    refused = press(
        client, "/agreements/new", "/agreements/new", **house.form(terms=HOSTILE, **typed)
    )
    assert refused.status_code == 422
    assert f'href="#{field}"' in refused.text
    assert "&lt;script&gt;alert(1)" in refused.text
    assert "<script>alert(1)" not in refused.text
    assert db.session.scalar(select(SharingAgreement)) is None


def test_a_signed_agreement_is_not_changed_its_form_says_so_and_an_old_page_changes_nothing(
    client: FlaskClient, session: Session, house: House
) -> None:
    make_area(session, "E05000007")
    make_category(session, "asset", "pla_hall")
    agreed = make_agreement(session, house.partner, signed_on=None)
    commit()
    where = f"/agreements/{agreed.uid}"
    sign_in(client, house.officer)
    assert (
        press(client, f"{where}/edit", f"{where}/edit", **house.form(version=7)).status_code == 409
    )
    changed = house.form(version=1, areas="ward:E05000007", categories=["pla"], fields=["notes"])
    assert press(client, f"{where}/edit", f"{where}/edit", **changed).status_code == 303
    assert (only(session).areas, only(session).fields) == (["ward:E05000007"], ["notes"])
    assert press(client, f"{where}/sign", where, version=1).status_code == 409
    assert press(client, f"{where}/sign", where, version=2).status_code == 303
    late = press(client, f"{where}/edit", "/agreements/new", **house.form(version=3))
    assert late.status_code == 409
    told = client.get(f"{where}/edit", follow_redirects=True)
    assert told.request.path == where
    assert "A signed agreement is not changed. End it, and make another from it." in told.text
    assert "ward:E05000007" in client.get(f"/agreements/new?from={agreed.uid}").text


@pytest.mark.parametrize("who", ["editor", "pat"])
def test_only_a_data_officer_of_the_giver_makes_or_changes_one(
    client: FlaskClient, session: Session, house: House, who: str
) -> None:
    agreed = make_agreement(session, house.partner)
    commit()
    sign_in(client, getattr(house, who))
    form = house.form()
    assert press(client, "/agreements/new", "/", **form).status_code == 403
    expected = 404 if who == "editor" else 403
    for verb in ("sign", "end", "edit"):
        done = press(client, f"/agreements/{agreed.uid}/{verb}", "/", **form, version=1, why="x")
        assert done.status_code == expected
    assert only(session).version == 1


def test_every_page_of_agreements_keeps_to_its_queries(
    client: FlaskClient, session: Session, house: House
) -> None:
    for number in range(20):
        agreed = make_agreement(session, house.partner, title=f"Agreement {number}")
    commit()
    sign_in(client, house.officer)
    for page in ("/agreements/", "/agreements/new", f"/agreements/{agreed.uid}"):
        with counted() as sent:
            assert client.get(page).status_code == 200
        assert len(sent) <= MOST_ON_A_PAGE, page


def test_areas_and_categories_are_named_and_a_merged_one_says_that_nothing_is_in_it(
    client: FlaskClient, session: Session, house: House
) -> None:
    area = make_area(session)
    gone, kept = (make_category(session, "asset", code) for code in ("pla_hut", "pla_hall"))
    agreed = make_agreement(
        session, house.partner, areas=[f"ward:{area.code}"], categories=["pla_hut"]
    )
    path = f"/agreements/{agreed.uid}"
    categories.merge(session, gone, kept, viewer=OPERATOR)
    commit()
    sign_in(client, house.officer)
    page = client.get(path).text
    assert "Riverside (ward:E05000001)" in page
    assert "Pla Hut (pla_hut, merged into Pla Hall: nothing is in it now)" in page


def test_an_agreement_that_ends_soon_says_so(
    client: FlaskClient, session: Session, house: House
) -> None:
    agreed = make_agreement(session, house.partner, ends_on=TODAY + timedelta(days=7))
    commit()
    sign_in(client, house.pat)
    assert "7 days left" in client.get("/agreements/").text
    assert "It ends in 7 days" in client.get(f"/agreements/{agreed.uid}").text


def test_looking_as_a_partner_or_the_public_shows_what_they_are_shown_and_changes_nothing(
    client: FlaskClient, session: Session, house: House
) -> None:
    sign_in(client, house.editor)
    assert "Hall for partners" in client.get("/").text
    assert press(client, "/look-as", "/", partner=house.partner_uid).status_code == 303
    page = client.get("/").text
    assert "You see the register as" in page
    assert "Alder Homes" in page
    assert "Hall for partners" not in page
    make_agreement(session, house.partner)
    commit()
    assert "Hall for partners" in client.get("/").text
    refused = press(client, "/assets/", "/")
    assert refused.status_code == 403
    assert "Stop looking to change anything" in refused.text
    assert press(client, "/look-as", "/").status_code == 303
    assert "Hall for partners" not in client.get("/").text
    assert press(client, "/look-as/stop", "/").status_code == 303
    assert "You see the register as" not in client.get("/").text


def test_looking_as_a_partner_is_for_those_who_keep_records(
    client: FlaskClient, house: House
) -> None:
    sign_in(client, house.pat)
    assert press(client, "/look-as", "/", partner=house.partner_uid).status_code == 403
    assert press(client, "/look-as", "/", partner="nonsense").status_code == 403
    sign_in(client, house.editor)
    assert press(client, "/look-as", "/", partner="nonsense").status_code == 404
    assert press(client, "/look-as", "/").status_code == 303
    assert re.search(r"register as\s*<strong>the public</strong>", client.get("/").text)
