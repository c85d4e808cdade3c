"""Inviting by letter: a link for each, to type or to scan, and what comes of it."""

import re
import uuid
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import (
    AuditEntry,
    Engagement,
    Invitation,
    InviteList,
    InvitePlace,
    InviteReply,
    Person,
    Team,
    User,
)
from assetmap.register import asking, balancing, consents, invite_lists
from assetmap.register.invite_message import LONGEST_TEXT, Told
from assetmap.schemas.invite_lists import AskedDraft, InviteListDraft
from assetmap.schemas.invite_panels import PanelDraft, QuotaDraft
from assetmap.vocabulary import ContactChannel, ContactPurpose
from assetmap.web import letter_sheets
from assetmap.web.codes import drawn
from tests.make import (
    commit,
    make_area,
    make_consent,
    make_entry,
    make_person,
    make_team,
    make_user,
    point,
)
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import press, sign_in, token
from tests.web.test_invite_answers import TOLD, change, turn

INVITE, POST, SMS = ContactPurpose.ENGAGEMENT_INVITE, ContactChannel.POST, ContactChannel.SMS
WAYS = {"Siân Ŵyn": ("post",), "Ben": ("post", "email"), "Cat": ("post", "sms"), "Dai": ("email",)}


def town(session: Session, **event_is: Any) -> tuple[Any, str]:
    """An organiser, and where the list for an event is, of people who agreed to several ways."""
    team = make_team(session)
    make_area(session)
    choir = make_entry(
        session, "group", team, title="Choir", geometry=point(), address="1 High Street, Bobbin"
    )
    for name, ways in WAYS.items():
        mail = f"{uuid.uuid4().hex[:6]}@people.example"
        made = make_person(session, team, at=choir, name=name, email=mail, phone="07700 900123")
        make_consent(session, made, INVITE.value, *ways)
    at = {"starts_at": now() + timedelta(days=9), "ends_at": now() + timedelta(days=9, hours=2)}
    event = make_entry(session, "engagement", team, title="Hub", **(TOLD | at | event_is))
    olu = make_user(session, team, "organiser", "olu@demo.example")
    make_user(session, team, "approver", "ann@demo.example")
    draft = InviteListDraft(name="Hub list", event=event.uid, area=["E05000001"])
    path = invite_lists.put(session, uuid.uuid4(), draft, viewer=OPERATOR).made.path
    commit()
    return olu, path


def asked(session: Session) -> dict[str, tuple[str, int]]:
    """By name, by which way they were asked, and how often."""
    session.rollback()
    found: dict[str, tuple[str, int]] = {}
    query = select(Person.name, Invitation.channel).join(
        Invitation, Invitation.person_id == Person.id
    )
    for name, channel in session.execute(query.where(Invitation.taken_back_at.is_(None))):
        found[name] = channel, found.get(name, ("", 0))[1] + 1
    return found


def codes(page: str) -> list[str]:
    return re.findall(r"/reply/<wbr>([a-z0-9-]{19})", page)


