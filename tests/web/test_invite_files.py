"""Taking an invite list along: as tables, contacts, text messages, and on paper."""

import csv
import io
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.errors import NotAllowed
from assetmap.models import AuditEntry, Entry, Invitation, Membership, Person
from assetmap.register import asking, consents, invite_lists, invite_taking
from assetmap.schemas.invite_lists import AskedDraft, InviteFile, InviteListDraft
from assetmap.vocabulary import ContactChannel, ContactPurpose
from tests.make import (
    commit,
    make_area,
    make_consent,
    make_entry,
    make_person,
    make_team,
    make_user,
    point,
    viewer_for,
)
from tests.web.pages import sign_in

PHONE, SMS, POST = ContactChannel.PHONE, ContactChannel.SMS, ContactChannel.POST
INVITE = ContactPurpose.ENGAGEMENT_INVITE


def town(session: Session) -> tuple[Any, Any, Any]:
    """A team, its organiser, and a list of three for an event: one by e-mail and post, one by text
    message, and one who said no to everything."""
    team = make_team(session)
    make_area(session)
    choir = make_entry(
        session, "group", team, title="=Choir", geometry=point(), address="1 High Street"
    )
    for name, phone, ways in (
        ("=1+1", "", ("email", "post")),
        ("Bea; Stone", "07700 900123", ("sms",)),
        ("Cal", "07700 900124", ("email", "phone")),
    ):
        mail = f"{uuid.uuid4().hex[:6]}@people.example"
        made = make_person(session, team, at=choir, name=name, email=mail, phone=phone)
        make_consent(session, made, INVITE.value, *ways)
    cal = session.scalars(select(Person).where(Person.name == "Cal")).one()
    for one in (ContactChannel.EMAIL, PHONE):
        consents.withdraw(session, cal, INVITE, one, viewer=OPERATOR)
    event = make_entry(session, "engagement", team, title="Hub", ask_who="Jo", ask_how="0161 1")
    olu = make_user(session, team, "organiser", "olu@demo.example")
    draft = InviteListDraft(name="Hub list", event=event.uid, area=["E05000001"])
    made_list = invite_lists.put(session, uuid.uuid4(), draft, viewer=OPERATOR).made
    commit()
    return team, olu, made_list.uid


def test_an_invite_list_leaves_with_what_each_agreed_to_and_no_more(
    client: FlaskClient, session: Session
) -> None:
    _, olu, uid = town(session)
    at = f"/invite-lists/{uid}"
    assert client.get(f"{at}/people.csv").status_code == 401
    sign_in(client, olu)
    page = client.get(f"{at}/take").text
    for part in ("Text message: 1", "Post: 1", "E-mail: 1", "event.ics"):
        assert part in page
    assert "Phone:" not in page  # who agreed to it has withdrawn it
    table = client.get(f"{at}/people.csv").text
    assert "'=1+1,Treasurer,'=Choir" in table  # no formula
    assert "Cal" not in table
    assert "900123" in table
    assert ",,07700 900123,no,no" in table  # to text, not to ring; her e-mail is not there
    assert table.count("@people.example") == 1
    book = load_workbook(io.BytesIO(client.get(f"{at}/people.xlsx").data))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    assert ("=1+1", "s") in {(cell.value, cell.data_type) for cell in cells}
    cards = client.get(f"{at}/people.vcf").text
    assert cards.count("BEGIN:VCARD") == 2
    assert "FN:Bea\\; Stone\r\n" in cards
    texts = client.get(f"{at}/people.csv?by=sms").text.splitlines()
    assert texts[0].endswith("number,text_to_send,name")
    assert texts[1].startswith("07700 900123,")
    assert "Ask Jo, 0161 1." in texts[1]
    merged = client.get(f"{at}/people.csv?by=post").text
    assert "1 High Street" in merged
    for sheet, there in (
        ("phone", "Nobody on this list"),
        ("doorstep", "Nobody on this list"),
        ("labels", "1 High Street"),
    ):
        assert there in client.get(f"{at}/sheets/{sheet}").text
    assert client.get(f"{at}/sheets/letters").status_code == 409  # it says too little to invite to
    assert client.get(f"{at}/people.csv?by=pigeon").status_code == 400
    taken = session.scalars(select(AuditEntry).where(AuditEntry.action == "exported")).all()
    assert {(row.channel, row.details["list"]) for row in taken} == {
        ("csv", str(uid)),
        ("paper", str(uid)),
    }


