"""Every route, for everybody, with entries of every visibility: what may not be seen shows nowhere.

The rows are the rules of the URL map. A route without a row, and a row without a route, fail.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.models import Engagement, Entry, Person, Proposal, Team, User
from assetmap.register import (
    actions,
    budget,
    consents,
    counters,
    invite_lists,
    monitoring,
    notes,
    persons,
    polls,
    proposals,
    running,
    snapshots,
    surveys,
)
from assetmap.schemas.actions import ActionDraft
from assetmap.schemas.budget import CostDraft, PaperDraft
from assetmap.schemas.counters import CounterDraft
from assetmap.schemas.invite_lists import InviteListDraft
from assetmap.schemas.persons import RoleDraft
from assetmap.schemas.polls import PollDraft
from assetmap.schemas.proposals import About, Suggestion
from assetmap.schemas.running import PartDraft
from assetmap.schemas.surveys import SurveyDraft
from assetmap.schemas.tables import NoteDraft
from assetmap.vocabulary import KIND_OF_PLURAL, Kind, Role, Visibility
from tests.make import (
    commit,
    make_agreement,
    make_area,
    make_consent,
    make_entry,
    make_partner,
    make_person,
    make_picture,
    make_request,
    make_run,
    make_team,
    make_user,
    shape_json,
)
from tests.web.matrix_rows import (
    EDITORS,
    ELSEWHERE,
    EVERYBODY,
    INSIDE,
    LOGGERS,
    MORE_OF_AN_ENTRY,
    NAMED,
    OF_AN_ENTRY,
    OPEN_OF_AN_ENTRY,
    PAGES,
    READ_BY_PROGRAMS,
    REFUSED,
    SEES,
    TEAM,
    WRITES,
    Row,
)
from tests.web.matrix_shared import help_wanted, shared, words_of
from tests.web.pages import press, sign_in, token

GROUND = shape_json(shapely.box(-1.93, 53.73, -1.91, 53.74))


KEYS = ("photo", "note", "track", "action", "telling", "part", "line", "poll", "counter")


@dataclass
class World:
    """Entries of every kind and visibility, and everybody."""

    marks: dict[tuple[str, str], str] = field(default_factory=dict)  # (kind, visibility) → title
    uids: dict[tuple[str, str], str] = field(default_factory=dict)
    others: dict[str, str] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)


@pytest.fixture
def world(session: Session) -> World:
    made = World()
    make_area(session)
    team, partner = make_team(session, "Ours"), make_partner(session)
    for plural, kind in KIND_OF_PLURAL.items():
        for visibility in Visibility:
            title = f"Marker {kind.value} {visibility.value}"
            entry = make_entry(session, kind.value, team, title=title, visibility=visibility)
            made.marks[plural, visibility.value] = title
            made.uids[plural, visibility.value] = str(entry.uid)
    for name in ("team_a", "team_b"):
        entry = make_entry(session, "asset", team, title=f"Hall {name}", visibility="team")
        made.others[name] = str(entry.uid)
    made.others["agreement"] = str(make_agreement(session, partner, kinds=list(Kind)).uid)
    made.others["draft"] = str(make_agreement(session, partner, signed_on=None).uid)
    made.others["public_walkabout"] = made.uids["walkabouts", "public"]
    walk = make_entry(session, "walkabout", team, title="A walk", geometry=GROUND)
    made.others["walk_with_area"] = str(walk.uid)
    made.others["public_engagement"] = made.uids["engagements", "public"]
    made.others |= _asked(session)
    inside_of = ("action", "part", "noted", "line", "picture")
    for name, inside in zip(inside_of, _said_inside(session), strict=True):
        made.others[name] = inside
    made.others["run"] = str(make_run(session).uid)
    made.others["proposal"] = str(_proposal(session, made.uids["assets", "restricted"]))
    hall = session.scalars(select(Entry).where(Entry.title == "Marker asset public")).one()
    person = make_person(session, team, at=hall, name=NAMED)
    make_consent(session, person)
    made.others["person"] = str(person.uid)
    made.others["invited"] = _invited(session, made)
    made.others |= help_wanted(session, team, INSIDE)
    made.others["stop"] = consents.link_token(session, consents.of(session, person)[0])
    made.others["asked"] = str(make_request(session).uid)
    made.people = dict(_people(session, team))
    theirs = make_team(session, "Theirs")
    theirs.partner_id = partner.id
    made.people["agreed"] = make_user(session, theirs, "viewer", "agreed@example.org")
    made.others |= shared(session, made.people["admin"], team, INSIDE, made.uids.values())
    commit()
    return made


def _invited(session: Session, made: World) -> str:
    """An invite list of groups of every visibility, at one of which a team knows somebody."""
    groups = [uid for (plural, _), uid in made.uids.items() if plural == "groups"]
    choir = session.scalars(select(Entry).where(Entry.title == "Marker group public")).one()
    persons.give_role(
        session,
        session.scalars(select(Person)).one(),
        RoleDraft(entry=choir.ref, title="Tenor"),
        viewer=OPERATOR,
    )
    event = uuid.UUID(made.others["public_engagement"])
    draft = InviteListDraft(name=INSIDE, event=event, groups=[uuid.UUID(one) for one in groups])
    invited = invite_lists.put(session, uuid.uuid4(), draft, viewer=OPERATOR).made
    invite_lists.keep(session, invited, viewer=OPERATOR)
    return str(invited.uid)


def _asked(session: Session) -> dict[str, str]:
    """A team's own event, where its survey is answered, whose name is not for everybody, where it
    asks the room, and who came."""
    query = select(Engagement).where(Engagement.visibility == Visibility.TEAM.value)
    event = session.scalars(query).one()
    draft = SurveyDraft(measures=("trust",), open_for="before")
    poll = PollDraft(asks="How many?", kind="scale")
    asked = polls.add(session, event, uuid.uuid4(), poll, viewer=OPERATOR)
    survey = surveys.set_up(session, event, draft, viewer=OPERATOR)
    form = monitoring.start(session, event, viewer=OPERATOR)
    codes = {"survey": survey.code, "poll": asked.code, "who_came": form.code}
    hung = counters.add(
        session, event, uuid.uuid4(), CounterDraft(hangs_at="Hall"), viewer=OPERATOR
    )
    codes["counter"] = hung.code
    return codes | {"asked_at": str(event.uid)}


def _said_inside(session: Session) -> tuple[str, ...]:
    """What is kept of every event for its team alone; the uids of those of the public one: of
    something said, of a part of its running order, of a note, of a line of its budget,
    of a rich picture."""
    for event in session.scalars(select(Engagement)).all():
        draft = ActionDraft(you_said=INSIDE, owner=INSIDE)
        said, _ = actions.put(session, event, uuid.uuid4(), draft, viewer=OPERATOR)
        led = PartDraft(title="Welcome", minutes=10, lead=INSIDE)
        part = running.put(session, event, uuid.uuid4(), led, viewer=OPERATOR)
        noted, _ = notes.put(session, event, uuid.uuid4(), NoteDraft(text=INSIDE), viewer=OPERATOR)
        cost, paper = CostDraft(what=INSIDE), PaperDraft(what=INSIDE)
        line = budget.put(session, event, "costs", uuid.uuid4(), cost, viewer=OPERATOR)
        budget.put(session, event, "papers", uuid.uuid4(), paper, viewer=OPERATOR)
        picture = make_picture(session, event, INSIDE)
        event.version = 1
        if event.visibility == Visibility.PUBLIC:
            uids = tuple(str(one.uid) for one in (said, part, noted, line, picture))
    return uids


def _proposal(session: Session, uid: str) -> uuid.UUID:
    """One about an entry that few may see."""
    shown = proposals.shown(session, uuid.UUID(uid), Kind.ASSET, viewer=OPERATOR)
    draft = snapshots.draft_of("asset", shown.taken | {"title": "Another title"})
    said = Suggestion(about=About.DETAILS)
    made, _ = proposals.propose(
        session, shown, draft, said, viewer=OPERATOR, uid=uuid.uuid4(), base_version=1
    )
    return made.uid


def _people(session: Session, team: Team) -> Iterator[tuple[str, User]]:
    for role in Role:
        yield role.value, make_user(session, team, role.value, f"{role.value}@example.org")
    next_door = make_team(session, "Next door")
    yield "colleague", make_user(session, next_door, "viewer", "colleague@example.org")
    stranger = make_team(session, "Far away")
    stranger.partner_id = make_partner(session, "Elsewhere").id
    yield "partner", make_user(session, stranger, "viewer", "partner@example.org")
    loner = User(name="Loner", email="loner@example.org")
    session.add(loner)
    session.flush()
    yield "loner", loner


def hidden(world: World, who: str) -> dict[str, str]:
    """Titles of what somebody may not see."""
    return {world.marks[key]: world.uids[key] for key in world.marks if who not in SEES[key[1]]}


def leaks(text: str, world: World, who: str) -> list[str]:
    known = who in TEAM - {"analyst"}
    named = [NAMED] if NAMED in text and not known else []
    named += [INSIDE] if INSIDE in text and who not in TEAM else []
    return named + [title for title, uid in hidden(world, who).items() if title in text]


def be(app: Flask, world: World, who: str) -> FlaskClient:
    """A browser of somebody's own."""
    client = app.test_client()
    if who != "public":
        sign_in(client, world.people[who])
    return client