def test_a_letter_is_kept_as_asked_once_and_printed_again_has_the_same_link_to_answer_by(
    client: FlaskClient, session: Session
) -> None:
    olu, at = town(session)
    sign_in(client, olu)
    form, sheet = f"{at}/letters", f"{at}/sheets/letters?who=asked"
    page = client.get(form).text
    assert "Those reached by post only: 1" in page
    assert "Everybody who agreed to be asked by post: 3" in page
    for _ in range(2):  # a double press
        assert press(client, form, form, whom="only", words="Do come").status_code == 303
    assert asked(session) == {"Siân Ŵyn": ("post", 1)}
    for part in ("1 letter is written", "by=post&amp;who=asked"):
        assert part in client.get(form).text
    with counted() as statements:
        letters = client.get(sheet).text
    few = len(questions(statements))
    said = "Do come", TOLD["aims"], TOLD["influence_statement"], "What you say shapes", "Jo, 01632"
    for part in (*said, "Dear Siân Ŵyn", "1 High Street", "<svg", "to be invited by post. If you"):
        assert part in letters
    (code,) = codes(letters)
    assert codes(client.get(sheet).text) == [code]
    assert asked(session) == {"Siân Ŵyn": ("post", 1)}
    merged = client.get(f"{at}/people.csv?by=post&who=asked").text
    link = re.search(rf"http[^,]+/reply/{code}(?=,)", merged)
    assert link
    assert drawn(link[0]) in letters  # what is scanned is what is typed
    assert "Do come" in merged
    links = [
        row.fields for row in session.scalars(select(AuditEntry)) if "reply_link" in row.fields
    ]
    assert len(links) == 3

    with counted() as statements:
        client.get(f"/reply/{code}")
    assert len(questions(statements)) <= MOST_ON_A_PAGE
    for form_of in (code, code.upper(), code.replace("-", ""), code.replace("-", " ")):
        assert "Your invitation" in client.get(f"/reply/{form_of}").text
    assert client.get(f"/reply/{code[:-1]}").status_code == 404
    stranger = client.application.test_client()
    found = press(stranger, "/reply/", "/reply/", code=f" {code.upper().replace('-', ' ')} ")
    change(session, Engagement, accessibility_plan="Step-free from the yard")
    assert "taking part: Step-free from the yard" in stranger.get(found.location).text
    wrong = press(stranger, "/reply/", "/reply/", code=f"{code[:-1]}<b>")
    assert (wrong.status_code, "The code: This link is not one of ours" in wrong.text) == (
        404,
        True,
    )
    assert f"{code[:-1]}&lt;b&gt;" in wrong.text  # what was typed is kept
    answer = f"/reply/{code.upper()}"
    assert press(client, answer, answer, answer="accepted", party="1").status_code == 303
    reply = session.scalars(select(InviteReply)).one()
    assert (reply.state, reply.party, reply.answered_by) == ("accepted", 1, "link")
    stop = re.search(r'href="(/stop/[^"]+)"', client.get(f"/reply/{code}").text)
    assert stop
    client.post(stop[1])
    assert codes(client.get(sheet).text) == []  # nothing goes to whoever said stop
    assert "/stop/" not in client.get(f"/reply/{code}").text
    assert press(client, form, form, whom="all").status_code == 303
    assert {name for name, _ in asked(session).items()} == {"Siân Ŵyn", "Ben", "Cat"}
    with counted() as statements:
        assert len(codes(client.get(sheet).text)) == 2
    assert len(questions(statements)) == few


def test_links_leave_with_those_alone_who_may_change_the_list(
    client: FlaskClient, session: Session
) -> None:
    olu, at = town(session)
    team = session.scalars(select(Team)).one()
    vera = make_user(session, team, "viewer", "vera@demo.example")
    commit()
    sign_in(client, olu)
    said = {"X-CSRFToken": token(client)}
    done = client.post(f"/api{at}/letters", json={"whom": "all"}, headers=said)
    assert done.get_json() == {"count": 3}
    again = client.post(f"/api{at}/letters", json={"whom": "all"}, headers=said)
    assert again.get_json() == {"count": 0}
    assert client.post(f"/api{at}/letters", json={"whom": "x"}, headers=said).status_code == 422
    assert client.get(f"{at}/people.csv?by=post&who=asked").text.count("/reply/") == 3
    sign_in(client, vera)
    assert client.get(f"{at}/sheets/letters?who=asked").status_code == 403
    assert client.get(f"{at}/letters").status_code == 403
    table = client.get(f"{at}/people.csv?by=post&who=asked").text
    assert "1 High Street" in table
    assert "/reply/" not in table