def test_no_cell_of_a_list_is_a_formula_whatever_a_name_begins_with(
    client: FlaskClient, session: Session
) -> None:
    team, olu, uid = town(session)
    choir = session.scalars(select(Entry).where(Entry.title == "=Choir")).one()
    names = [
        f"{mark}1+1|A{number}" for number, mark in enumerate("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
    ]
    for name in names:
        made = make_person(
            session, team, at=choir, name=name, email=f"{uuid.uuid4().hex}@x.example"
        )
        make_consent(session, made, INVITE.value, "email", "post")
    commit()
    sign_in(client, olu)
    at = f"/invite-lists/{uid}/people"
    for query in ("", "?by=post", "?by=email"):
        rows = list(csv.reader(io.StringIO(client.get(f"{at}.csv{query}").text.lstrip("\ufeff"))))
        cells = [cell for row in rows for cell in row]
        assert {f"'{name}" for name in names if name[0].isprintable()} <= set(cells)
        assert not [cell for cell in cells if cell.startswith(tuple(name[0] for name in names))]
    book = load_workbook(io.BytesIO(client.get(f"{at}.xlsx").data))
    found = [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.value]
    assert {cell.data_type for cell in found} == {"s"}
    assert {"=1+1|A0", "+1+1|A1", "-1+1|A2", "@1+1|A3"} <= {cell.value for cell in found}
    cards = client.get(f"{at}.vcf").data.decode().split("\r\n")
    assert sum(line.startswith("FN:") for line in cards) == len(names) + 2
    heads = ("BEGIN:", "VERSION:", "N:", "FN:", "UID:", "ORG:", "TITLE:", "EMAIL;", "TEL:", "NOTE:")
    assert all(line.startswith((*heads, "END:", " ")) or not line for line in cards)


def test_whoever_says_no_while_a_list_is_written_is_not_in_it_and_rights_that_end_end_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invite_taking, "AT_ONCE", 1)
    team, olu, uid = town(session)
    viewer = viewer_for(olu, team, "organiser")
    made = invite_lists.find(session, uid, viewer=viewer)
    wanted, olu_id = InviteFile(), olu.id
    chosen = invite_taking.choose(session, made, wanted, viewer=viewer)
    said: dict[str, Any] = {"viewer": viewer, "purpose": "", "channel": "csv", "seal": commit}

    found = invite_taking.rows(session, made, chosen, wanted, **said)
    assert next(found)["name"] == "=1+1"
    bea = session.scalars(select(Person).where(Person.name == "Bea; Stone")).one()
    consents.withdraw(session, bea, INVITE, SMS, viewer=OPERATOR)
    commit()
    assert list(found) == []

    made = invite_lists.find(session, uid, viewer=viewer)
    found = invite_taking.rows(session, made, chosen, wanted, **said)
    next(found)
    session.execute(delete(Membership).where(Membership.user_id == olu_id))
    commit()
    with pytest.raises(NotAllowed):
        next(found)


def test_whoever_says_no_after_being_asked_stands_under_that_and_not_among_the_asked(
    session: Session,
) -> None:
    team, olu, uid = town(session)
    viewer = viewer_for(olu, team, "organiser")
    made = invite_lists.find(session, uid, viewer=viewer)
    bea = session.scalars(select(Person).where(Person.name == "Bea; Stone")).one()
    asking.ask(session, made, AskedDraft(people=[bea.uid], channel=SMS), viewer=viewer)
    consents.withdraw(session, bea, INVITE, SMS, viewer=OPERATOR)
    built = invite_lists.build(session, made, viewer=viewer)
    assert built.asked == []
    (out,) = built.left_out
    assert (out.rule, {row.person.name for row in out.all}) == ("opted_out", {"Bea; Stone", "Cal"})
    assert session.scalars(select(Invitation.person_id)).all() == [bea.id]
    assert session.scalars(select(Entry.title).where(Entry.kind == "group")).all() == ["=Choir"]
