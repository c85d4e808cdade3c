"""Every page that is not an entry's own: axe finds nothing on it, wide and on a phone."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap.access import OPERATOR, viewer_of
from assetmap.models import Engagement, Membership, User
from assetmap.register import (
    actions,
    budget,
    categories,
    claims,
    consents,
    links,
    merging,
    notes,
    parcels,
    running,
    tables,
)
from assetmap.register.files import Taken
from assetmap.register.sign_in import make_link
from assetmap.schemas.actions import ActionDraft
from assetmap.schemas.budget import CostDraft, PaperDraft
from assetmap.schemas.running import PartDraft
from assetmap.schemas.search import EntrySearch
from assetmap.schemas.tables import Layout, NoteDraft
from assetmap.vocabulary import KIND_OF_PLURAL, Channel, ContactChannel, ContactPurpose, Relation
from tests.browser.conftest import AXE, DESKTOP, PHONE, go, problems
from tests.browser.event_world import (
    MET,
    POLLS,
    WALL,
    WHO_CAME,
    a_panel,
    a_reply,
    an_invite_list,
    answered_survey,
    asked_there,
    help_pages,
    saved_pages,
)
from tests.importing import HEAD, ROWS
from tests.make import (
    commit,
    make_agreement,
    make_area,
    make_consent,
    make_entry,
    make_partner,
    make_person,
    make_picture,
    make_referral,
    make_request,
    make_run,
    make_team,
    make_user,
    viewer_for,
)
from tests.web.pages import press, token
from tests.web.pages import sign_in as be_them

PROMOTION, EMAIL = ContactPurpose.PROMOTION, ContactChannel.EMAIL
BeThem = Callable[[User], None]
# what a browser fetches without showing it as a page
NOT_PAGES = (
    "/api/openapi.json",
    "/health",
    "/basemap.pmtiles",
    "/s/<",
    "/photos/<",
    "/voice-notes/<",
    "/sign-in/provider",
)
SHEETS = "/invite-lists/<uuid:uid>/sheets/<any(phone, doorstep, letters, labels):sheet>"
BOARD, NEXT = "/walkabouts/<uuid:uid>/board", "/walkabouts/<uuid:uid>/next"
SAID, TOLD = "/engagements/<uuid:uid>/said", "/engagements/<uuid:uid>/told"
SURVEY, ASKED = "/engagements/<uuid:uid>/survey/", "/engagements/<uuid:uid>/survey/edit"
PLAN, POINT = "/engagements/<uuid:uid>/plan/", "/engagements/<uuid:uid>/plan/<int:number>"
SAY, ANSWER = f"{SAID}/new", f"{SAID}/<uuid:action>/edit"
RUNNING, SINCE = "/engagements/<uuid:uid>/running/", "/engagements/<uuid:uid>/since"
ADD_PART, PART = f"{RUNNING}new", f"{RUNNING}<uuid:part>/edit"
TABLES, NOTES = "/engagements/<uuid:uid>/tables/", "/engagements/<uuid:uid>/notes/"
PICTURES = "/engagements/<uuid:uid>/pictures/"
TABLE, NOTE = f"{TABLES}<int:number>", f"{NOTES}<uuid:note>"
BUDGET = "/engagements/<uuid:uid>/budget/"
LINE, NEW_LINE = (f"{BUDGET}<any(costs, papers):sort>/{end}" for end in ("<uuid:line>", "new"))
GROUPS = "/engagements/<uuid:uid>/groups/"
DOOR = "/engagements/<uuid:uid>/door/"
WRITE_UP = "/engagements/<uuid:uid>/write-up/"
VENUE = "/engagements/<uuid:uid>/venue/"
SHEET, TYPED = (f"/engagements/<uuid:uid>/survey/{end}" for end in ("sheet", "typed"))
IDEAS = "/engagements/<uuid:uid>/ideas/"
STARTS = {
    POLLS,
    WALL,
    SHEET,
    WHO_CAME,
    TYPED,
    f"{DOOR}sheet",
    "/engagements/start",
    RUNNING,
    SINCE,
    ADD_PART,
    PART,
    TABLES,
    TABLE,
    NOTES,
    NOTE,
    IDEAS,
    VENUE,
    WRITE_UP,
    DOOR,
    GROUPS,
    *(BUDGET, LINE, NEW_LINE, MET),
}
OF_EVENTS = {
    PICTURES,
    f"{PICTURES}<uuid:picture>",
    f"{SAID}/<uuid:action>/progress",
    SAID,
    TOLD,
    SAY,
    ANSWER,
    PLAN,
    POINT,
    SURVEY,
    ASKED,
} | STARTS
REKEY, REKEYED = "/walkabouts/<uuid:uid>/rekey", "/walkabouts/<uuid:uid>/rekeyed"
TERM = "/categories/<any(asset, offer, finding):scheme>/<code>"

pytestmark = pytest.mark.parametrize("database", ["spatialite"], indirect=True)


def uploaded(client: FlaskClient, more: str = "") -> str:
    """Where an import stands whose columns have been guessed."""
    body = {
        "csrf_token": token(client, "/imports/"),
        "kind": "asset",
        "file": (io.BytesIO((HEAD + ROWS + more).encode()), "places.csv"),
    }
    sent = client.post("/imports/", data=body, content_type="multipart/form-data")
    assert sent.status_code == 303, sent.text
    return str(sent.location).removesuffix("/columns")


def previewed(client: FlaskClient) -> str:
    """Where an import stands that would bring two rows and refuse one."""
    where = uploaded(client, "x,Ship,pla_hall,0,0,\n")
    columns = ("external_id", "title", "category", "longitude", "latitude", "phone")
    fields = {f"column-{number}": name for number, name in enumerate(columns)}
    press(client, f"{where}/columns", duplicates="skip", source="council", **fields)
    assert "Import 2 rows" in client.get(where).text
    return where


@pytest.fixture
def imported(client: FlaskClient, pages: dict[str, str]) -> str:
    """What came of an import."""
    done = previewed(client)
    press(client, f"{done}/go")
    assert "Take the whole import back" in client.get(done).text
    return done


@pytest.fixture
def pages(app: Flask, client: FlaskClient, session: Session, sign_in: BeThem) -> dict[str, str]:
    """For the rule of every page, an address that shows it with something on it."""
    categories.load_default(session)
    make_area(session)
    team = make_team(session)
    admin = make_user(session, team, "admin")
    for role in ("auditor", "data_officer", "editor"):
        session.add(Membership(user_id=admin.id, team_id=team.id, role=role))
    partner = make_partner(session)
    agreed = make_agreement(session, partner)
    draft = make_agreement(session, partner, title="A draft", signed_on=None)
    keep, gone, third = (make_entry(session, "asset", team, title=f"Hall {n}") for n in "abc")
    walk = make_entry(session, "walkabout", team)
    for one in (third, make_entry(session, "finding", team, title="Litter by 07700 900123")):
        links.link(session, one, Relation.FOUND_ON, walk, viewer=OPERATOR)
    event = make_entry(session, "engagement", team, status="held")
    assert isinstance(event, Engagement)
    said = ActionDraft(you_said="It is dark", status="done", we_did="Two lamps", is_public=True)
    answered, _ = actions.put(session, event, uuid7(), said, viewer=OPERATOR)
    after = make_entry(session, "engagement", team, title="The next one")
    assert isinstance(after, Engagement)
    links.link(session, event, Relation.LED_TO, after, viewer=OPERATOR)
    part = PartDraft(title="Welcome", minutes=20, question="Why are we here?", target="A list")
    welcome = running.put(session, event, uuid4(), part, viewer=OPERATOR)
    tables.lay_out(session, event, Layout(people=18), viewer=OPERATOR)
    lamps = NoteDraft(text="Lamps", votes=4, chosen=True, table=1, part=welcome.uid)
    noted, _ = notes.put(session, event, uuid4(), lamps, viewer=OPERATOR)
    drawn, tea = make_picture(session, event), CostDraft(what="Tea", spent_pence=900)
    budget.put(session, event, "costs", uuid4(), tea, viewer=OPERATOR)
    cover = PaperDraft(what="Cover", last_on=date(2020, 1, 1))
    paper = budget.put(session, event, "papers", uuid4(), cover, viewer=OPERATOR)
    survey = answered_survey(session, event)
    on_the_day = asked_there(session, event, after)
    passed = make_referral(session, viewer_for(admin, team, "logger")).uid
    person = make_person(session, team, at=keep, phone="01632 960123")
    make_consent(session, person)
    make_consent(session, person, "promotion", "email", "sms")
    consents.withdraw(session, person, PROMOTION, EMAIL, viewer=OPERATOR)
    token_of_stop = consents.link_token(session, consents.of(session, person)[0])
    run, asked = make_run(session), make_request(session)
    replied = a_reply(session, invited := an_invite_list(session, team, event))
    merged = merging.merge(session, keep, gone, viewer=OPERATOR)
    compared = f"/merges/new?keep={keep.uid}&gone={third.uid}"
    done, link = f"/merges/{merged.uid}", sign_in_link(session, admin)
    commit()
    sign_in(admin)
    be_them(client, admin)
    claimed = f"/claims/{claims.invite(session, third, 'own@example.org', viewer=OPERATOR)}"
    commit()
    suggested = suggestion(client, f"/assets/{third.uid}")
    started = uploaded(client)
    taken = Taken(viewer_of(session, admin.id), Channel.GEOPACKAGE, "all.gpkg")
    large = parcels.begin(session, EntrySearch(), taken, root="", count=60_000)
    return on_the_day | {
        "/": "/?text=hall",
        "/search": "/search?text=nothing+like+it",
        "/add": "/add",
        "/agreements/": "/agreements/",
        "/agreements/new": f"/agreements/new?from={agreed.uid}",
        "/agreements/<uuid:uid>": f"/agreements/{agreed.uid}",
        "/agreements/<uuid:uid>/edit": f"/agreements/{draft.uid}/edit",
        "/audit/": "/audit/",
        "/areas/": "/areas/",
        "/areas/<path:code>": "/areas/E05000001",
        "/places": "/places?q=riverside",
        "/api/docs": "/api/docs",
        "/categories/": "/categories/",
        "/categories/<any(asset, offer, finding):scheme>/": "/categories/offer/",
        "/categories/<any(asset, offer, finding):scheme>/new-term": "/categories/offer/new-term",
        "/categories/changes": "/categories/changes",
        TERM: "/categories/asset/pla_hall",
        f"{TERM}/<any(rename, move, merge, deprecate, restore):verb>": (
            "/categories/asset/pla_hall/merge"
        ),
        "/imports/": "/imports/",
        "/imports/<uuid:uid>": previewed(client),
        "/imports/<uuid:uid>/columns": f"{started}/columns",
        "/files/<uuid:uid>": large.path,
        "/merges/new": compared,
        "/merges/<uuid:uid>": done,
        "/account/": "/account/",
        "/account/authenticator": "/account/authenticator",
        "/people/": "/people/",
        "/people/<uuid:uid>": f"/people/{admin.uid}",
        "/people/<uuid:uid>/limits": (f"/people/{admin.uid}/limits?team={team.name}&role=admin"),
        "/partners/": "/partners/",
        "/referrals/": "/referrals/",
        "/referrals/new": f"/referrals/new?from={keep.uid}",
        "/referrals/passed-on": "/referrals/passed-on?category=crime_in_action",
        "/referrals/<uuid:uid>": f"/referrals/{passed}",
        "/referrals/<uuid:uid>/sheet": f"/referrals/{passed}/sheet",
        "/your-details/": "/your-details/",
        "/requests/": "/requests/",
        "/requests/new": "/requests/new",
        "/requests/<uuid:uid>": f"/requests/{asked.uid}",
        "/retention/": "/retention/",
        "/retention/<uuid:uid>": f"/retention/{run.uid}",
        "/claims/new": f"/claims/new?entry={third.uid}",
        "/claims/<secret>": claimed,
        "/proposals/": "/proposals/",
        "/proposals/<uuid:uid>": suggested,
        "/proposals/new": "/proposals/new?kind=group",
        **help_pages(session, event, team),
        **saved_pages(session, admin, team, keep),
        "/invite-lists/": "/invite-lists/",
        "/invite-lists/new": f"/invite-lists/new?event={event.uid}",
        "/invite-lists/<uuid:uid>": f"/invite-lists/{invited.uid}",
        **{
            f"/invite-lists/<uuid:uid>/{end}": f"/invite-lists/{invited.uid}/{end}"
            for end in ("edit", "changes", "missing", "balance", "take", "send", "letters")
        },
        "/invite-lists/<uuid:uid>/approval": f"/invite-lists/{invited.uid}/approval",
        "/invite-lists/<uuid:uid>/answers": f"/invite-lists/{invited.uid}/answers",
        "/invite-lists/<uuid:uid>/panels/<uuid:panel_uid>": (
            f"/invite-lists/{invited.uid}/panels/{a_panel(session, invited).uid}"
        ),
        "/reply/": "/reply/",
        "/reply/<token>": f"/reply/{replied}",
        "/came/<token>": f"/came/{replied}",
        SHEETS: f"/invite-lists/{invited.uid}/sheets/doorstep",
        "/contacts/": "/contacts/",
        "/contacts/new": "/contacts/new",
        "/contacts/notices": "/contacts/notices",
        "/contacts/<uuid:uid>": f"/contacts/{person.uid}",
        "/contacts/<uuid:uid>/agree": f"/contacts/{person.uid}/agree",
        "/contacts/<uuid:uid>/change": f"/contacts/{person.uid}/change",
        "/stop/<token>": f"/stop/{token_of_stop}",
        BOARD: f"/walkabouts/{walk.uid}/board",
        NEXT: f"/walkabouts/{walk.uid}/next",
        REKEY: f"/walkabouts/{walk.uid}/rekey?sheet=2",
        REKEYED: f"/walkabouts/{walk.uid}/rekeyed",
        SURVEY: f"/engagements/{event.uid}/survey/",
        ASKED: f"/engagements/{event.uid}/survey/edit",
        "/answer/<code>": f"/answer/{survey.code}",
        SHEET: f"/engagements/{event.uid}/survey/sheet",
        TYPED: f"/engagements/{event.uid}/survey/typed?phase=after",
        f"{DOOR}sheet": f"/engagements/{event.uid}/door/sheet",
        PLAN: f"/engagements/{event.uid}/plan/",
        POINT: f"/engagements/{event.uid}/plan/1",
        "/engagements/start": "/engagements/start",
        SINCE: f"/engagements/{after.uid}/since",
        RUNNING: f"/engagements/{event.uid}/running/",
        ADD_PART: f"/engagements/{event.uid}/running/new",
        PART: f"/engagements/{event.uid}/running/{welcome.uid}/edit",
        TABLES: f"/engagements/{event.uid}/tables/",
        TABLE: f"/engagements/{event.uid}/tables/1",
        PICTURES: f"/engagements/{event.uid}/pictures/",
        f"{PICTURES}<uuid:picture>": f"/engagements/{event.uid}/pictures/{drawn.uid}",
        NOTES: f"/engagements/{event.uid}/notes/?table=1",
        NOTE: f"/engagements/{event.uid}/notes/{noted.uid}",
        BUDGET: f"/engagements/{event.uid}/budget/",
        LINE: f"/engagements/{event.uid}/budget/papers/{paper.uid}",
        NEW_LINE: f"/engagements/{event.uid}/budget/costs/new",
        GROUPS: f"/engagements/{event.uid}/groups/",
        DOOR: f"/engagements/{event.uid}/door/",
        WRITE_UP: f"/engagements/{event.uid}/write-up/",
        VENUE: f"/engagements/{event.uid}/venue/",
        IDEAS: f"/engagements/{event.uid}/ideas/",
        SAID: f"/engagements/{event.uid}/said",
        SAY: f"/engagements/{event.uid}/said/new",
        ANSWER: f"/engagements/{event.uid}/said/{answered.uid}/edit",
        f"{SAID}/<uuid:action>/progress": f"/engagements/{event.uid}/said/{answered.uid}/progress",
        TOLD: f"/engagements/{event.uid}/told",
        "/report-back/": "/report-back/",
        "/consultations/": "/consultations/",
        "/walk/": "/walk/",
        "/walk/rescue": "/walk/rescue",
        "/sign-in": "/sign-in",
        "/sign-in/code": "/sign-in/code",
        "/sign-in/<secret>": link,
    }


def suggestion(client: FlaskClient, path: str) -> str:
    """Where a suggestion is answered that a place has moved."""
    form = {"uid": str(uuid7()), "base_version": "1", "was": "{}", "about": "moved"}
    form |= {
        "where": "-1.93,53.72",
        "title": "Hall C",
        "note": "It has moved",
        "phone": "01632 960 009",
    }
    sent = client.post(f"{path}/suggest", data=form | {"csrf_token": token(client, path)})
    assert sent.status_code == 303, sent.text
    return str(sent.location)


def sign_in_link(session: Session, user: User) -> str:
    return f"/sign-in/{make_link(session, user, minutes=5)}"


def rules(app: Flask) -> set[str]:
    """The rules of all pages but those of entries, which have a test of their own."""
    plurals = tuple(f"/{plural}" for plural in KIND_OF_PLURAL)
    return {
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or set())
        and not rule.rule.startswith((*plurals, *NOT_PAGES, "/api/"))
        and "." not in rule.rule.replace("<path:", "")
        and not rule.rule.endswith("/progress")
    } | {"/api/docs", BOARD, NEXT, REKEY, REKEYED, *OF_EVENTS}


def test_no_page_is_forgotten_here(app: Flask, pages: dict[str, str]) -> None:
    assert rules(app) == set(pages)


def test_axe_finds_nothing_on_any_page_wide_or_on_a_phone(
    page: Page, pages: dict[str, str], imported: str
) -> None:
    page.add_init_script(AXE.axe_script)  # sent once, and not with every page
    wrong: dict[str, Any] = {}
    others = (imported, "/no-such-page", "/categories/asset/pla_hall/rename")
    for address in (*pages.values(), *others):
        page.set_viewport_size(DESKTOP)
        go(page, address).locator("main").first.wait_for()  # a phone's screens draw it themselves
        found = problems(page)
        page.set_viewport_size(PHONE)
        if found := found + problems(page, narrower=True):
            wrong[address] = found
    assert wrong == {}