def test_letters_to_a_panel_go_to_those_alone_who_have_a_seat_on_it(
    client: FlaskClient, session: Session
) -> None:
    olu, at = town(session)
    made = invite_lists.find(session, uuid.UUID(at.rpartition("/")[2]), viewer=OPERATOR)
    quota = QuotaDraft(dimension="age", code="65", most=3)
    draft = PanelDraft(seats=2, seed=7, why="A jury", quotas=[quota])
    panel = balancing.draw(session, made, uuid.uuid4(), draft, viewer=OPERATOR)
    begun = balancing.begun(session, panel.uid)
    assert begun is not None
    pool, seed, reserves = begun
    found = balancing.solved(pool, seed=seed, reserves=reserves)
    balancing.keep(session, panel.uid, pool, found)
    commit()
    places = select(Person.name).join(InvitePlace, InvitePlace.person_id == Person.id)
    seated = set(session.scalars(places.where(InvitePlace.state == "seated")))
    uid = str(panel.uid)
    assert len(seated) == 2
    sign_in(client, olu)
    form = f"{at}/letters"
    assert f"{form}?panel={uid}" in client.get(f"{at}/panels/{uid}").text
    page = client.get(f"{form}?panel={uid}").text
    assert f"agreed to be asked by post: {len(seated - {'Dai'})}" in page
    assert press(client, form, form, whom="all", panel=str(uuid.uuid4())).status_code == 404
    assert press(client, form, form, whom="all", panel=uid).status_code == 303
    assert set(asked(session)) == seated - {"Dai"}


def test_no_letter_goes_of_an_event_that_lacks_its_aims_is_off_or_without_the_approval_it_needs(
    client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, aims="")
    sign_in(client, olu)
    form = f"{at}/letters"
    assert "what it is for" in client.get(form).text
    assert press(client, form, form).status_code == 409
    session.scalars(select(Engagement)).one().aims = "To choose lamps"
    session.scalars(select(Team)).one().asks_approval = True
    commit()
    assert "Somebody else has to approve this list" in client.get(form).text
    assert press(client, form, form).status_code == 409
    ask = f"{at}/send/approval"
    assert press(client, ask, f"{at}/send", words="Bring tea").status_code == 303
    sign_in(client, session.scalars(select(User).where(User.email == "ann@demo.example")).one())
    approval = f"{at}/approval"
    (request,) = client.get(f"/api{approval}").get_json()["requests"]
    press(client, approval, approval, request=request["uid"], verdict="approved")
    sign_in(client, olu)
    assert press(client, form, form, words="Bring gin", whom="all").status_code == 409
    assert asked(session) == {}
    assert press(client, form, form, words="Bring tea", whom="all").status_code == 303
    assert len(asked(session)) == 3
    turn(session, "cancelled")
    assert client.get(f"{at}/sheets/letters?who=asked").status_code == 409


def test_whoever_is_invited_puts_the_event_in_their_calendar_and_takes_it_out_when_it_is_off(
    client: FlaskClient, session: Session
) -> None:
    olu, at = town(session, description="Inside only", visibility="team", geometry=point())
    event = session.scalars(select(Engagement)).one()
    uid, starts_at = str(event.uid), event.starts_at
    sign_in(client, olu)
    press(client, f"{at}/letters", f"{at}/letters", whom="only")
    (code,) = codes(client.get(f"{at}/sheets/letters").text)
    client.post("/sign-out")
    reply, dated = f"/reply/{code}", f"/reply/{code}/event.ics"
    assert dated not in client.get(reply).text
    thanks = press(client, reply, reply, answer="tentative")
    assert thanks.status_code == 303
    assert dated in client.get(reply).text
    answer = client.get(dated)
    assert answer.headers["Cache-Control"] == "no-store"
    calendar = Calendar.from_ical(answer.data)
    (one,) = calendar.walk("VEVENT")
    assert (str(calendar["method"]), str(one["uid"])) == ("PUBLISH", f"{uid}@assetmap")
    assert one.decoded("dtstart") == starts_at.replace(microsecond=0)
    before = int(one["sequence"])
    assert "To choose lamps" in answer.text
    for hidden in ("Inside only", "/engagements/", "GEO", code):
        assert hidden not in answer.text
    assert client.get(f"/reply/{'x' * 19}/event.ics").status_code == 404
    turn(session, "cancelled")
    assert "Take it out of my calendar" in client.get(reply).text
    calendar = Calendar.from_ical(client.get(dated).data)
    (one,) = calendar.walk("VEVENT")
    assert (str(calendar["method"]), str(one["status"])) == ("CANCEL", "CANCELLED")
    assert int(one["sequence"]) >= before