SOME = [EVERYBODY[number::3] for number in range(3)]  # making the world takes longer than a visit
some_people = pytest.mark.parametrize("people", SOME, ids=" ".join)


def rules(app: Flask, method: str) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())}


def test_every_page_has_a_row(app: Flask) -> None:
    of_entries = {f"/{p}/<uuid:uid>{end}" for p in KIND_OF_PLURAL for end in OF_AN_ENTRY}
    of_kinds = {f"/{p}/{end}" for p in KIND_OF_PLURAL for end in ("", "new")}
    programs = {
        one.format(plural=p, uid="<uuid:uid>") for p in KIND_OF_PLURAL for one in READ_BY_PROGRAMS
    }
    known = set(PAGES) | of_entries | of_kinds | programs
    withdrawn = {f"/{p}/<uuid:uid>/withdrawn" for p in KIND_OF_PLURAL}
    missing = rules(app, "GET") - known - withdrawn
    assert {rule for rule in missing if not rule.startswith(ELSEWHERE)} == set()
    assert known - rules(app, "GET") == set()


def test_every_write_to_an_entry_has_a_row(app: Flask) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        known = {
            rule.format(plural=plural)
            for rule, methods in WRITES.items()
            for plural in KIND_OF_PLURAL
            if method in methods
        }
        new = {f"/{plural}/new" for plural in KIND_OF_PLURAL}
        photo = {f"/{plural}/<uuid:uid>/photos/<uuid:photo>/remove" for plural in KIND_OF_PLURAL}
        missing = rules(app, method) - known - new - photo
        assert {rule for rule in missing if not rule.startswith(ELSEWHERE)} == set()
        assert known - rules(app, method) == set()


