"""Events with what people are asked at them, and whom to invite, for the pages that show it."""

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR, viewer_of
from assetmap.db import local_day, now
from assetmap.formats.profiles import ProfileRead, ProfilesRead
from assetmap.models import (
    CollectionItem,
    Engagement,
    Entry,
    EventContact,
    Invitation,
    InviteList,
    InvitePanel,
    Poll,
    SearchAlert,
    Survey,
    Team,
    User,
)
from assetmap.register import (
    balancing,
    collections,
    counters,
    help_asking,
    help_replies,
    help_requests,
    invite_lists,
    monitoring,
    polls,
    profiles,
    replies,
    saved_searches,
    search_alerts,
    secret,
    surveys,
)
from assetmap.schemas.collections import CollectionDraft
from assetmap.schemas.counters import CounterDraft
from assetmap.schemas.help_requests import AskDraft, HelpDraft
from assetmap.schemas.invite_lists import InviteListDraft
from assetmap.schemas.invite_panels import PanelDraft, QuotaDraft
from assetmap.schemas.polls import PollDraft, Vote
from assetmap.schemas.saved_searches import SavedSearchDraft
from assetmap.schemas.search import Filters
from assetmap.schemas.surveys import AnswerDraft, SurveyDraft
from assetmap.vocabulary import ContactChannel
from tests.make import make_consent, make_entry, make_person

CODES = "/<any(engagements, assets, groups):plural>/<uuid:uid>/codes/"
MET = "/engagements/<uuid:uid>/met/"
WHO_CAME = "/engagements/<uuid:uid>/who-came/"
POLLS, WALL = (f"/engagements/<uuid:uid>/polls/{end}" for end in ("", "wall"))


def answered_survey(session: Session, event: Engagement) -> Survey:
    """One of two measures and a question with answers to choose from, six sheets returned."""
    sheet = SurveyDraft(
        measures=("trust", "heard"), choices="Which way?\nOn foot\nBy bus", open_for="before"
    )
    survey = surveys.set_up(session, event, sheet, viewer=OPERATOR)
    for value in (3, 5, 8, 9, 9, 10):
        surveys.answer(session, survey, uuid4(), AnswerDraft(given={"trust": value}))
    return survey


def asked_there(session: Session, event: Engagement, after: Engagement) -> dict[str, str]:
    """What people are asked on the day of an event, by the rule of its page."""
    poll = room(session, event)
    hung = counters.add(session, event, uuid4(), CounterDraft(hangs_at="Hall"), viewer=OPERATOR)
    counters.count(session, hung, "scan")
    team = session.get_one(Team, event.team_id)
    sam = make_person(session, team, name="Sam Met", email="sam.met@people.example")
    session.add(EventContact(engagement_id=event.id, person_id=sam.id))
    who_came = monitoring.start(session, after, viewer=OPERATOR)
    return {
        CODES: f"/engagements/{event.uid}/codes/",
        "/at/<code>": f"/at/{hung.code}",
        WHO_CAME: f"/engagements/{after.uid}/who-came/",
        "/who-came/<code>": f"/who-came/{who_came.code}",
        MET: f"/engagements/{event.uid}/met/",
        POLLS: f"/engagements/{event.uid}/polls/",
        WALL: f"/engagements/{event.uid}/polls/wall",
        "/poll/": "/poll/?code=a-b",
        "/poll/<code>": f"/poll/{poll.code}",
    }


def room(session: Session, event: Engagement) -> Poll:
    """A question that is open, after one that six have answered."""
    event.ends_at = now() + timedelta(hours=1)
    chosen, scale = (
        polls.add(session, event, uuid4(), draft, viewer=OPERATOR)
        for draft in (
            PollDraft(asks="Which?", options="Lamps\nBins\nBenches"),
            PollDraft(asks="How well?", kind="scale"),
        )
    )
    polls.start(session, event, chosen.uid, viewer=OPERATOR)
    for number in range(6):
        polls.answer(session, chosen, f"phone {number}", Vote(chosen=1))
    return polls.start(session, event, scale.uid, viewer=OPERATOR)