def test_a_text_message_to_whoever_was_asked_so_has_their_link_and_never_loses_how_to_stop(
    client: FlaskClient, session: Session
) -> None:
    olu, at = town(session)
    cat = session.scalars(select(Person).where(Person.name == "Cat")).one()
    made = invite_lists.find(session, uuid.UUID(at.rpartition("/")[2]), viewer=OPERATOR)
    sign_in(client, olu)
    assert "/reply/" not in client.get(f"{at}/people.csv?by=sms").text
    asking.ask(session, made, AskedDraft(people=[cat.uid], channel=SMS), viewer=OPERATOR)
    commit()
    (line,) = client.get(f"{at}/people.csv?by=sms&who=asked").text.splitlines()[1:]
    assert line.startswith("07700 900123,")
    for part in ("Ask Jo, 01632 960 111.", "To choose lamps. "):
        assert part in line
    found = re.search(r"Answer, or end these: http\S+?(/reply/[-\w]+)", line)
    assert found
    assert "Your invitation" in client.get(found[1]).text
    assert "I do not want invitations any more" in client.get(found[1]).text
    long = Told("T" * 200, "Monday 1 June", "W" * 200, "", "", "", "", "Jo, 01632 960 111", {})
    for link in ("", "https://map.example.org/reply/abcd-efgh-jkmn-pqrs"):
        text = long.text(link)
        assert len(text) <= LONGEST_TEXT
        assert text.endswith(link or "Say STOP to end these.")
        assert "Ask Jo, 01632 960 111." in text
    consents.withdraw(session, cat, INVITE, SMS, viewer=OPERATOR)
    commit()
    assert "900123" not in client.get(f"{at}/people.csv?by=sms&who=asked").text


def test_an_address_is_set_smaller_before_it_leaves_the_window_and_said_when_it_does() -> None:
    def row(name: str, group: str, address: str) -> dict[str, object]:
        return {"name": name, "group": [group], "address": address, "postcode": "HX1 1AA"}

    short = letter_sheets.address(row("Siân", "Choir", "1 High Street, Bobbin"))
    assert short == ["Siân", "Choir", "1 High Street", "Bobbin", "HX1 1AA"]
    assert letter_sheets.size_of(short) == ""
    many = letter_sheets.address(row("Siân", "Choir", "a, b, c, d, e, f, g, h"))
    assert many == ["Siân", "Choir", "a, b, c, d, e, f, g, h", "HX1 1AA"]
    sizes = [
        letter_sheets.size_of(letter_sheets.address(row("N" * long, "G" * long, "A" * long)))
        for long in (40, 80, 100, 400)
    ]
    assert sizes == ["is-close", "is-close", "is-small", letter_sheets.TOO_LONG]
    none = row("Bo", "Choir", "")
    assert letter_sheets.without_address([none, row("Al", "Choir", "1 High Street")]) == ["Bo"]


def test_words_to_those_invited_may_hold_a_number_once_whoever_wrote_them_has_looked(
    client: FlaskClient, session: Session
) -> None:
    olu, at = town(session)
    sign_in(client, olu)
    letter, mail = (f"{how} cannot find the hall, ring 01632 960 222." for how in ("Who", "If you"))
    for path, words, sent in (
        (f"{at}/letters", letter, {"whom": "only"}),
        (f"{at}/send", mail, {}),
    ):
        assert "I have looked" not in client.get(path).text
        asks = press(client, path, path, words=words, **sent)
        assert (asks.status_code, "I have looked" in asks.text, words in asks.text) == (
            (422, True, True)
        ), path
        done = press(client, path, path, words=words, words_checked="true", **sent)
        assert done.status_code == 303, path
    change(session, InviteReply, mail="sent", sent_at=now())
    turn(session, "cancelled")
    off = f"{at}/answers"
    again = press(client, f"{off}/call-off", off, words="Ring 01632 960 333 instead.")
    assert (again.status_code, "I have looked" in again.text) == (422, True)
    # what was looked at when they were invited need not be looked at once more
    assert press(client, f"{off}/call-off", off, words=mail).status_code == 303
    assert session.scalars(select(InviteList.words)).all() == [mail]