@some_people
def test_no_page_shows_what_may_not_be_seen_and_lists_show_what_may(
    app: Flask, world: World, people: list[str]
) -> None:
    for who in people:
        see_every_page(be(app, world, who), world, who)


def see_every_page(client: FlaskClient, world: World, who: str) -> None:
    lists = {f"/{plural}/": Row(lists=(plural,)) for plural in KIND_OF_PLURAL}
    reason = f"/assets/{world.uids['assets', 'restricted']}/reason"  # a suggestion is about it
    press(client, reason, page="/account/", purpose="keeping") if who in EDITORS else None
    for rule, row in {**PAGES, **lists}.items():
        address = (row.address or rule).format(**world.others)
        why = {"X-Purpose": "keeping"}
        answer = client.get(address, headers=why, follow_redirects=True)
        assert leaks(words_of(answer), world, who) == [], (address, who)
        if rule == "/basemap.pmtiles":
            continue
        if who in row.to:
            assert answer.status_code == 200, (address, answer.status_code, who)
        else:
            assert answer.status_code in (401, 403, 404), (address, answer.status_code, who)
        for plural in row.lists:
            shown = {
                seen
                for (kind, seen), title in world.marks.items()
                if kind == plural and title in answer.text
            }
            assert shown == {seen for seen in SEES if who in SEES[seen]}, (address, plural, who)


