"""The list of people a team knows: its queries, and who is still to be told of being on it."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import AuditEntry, Membership
from assetmap.register import consents, person_reading, persons
from assetmap.schemas.persons import PersonSearch
from assetmap.vocabulary import ContactChannel, ContactPurpose
from tests import make
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import press, sign_in


def test_every_page_of_people_keeps_to_its_queries(client: FlaskClient, session: Session) -> None:
    team, theirs = make.make_team(session), make.make_team(session, "A partner's")
    theirs.partner_id = make.make_partner(session).id
    officer = make.make_user(session, team, "data_officer", "do@example.org")
    session.add(Membership(user_id=officer.id, team_id=theirs.id, role="editor"))
    hall = make.make_entry(session, "asset", team)
    for number in range(12):
        person = make.make_person(session, team, at=hall, email=f"p{number}@people.example")
        make.make_consent(session, person)
    where = f"/contacts/{person.uid}"
    make.commit()
    sign_in(client, officer)
    assert "All of them" in client.get("/contacts/").text  # they are in several teams
    for page in ("/contacts/", "/contacts/new", where, f"{where}/agree"):
        with counted() as sent:
            assert client.get(page).status_code == 200
        assert len(questions(sent)) <= MOST_ON_A_PAGE, page


def test_whoever_did_not_give_their_details_themselves_is_listed_until_they_are_told(
    client: FlaskClient, session: Session
) -> None:
    team = make.make_team(session)
    editor = make.make_user(session, team)
    other = make.make_user(session, make.make_team(session, "Theirs"), "editor", "o@example.org")
    make.make_person(session, team)
    sam = make.make_person(session, team, name="Sam", email="s@people.example")
    late = make.make_person(session, team, name="Lou", email="l@people.example")
    for one in (sam, late):
        one.got_from = "other"
    late.created_at = now() - timedelta(days=40)
    uid = late.uid
    make.commit()
    sign_in(client, editor)
    assert "1 person was not told" in client.get("/contacts/").text
    page = client.get("/contacts/?untold=true").text
    assert "Sam" in page
    assert page.count("To be told by") == 2
    assert "Pat" not in page
    where = f"/contacts/{uid}"
    assert "They should have been told by" in client.get(where).text
    for _ in range(2):
        assert press(client, f"{where}/told", where).status_code == 303
    assert "To be told by" not in client.get(where).text
    assert "1 person was not told" not in client.get("/contacts/").text
    noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "changed")).all()
    assert [one.fields for one in noted] == [["told_on"]]
    sign_in(client, other)
    assert press(client, f"{where}/told", "/account/").status_code == 404
    make.make_consent(session, sam)
    assert sam.told_on is not None  # what they were told when they agreed says it


def test_whoever_stops_being_shown_at_one_team_is_shown_by_no_other_with_the_same_address(
    client: FlaskClient, session: Session
) -> None:
    team, theirs = make.make_team(session), make.make_team(session, "A partner's")
    partner = make.make_partner(session)
    theirs.partner_id = partner.id
    reader = make.make_user(session, theirs, "viewer", "reader@example.org")
    make.make_agreement(session, partner, fields=["contact"])
    hall = make.make_entry(session, "asset", team, visibility="partner")
    pat = make.make_person(session, team, at=hall)
    make.make_consent(session, pat, "sharing")
    elsewhere = make.make_person(session, make.make_team(session, "Another team"))
    make.make_consent(session, elsewhere, "sharing", "post")
    make.commit()
    sign_in(client, reader)
    where, sharing, by_post = f"/contacts/{pat.uid}", ContactPurpose.SHARING, ContactChannel.POST
    assert client.get(where).status_code == 200
    consents.withdraw(session, elsewhere, sharing, by_post, viewer=OPERATOR)
    make.commit()
    assert client.get(where).status_code == 404
    assert "Pat Example" not in client.get(hall.path).text
    make.make_consent(session, elsewhere, "sharing", "post")  # they change their mind
    make.commit()
    assert client.get(where).status_code == 200
    persons.stop(session, elsewhere, viewer=OPERATOR)
    make.commit()
    assert client.get(where).status_code == 404
    assert "Pat Example" not in client.get(hall.path).text


def test_a_list_of_those_who_agreed_leaves_out_whom_a_stop_elsewhere_holds_for(
    session: Session,
) -> None:
    both = [make.make_person(session, make.make_team(session, name)) for name in ("One", "Two")]
    for person in both:
        make.make_consent(session, person)
    invite, by_email = ContactPurpose.ENGAGEMENT_INVITE, ContactChannel.EMAIL
    wanted = PersonSearch(agreed=invite)
    assert len(person_reading.every(session, wanted, viewer=OPERATOR).people) == 2
    consents.withdraw(session, both[0], invite, by_email, viewer=OPERATOR)
    assert person_reading.every(session, wanted, viewer=OPERATOR).people == []