def saved_pages(session: Session, owner: User, team: Team, keep: Entry) -> dict[str, str]:
    """Of a search and a collection that somebody shares, by the rule of each page."""
    draft = SavedSearchDraft(
        name="Halls near by", team=team.uid, criteria=Filters(text="hall", area=("E05000001",))
    )
    viewer = viewer_of(session, owner.id)
    made = saved_searches.put(session, uuid4(), draft, viewer=viewer).made
    called = CollectionDraft(name="Halls for the fair", team=team.uid)
    picked, _ = collections.put(session, uuid4(), called, viewer=viewer)
    session.add(CollectionItem(collection_id=picked.id, member_id=keep.id))
    search_alerts.put(session, made, "daily", viewer=viewer)
    session.flush()
    link = search_alerts.stop_link(session, session.scalars(select(SearchAlert)).one())
    return {
        "/saved-searches/": "/saved-searches/",
        "/saved-searches/new": "/saved-searches/new?search=text%3Dhall",
        "/saved-searches/<uuid:uid>": made.path,
        "/saved-searches/<uuid:uid>/edit": f"{made.path}/edit",
        "/saved-searches/<uuid:uid>/news": f"{made.path}/news",
        "/collections/": "/collections/",
        "/collections/new": "/collections/new",
        "/collections/add": f"/collections/add?entry={keep.uid}",
        "/collections/<uuid:uid>": picked.path,
        "/collections/<uuid:uid>/edit": f"{picked.path}/edit",
        "/stop-alert/<token>": f"/stop-alert/{link.rpartition('/')[2]}",
    }


def an_invite_list(session: Session, team: Team, event: Engagement) -> InviteList:
    """One with somebody who may be asked, somebody who may not, and a group without anybody."""
    choir, *_ = (make_entry(session, "group", team, title=title) for title in ("Choir", "Anglers"))
    for name, agrees in (("Ann", True), ("Ben", False)):
        made = make_person(session, team, at=choir, name=name, email=f"{name}@people.example")
        make_consent(session, made) if agrees else None
    ages = {"E05000001": {"0-15": 20, "16-24": 10, "25-64": 50, "65": 20}}
    lives = ProfilesRead([ProfileRead("age", "ward", "2022", "2021", ages)], [])
    profiles.load(session, lives, viewer=OPERATOR)
    draft = InviteListDraft(name="Hub", event=event.uid, area=["E05000001"], reach=[])
    listed = invite_lists.put(session, uuid4(), draft, viewer=OPERATOR).made
    invite_lists.keep(session, listed, viewer=OPERATOR)
    return listed


def a_panel(session: Session, listed: InviteList) -> InvitePanel:
    """One that was drawn of those on a list who may be asked."""
    quota = QuotaDraft(dimension="age", code="65", most=1)
    draft = PanelDraft(seats=1, seed=7, why="A jury", quotas=[quota])
    panel = balancing.draw(session, listed, uuid4(), draft, viewer=OPERATOR)
    begun = balancing.begun(session, panel.uid)
    assert begun is not None
    pool, seed, reserves = begun
    found = balancing.solved(pool, seed=seed, reserves=reserves)
    balancing.keep(session, panel.uid, pool, found)
    return panel


def a_reply(session: Session, listed: InviteList) -> str:
    """The secret in the link of somebody who was invited and said yes."""
    choir = session.scalars(select(Entry).where(Entry.title == "Choir")).first()
    session.refresh(listed)
    team = session.get_one(Team, listed.team_id)
    cat = make_person(session, team, at=choir, name="Cat", email="cat@people.example")
    asked = Invitation(
        list_id=listed.id, engagement_id=listed.engagement_id, person_id=cat.id, channel="email"
    )
    session.add(asked)
    session.flush()
    token = replies.token_of(session, asked)
    reply = replies.of_invitation(session, asked)
    reply.token_hash, reply.state, reply.party = secret.hashed(token), "accepted", 1
    reply.needs_sealed = replies.seal(session, "A ramp")
    session.flush()
    return token


def help_pages(session: Session, event: Engagement, team: Team) -> dict[str, str]:
    """The pages about a request for help that an offer was asked by, used and not thanked for."""
    offer = make_entry(session, "offer", team, title="Tea urn")
    draft = HelpDraft(
        need=event.uid, title="Tea", answer_by=local_day(now()), ask_who="Jo", ask_how="By phone"
    )
    made, _ = help_requests.put(session, uuid4(), draft, viewer=OPERATOR)
    asking = AskDraft(offers=[offer.uid], by=ContactChannel.PHONE)
    (one,) = help_asking.ask(session, made, asking, viewer=OPERATOR)
    one.token_hash = secret.hashed(help_replies.token_of(session, one))
    one.state, one.words, one.used_on = "accepted", "From two", local_day(now())
    session.flush()
    return {
        "/help-requests/": f"/help-requests/?need={event.uid}",
        "/help-requests/new": f"/help-requests/new?need={event.uid}",
        "/help-requests/<uuid:uid>": made.path,
        "/help-requests/<uuid:uid>/edit": f"{made.path}/edit",
        "/help-requests/<uuid:uid>/choose": f"{made.path}/choose?how=any",
        "/helping/<token>": f"/helping/{help_replies.token_of(session, one)}",
    }