@some_people
def test_an_entry_is_there_for_those_who_may_see_it_and_for_nobody_else(
    app: Flask, world: World, people: list[str]
) -> None:
    for who in people:
        see_every_entry(be(app, world, who), world, who)


def see_every_entry(client: FlaskClient, world: World, who: str) -> None:
    for (plural, visibility), uid in world.uids.items():
        if plural != "assets" and visibility in ("public", "restricted"):
            continue
        is_seen = who in SEES[visibility]
        if visibility == "restricted" and is_seen:
            press(client, f"/{plural}/{uid}/reason", page="/account/", purpose="keeping")
        for program in READ_BY_PROGRAMS:
            asked = client.get(program.format(plural=plural, uid=uid))
            assert asked.status_code == (200 if is_seen else 404), (asked.request.path, who)
            assert leaks(asked.text, world, who) == [], who
        for end, to in OF_AN_ENTRY.items():
            if plural != "assets" and end not in ("", "/edit"):
                continue
            more = MORE_OF_AN_ENTRY.get(end, {})
            allowed = who in to or plural in more.get(who, ())
            answer = client.get(f"/{plural}/{uid}{end}")
            assert leaks(answer.text, world, who) == [], who
            if who == "public" and end not in OPEN_OF_AN_ENTRY:
                assert answer.status_code == 401
            elif not is_seen:
                assert answer.status_code == 404, (answer.request.path, who)
            else:
                kept = who in TEAM or end in (*OPEN_OF_AN_ENTRY, "/logged")
                good = allowed and kept
                assert (answer.status_code == 200) is good, (answer.request.path, who)


@some_people
def test_nobody_writes_to_what_they_may_not_see_or_change(
    app: Flask, session: Session, world: World, people: list[str]
) -> None:
    for who in people:
        try_to_write(be(app, world, who), world, who)
        session.expire_all()
        assert set(session.scalars(select(Entry.version))) == {1}, who
        assert session.scalars(select(Proposal.state).where(Proposal.note == "")).one() == "open"


def try_to_write(client: FlaskClient, world: World, who: str) -> None:
    said = {"csrf_token": token(client)}
    header = {"X-CSRFToken": said["csrf_token"]}
    changes = who in EDITORS | LOGGERS
    for visibility in ("partner", "team", "restricted"):
        if changes and who in SEES[visibility]:
            continue
        uid = world.uids["assets", visibility]
        for rule, methods in WRITES.items():
            address = rule.format(plural="assets").replace("<uuid:uid>", uid)
            for key in KEYS:
                address = address.replace(f"<uuid:{key}>", uid)
            address = address.replace("<int:number>", "3")
            address = address.replace("<any(costs, papers):sort>", "costs")
            address = address.replace("<any(earlier, later):where>", "earlier")
            address = address.replace("<any(open, close):act>", "open")
            address = address.replace("<any(engagements, assets, groups):plural>", "assets")
            address = address.replace("<any(up, down):way>", "down")
            address = address.replace("<any(open, close, remove, 'put-back'):act>", "open")
            if "/tracks" in address or "/board" in address:
                address = address.replace(uid, world.uids["walkabouts", visibility], 1)
            if "/engagements/" in address:
                address = address.replace(uid, world.uids["engagements", visibility], 1)
            for method in methods:
                if rule.startswith("/api/"):
                    body = {"how": "visit", "status": "closed", "relation": "about", "to": uid}
                    answer = client.open(address, method=method, json=body, headers=header)
                else:
                    answer = client.open(address, method=method, data=said | {"version": "1"})
                if rule.endswith(("/again", "/suggest")) and who in SEES[visibility]:
                    continue  # the one leads to the entry, the other waits for an answer
                assert answer.status_code in REFUSED, (method, address, answer.status_code)
                assert leaks(answer.text, world, who) == [], (address, who)
    for verb in ("accept", "refuse", "undo", "withdraw") if who not in EDITORS else ():
        address = f"/proposals/{world.others['proposal']}/{verb}"
        answer = client.post(address, data=said | {"field": "title", "why": "No", "version": "1"})
        assert answer.status_code == (401 if who == "public" else 404)
        assert leaks(answer.text, world, who) == []
