"""People a team knows, as pages: kept, shown to who may, agreeing, and saying stop in one press."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, viewer_of
from assetmap.db import now
from assetmap.errors import NotAllowed, NotFound
from assetmap.models import AuditEntry, Consent, Entry, Membership, Person, Team, User
from assetmap.register import consents, merging, person_merging, person_sending, persons
from assetmap.register.audit_words import LABELS
from assetmap.register.contacting import may_contact
from assetmap.schemas.persons import PersonSent, RoleDraft
from assetmap.vocabulary import AuditAction, ContactChannel, ContactPurpose
from tests import make
from tests.web.pages import press, sign_in

INVITE, EMAIL = ContactPurpose.ENGAGEMENT_INVITE, ContactChannel.EMAIL
HOSTILE = "<script>alert(1)</script>{{7*7}}' OR 1=1;--"


class House:
    """A team with a hall, somebody there, and people of every sort."""

    def __init__(self, session: Session) -> None:
        self.team: Team = make.make_team(session, "Ours")
        self.editor: User = make.make_user(session, self.team, "editor", "ed@example.org")
        self.officer: User = make.make_user(session, self.team, "data_officer", "do@example.org")
        self.analyst: User = make.make_user(session, self.team, "analyst", "an@example.org")
        self.auditor: User = make.make_user(session, self.team, "auditor", "au@example.org")
        self.partner = make.make_partner(session)
        theirs = make.make_team(session, "Theirs")
        theirs.partner_id = self.partner.id
        self.other: User = make.make_user(session, theirs, "viewer", "other@example.org")
        self.hall: Entry = make.make_entry(session, "asset", self.team, title="The hall")
        self.pat: Person = make.make_person(
            session, self.team, at=self.hall, notes="Likes tea", phone="01632 960123"
        )
        self.where = f"/contacts/{self.pat.uid}"
        make.commit()


@pytest.fixture
def house(session: Session) -> House:
    return House(session)


def test_somebody_is_added_agrees_and_withdraws_by_one_press_signed_out(
    client: FlaskClient, session: Session, house: House
) -> None:
    sign_in(client, house.editor)
    said = {"name": "Sam Other", "email": "SAM@people.example", "is_adult": "true"}
    role = {"entry": house.hall.ref, "title": "Caretaker"}
    made = press(client, "/contacts/new", "/contacts/new", **said, **role)
    assert made.status_code == 303
    where = made.headers["Location"]
    page = client.get(where).text
    assert "Caretaker" in page
    for to in ("agree", "change", "stop", "roles", "merge", "take-out"):
        assert f'"{where}/{to}"' in page  # where its buttons lead
    agreed = {"purpose": INVITE, "channels": ["email"], "method": "verbal", "notice_version": "1"}
    done = press(client, f"{where}/agree", f"{where}/agree", **agreed)
    assert done.status_code == 303
    page = client.get(where).text
    assert "invite you to meetings" in page  # what they were told is kept
    token = page.partition("/stop/")[2].partition('"')[0]
    signed_out = client.application.test_client()
    asked = signed_out.get(f"/stop/{token}")
    assert asked.status_code == 200
    assert asked.text.count("<button") == 2  # this way, or every way
    assert "Sam" not in asked.text
    sam = session.scalars(select(Person).where(Person.name == "Sam Other")).one()
    assert may_contact(session, sam.uid, INVITE, EMAIL, viewer=OPERATOR)
    row = session.scalars(select(Consent).where(Consent.person_id == sam.id)).one()
    headers = consents.unsubscribe_headers(session, row, "https://service.example")
    assert headers["List-Unsubscribe"] == f"<https://service.example/stop/{token}>"
    body = {"List-Unsubscribe": "One-Click"}  # as a mail program sends it, with no form before
    assert signed_out.post(f"/stop/{token}", data=body).status_code == 200
    assert signed_out.post(f"/stop/{token}", data=body).status_code == 200
    session.expire_all()
    assert not may_contact(session, sam.uid, INVITE, EMAIL, viewer=OPERATOR)
    assert session.scalar(select(Consent).where(Consent.withdraws_id.is_not(None))) is not None
    assert signed_out.get("/stop/forged").status_code == 404
    assert signed_out.post("/stop/forged").status_code == 404


def test_what_does_not_make_sense_is_refused_by_field_and_nothing_typed_is_lost(
    client: FlaskClient, house: House
) -> None:
    sign_in(client, house.editor)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"name": ""}, "name"),
        ({"is_adult": ""}, "is_adult"),
        ({"is_adult": "false"}, "is_adult"),
        ({"email": "nobody"}, "email"),
        ({"email": house.pat.email}, "email"),
        ({"home_area_code": "E00000001"}, "home_area_code"),
        ({"home_area_code": "12 High Street"}, "home_area_code"),
        ({"no_role_reason": ""}, "no_role_reason"),
        ({"title": "Chair"}, "entry"),
        ({"title": "Chair", "entry": "OFF-000001"}, "entry"),
        ({"preferred_channel": "phone"}, "preferred_channel"),
        ({"last_contacted_on": "2199-01-01"}, "last_contacted_on"),
        ({"told_on": "2199-01-01"}, "told_on"),
    ]
    usual = {"name": "Sam", "is_adult": "true", "no_role_reason": "Asked", "notes": HOSTILE}
    for typed, field in wrong:
        refused = press(client, "/contacts/new", "/contacts/new", **usual | typed)
        assert refused.status_code == 422, typed
        assert f'href="#{field}"' in refused.text, typed
        assert ">Give this.</a>" not in refused.text  # of what?
        assert "&lt;script&gt;alert(1)" in refused.text
        assert "<script>alert(1)" not in refused.text
    late = press(client, f"{house.where}/change", "/contacts/new", **usual, version="9")
    assert late.status_code == 409


def test_text_that_nobody_needs_to_know_is_asked_about_once(
    client: FlaskClient, house: House
) -> None:
    sign_in(client, house.editor)
    usual = {"name": "Sam", "is_adult": "true", "no_role_reason": "Asked"}
    for notes in ("She has diabetes", "A devout Muslim", "Convicted of burglary", "01632 960999"):
        asked = press(client, "/contacts/new", "/contacts/new", **usual, notes=notes)
        assert asked.status_code == 422, notes
        assert 'href="#notes"' in asked.text
        assert notes in asked.text
    several = "Born 3/4/1971, has diabetes. A Muslim. Drives AB12 CDE"
    asked = press(client, "/contacts/new", "/contacts/new", **usual, notes=several)
    for said in ("health", "date of birth", "vehicle", "what they believe"):
        assert said in asked.text
    kept = press(client, "/contacts/new", "/contacts/new", **usual, notes=notes, looked="yes")
    assert kept.status_code == 303
    assert press(client, "/contacts/new", "/contacts/new", **usual, notes="Tea").status_code == 303


def test_nothing_is_kept_of_a_person_but_what_reaches_them() -> None:
    about_the_row = {"id", "uid", "team_id", "version", "merged_into_id", "withdrawn_why"}
    words = {c.name for c in Person.__table__.columns} - about_the_row
    known = {"name", "display_name", "email", "phone", "phone_digits", "language"}
    known |= {"preferred_channel", "home_area_code", "is_adult", "do_not_contact", "notes"}
    known |= {"no_role_reason", "last_contacted_on", "got_from", "told_on"}
    assert {name for name in words if not name.endswith(("_at", "_by_id"))} == known


def test_partners_know_somebody_only_while_an_agreement_opens_it_and_they_agree_to_it(
    client: FlaskClient, session: Session, house: House
) -> None:
    make.make_agreement(session, house.partner, fields=["contact"])
    make.commit()
    sign_in(client, house.other)
    assert client.get(house.where).status_code == 404
    assert "Pat Example" not in client.get(house.hall.path).text
    make.make_consent(session, house.pat, "sharing")
    make.commit()
    page = client.get(house.where)
    assert page.status_code == 200
    assert "pat@people.example" in page.text
    assert "Likes tea" not in page.text
    assert "invite" not in page.text
    assert "Pat Example" in client.get(house.hall.path).text
    make.make_consent(session, house.pat)
    make.commit()
    partner = viewer_of(session, house.other.id)
    asked = may_contact(session, house.pat.uid, INVITE, EMAIL, viewer=partner)
    assert asked.rule == "not_named"  # they agreed to it with another body
    seen = session.scalars(select(AuditEntry).where(AuditEntry.uid == house.pat.uid)).all()
    assert [row.agreement_id is not None for row in seen if row.action == "read"] == [True]
    signed_out = client.application.test_client()
    assert "Pat Example" in signed_out.get(house.hall.path).text  # a public role, agreed to
    persons.stop(session, house.pat, viewer=OPERATOR)
    make.commit()
    assert client.get(house.where).status_code == 404
    assert "Pat Example" not in client.get(house.hall.path).text
    assert "Pat Example" not in signed_out.get(house.hall.path).text


def test_who_saw_or_exported_somebodys_details_is_on_one_page(
    client: FlaskClient, session: Session, house: House
) -> None:
    sign_in(client, house.editor)
    assert client.get(house.where).status_code == 200
    assert "Pat Example" in client.get(house.hall.path).text
    taken = press(client, "/contacts.csv", "/contacts/new")
    assert taken.status_code == 200
    (row,) = csv.DictReader(io.StringIO(taken.data.decode("utf-8-sig")))
    assert (row["email"], row["roles"]) == (
        "pat@people.example",
        f"Treasurer, The hall ({house.hall.ref})",
    )
    sign_in(client, house.auditor)
    page = client.get(house.where).text
    assert f"/audit/?about={house.pat.uid}" in page
    assert "Do not contact</button>" not in page
    told = client.get(f"/audit/?about={house.pat.uid}").text
    assert "Who saw or took away the details of Pat Example" in told
    for words in ("downloaded", "read", "as CSV", LABELS[AuditAction.CREATED]):
        assert words in told
    sign_in(client, house.analyst)
    assert client.get(house.where).status_code == 404
    assert "Pat Example" not in client.get("/contacts/").text


def test_many_contacts_leave_only_when_it_is_said_what_for(
    client: FlaskClient, session: Session, house: House
) -> None:
    for number in range(60):
        make.make_person(session, house.team, email=f"p{number}@people.example")
    make.commit()
    sign_in(client, house.editor)
    asked = press(client, "/contacts.csv", "/contacts/new", text="example")
    assert asked.status_code == 428
    assert 'name="text" value="example"' in asked.text
    given = press(client, "/contacts.csv", "/contacts/new", text="example", purpose="planning")
    assert given.status_code == 200
    first = press(client, "/contacts/", "/contacts/new", text="example", sort="added")
    assert "61 people" in first.text
    cursor = first.text.partition('name="cursor" value="')[2].partition('"')[0]
    more = press(client, "/contacts/", "/contacts/new", text="example", sort="added", cursor=cursor)
    assert "pat@people.example" in more.text
    assert client.get("/contacts/?text=Pat").status_code == 400
    make.make_person(session, house.team, name="Élodie Ĉiĉo", email="e@people.example")
    make.commit()
    for text in ("élodie", "Élodie ĉ", "ÉLODIE ĈIĈO", "lodie"):
        assert "1 person" in press(client, "/contacts/", "/contacts/new", text=text).text, text


def test_merging_two_keeps_the_stricter_and_an_old_link_still_ends_it(
    client: FlaskClient, session: Session, house: House
) -> None:
    twin = make.make_person(session, house.team, email="twin@people.example", at=house.hall)
    for person in (house.pat, twin):
        make.make_consent(session, person)
        make.make_consent(session, person, "service")
    make.make_consent(session, twin, "promotion")
    link = consents.link_token(session, consents.of(session, twin)[1])
    consents.withdraw(session, twin, INVITE, EMAIL, viewer=OPERATOR)
    make.commit()
    sign_in(client, house.editor)
    gone = f"https://service.example/contacts/{twin.uid}"
    assert press(client, f"{house.where}/merge", "/contacts/new", gone=gone).status_code == 303
    session.expire_all()
    assert (twin.name, twin.email) == ("", "")

    def may(purpose: str) -> bool:
        asked = ContactPurpose(purpose)
        return bool(may_contact(session, house.pat.uid, asked, EMAIL, viewer=OPERATOR))

    assert [may(one) for one in ("service", "engagement_invite", "promotion")] == [
        True,
        False,
        False,
    ]
    assert client.get(f"/contacts/{twin.uid}").headers["Location"] == house.where
    assert client.post(f"/stop/{link}").status_code == 200
    session.expire_all()
    assert not may("service")


def test_merging_with_somebody_who_said_stop_stops_both(session: Session, house: House) -> None:
    twin = make.make_person(session, house.team, email="twin@people.example")
    make.make_consent(session, house.pat)
    persons.stop(session, twin, viewer=OPERATOR)
    person_merging.merge(session, house.pat, twin, viewer=OPERATOR)
    assert may_contact(session, house.pat.uid, INVITE, EMAIL, viewer=OPERATOR).rule == (
        "do_not_contact"
    )


def test_roles_follow_a_group_that_is_merged_and_come_back_when_it_is_undone(
    client: FlaskClient, session: Session, house: House
) -> None:
    kept = make.make_entry(session, "asset", house.team, title="The same hall")
    merged = merging.merge(session, kept, house.hall, viewer=OPERATOR)
    make.commit()
    sign_in(client, house.editor)
    assert "Pat Example" in client.get(kept.path).text
    merging.undo(session, merged.uid, viewer=OPERATOR)
    make.commit()
    assert "Pat Example" not in client.get(kept.path).text
    assert "Pat Example" in client.get(house.hall.path).text


def test_a_role_that_is_limited_shows_only_people_inside(session: Session, house: House) -> None:
    far = make.make_person(session, house.team, email="far@people.example")
    ward = make.make_area(session)
    near = make.make_entry(session, "asset", house.team, title="In the ward")
    inside = make.make_person(session, house.team, at=near, email="near@people.example")
    limited = make.viewer_for(house.editor, house.team, "editor")
    limit = make.limited_to(limited, house.team, f"ward:{ward.code}")
    assert persons.to_change(session, inside.uid, viewer=limit).id == inside.id
    with pytest.raises(NotFound):
        persons.to_change(session, far.uid, viewer=limit)


def test_a_wording_is_added_and_old_records_keep_theirs(
    client: FlaskClient, session: Session, house: House
) -> None:
    make.make_consent(session, house.pat, given_on=now().date() - timedelta(days=1))
    make.commit()
    text = "We invite you to events. Say stop whenever you like, and ask what we keep."
    form = {"purpose": INVITE, "version": "2", "text": text}
    sign_in(client, house.editor)
    assert press(client, "/contacts/notices", "/contacts/new", **form).status_code == 403
    sign_in(client, house.officer)
    assert press(client, "/contacts/notices", "/contacts/notices", **form).status_code == 303
    assert press(client, "/contacts/notices", "/contacts/notices", **form).status_code == 409
    assert text in client.get(f"{house.where}/agree?purpose={INVITE}").text
    assert text not in client.get(house.where).text
    session.execute(
        update(Membership).where(Membership.user_id == house.other.id).values(role="data_officer")
    )
    make.commit()
    sign_in(client, house.other)  # of a partner: what our people are told is not theirs to write
    again = press(client, "/contacts/notices", "/account/", **form | {"version": "3"})
    assert again.status_code == 403
    assert "Write a better one" not in client.get("/contacts/notices").text


def test_partners_learn_nothing_of_somebody_by_narrowing_the_list_or_guessing_the_notes(
    client: FlaskClient, session: Session, house: House
) -> None:
    make.make_agreement(session, house.partner, fields=["contact"])
    for purpose in ("sharing", "promotion"):
        make.make_consent(session, house.pat, purpose)
    refuge = make.make_entry(session, "asset", house.team, contact_visibility="team")
    lives = RoleDraft(entry=str(refuge.uid), title="Resident", is_public=False)
    persons.give_role(session, house.pat, lives, viewer=OPERATOR)
    make.commit()
    sign_in(client, house.other)
    assert "Pat Example" in client.get(f"/contacts/?at={house.hall.ref}").text
    for asked in (f"at={refuge.ref}", "agreed=promotion"):
        assert "Pat Example" not in client.get(f"/contacts/?{asked}").text, asked
    sent = {"name": "Pat Example", "email": "pat@people.example", "phone": "01632 960123"}
    guess = PersonSent.model_validate(sent | {"is_adult": True, "notes": "Likes tea"})
    with pytest.raises(NotAllowed):
        person_sending.put(
            session,
            house.pat.uid,
            guess,
            viewer=viewer_of(session, house.other.id),
            base_version=None,
        )
    sign_in(client, house.editor)
    for asked in (f"at={refuge.ref}", "agreed=promotion"):
        assert "Pat Example" in client.get(f"/contacts/?{asked}").text, asked


def test_whoever_was_merged_twice_over_leads_to_who_is_kept(
    client: FlaskClient, session: Session, house: House
) -> None:
    second, third = (
        make.make_person(session, house.team, name=name, email=f"{name}@people.example")
        for name in ("two", "three")
    )
    person_merging.merge(session, second, house.pat, viewer=OPERATOR)
    person_merging.merge(session, third, second, viewer=OPERATOR)
    make.commit()
    sign_in(client, house.editor)
    assert client.get(house.where).location == f"/contacts/{third.uid}"


def test_whoever_takes_back_being_shown_is_shown_to_no_partner_whichever_way_they_had_agreed(
    client: FlaskClient, session: Session, house: House
) -> None:
    make.make_agreement(session, house.partner, fields=["contact"])
    make.make_consent(session, house.pat, "sharing", "email", "phone")
    make.make_consent(session, house.pat, INVITE, "email")
    row = session.scalars(
        select(Consent).where(Consent.purpose == "sharing", Consent.channel == "email")
    ).one()
    stop = f"/stop/{consents.link_token(session, row)}"
    make.commit()
    sign_in(client, house.other)
    assert client.get(house.where).status_code == 200
    assert "Stop your details being shown" in client.get(stop).text
    assert "by e-mail" not in client.post(stop).text
    assert client.get(house.where).status_code == 404
    assert "Pat Example" not in client.get(house.hall.path).text
    session.expire_all()
    assert may_contact(session, house.pat.uid, INVITE, EMAIL, viewer=OPERATOR)
    assert not may_contact(
        session, house.pat.uid, ContactPurpose.SHARING, ContactChannel.PHONE, viewer=OPERATOR
    )
    twin = make.make_person(session, house.team, email="twin@people.example")
    make.make_consent(session, twin, "sharing", "post")
    person_merging.merge(session, twin, house.pat, viewer=OPERATOR)
    assert not may_contact(
        session, twin.uid, ContactPurpose.SHARING, ContactChannel.POST, viewer=OPERATOR
    )
