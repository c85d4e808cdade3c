"""Help that was asked for in the demo town: for an event that was held, where it was used and some
were thanked, and for one to come, where answers are still awaited."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import local_day, now
from assetmap.demo.ledger import uid as uid_of
from assetmap.demo.people import COUNCIL
from assetmap.models import Category, Engagement, Entry, HelpAsk, HelpRequest, Offer, Team
from assetmap.register import (
    consents,
    help_asking,
    help_finding,
    help_requests,
    notices,
    persons,
)
from assetmap.register.help_finding import Choice
from assetmap.schemas.help_requests import (
    AskDraft,
    HelpAnswerTaken,
    HelpDraft,
    NearSearch,
    ThanksDraft,
    UseDraft,
)
from assetmap.schemas.persons import ConsentDraft, PersonDraft, RoleDraft
from assetmap.settings import LOCAL
from assetmap.vocabulary import ContactChannel, ContactPurpose

DAY, AHEAD, MORNING = timedelta(days=1), timedelta(days=10), time(9)
EMAIL, PHONE = ContactChannel.EMAIL, ContactChannel.PHONE
ASKS = {"ask_who": "The events team", "ask_how": "01632 960100"}
SOUP = {
    "title": "Soup and bread for sixty",
    "words": "From six o’clock, with somebody to serve it. Bowls are there.",
}
TABLES = {
    "title": "Two people to lead a table",
    "words": "An hour and a half. We show you how beforehand, and there is a meal.",
    "role": "facilitator",
    "wanted": 2,
}
# of which category, what, and whether it is over
WANTED: tuple[tuple[str, Mapping[str, Any], bool], ...] = (
    ("eqp_food", SOUP, True),
    ("kno_faci", TABLES, False),
)
GIVERS = (
    ("Thea Cloughfold", "Marek Whinfell", "Oona Salterhebble", "Desmond Yarrow"),
    ("Ines Copperthwaite", "Rohan Birkdale", "Phyllida Marsh"),
)
ANSWERS = (
    HelpAnswerTaken(answer="accepted", by=PHONE, words="Gladly, from half past five"),
    HelpAnswerTaken(answer="tentative", by=PHONE, words="If the van is back by then"),
)


def ask(session: Session, today: date) -> None:
    """Ask for help twice in the name of the council's team."""
    team = session.scalars(select(Team).where(Team.name == COUNCIL)).one()
    for (code, wanted, is_past), names in zip(WANTED, GIVERS, strict=True):
        _know(session, team, code, names, today)
        event = _event(session, team, is_past=is_past)
        if event is not None:
            _ask(session, team, event, code, wanted, today, is_past=is_past)


def _know(session: Session, team: Team, code: str, names: Sequence[str], today: date) -> None:
    """Know somebody at each of the groups that offer such help, who agreed to be asked for it."""
    found = session.execute(
        select(Offer.group_id, func.min(Offer.id))
        .join(Category, Category.id == Offer.category_id)
        .where(Category.code == code, Offer.group_id.is_not(None), Offer.withdrawn_at.is_(None))
        .group_by(Offer.group_id)
        .order_by(func.min(Offer.id))
        .limit(len(names))
    )
    for number, (name, (key, _)) in enumerate(zip(names, found, strict=False)):
        draft = PersonDraft(
            name=name,
            email=f"{name.lower().replace(' ', '.')}@people.example",
            phone=f"01632 9606{len(name):02}",
            is_adult=True,
        )
        role = RoleDraft(entry=str(session.get_one(Entry, key).uid), title="Coordinator")
        uid = uid_of(f"giver {name}", datetime.combine(today, MORNING, UTC))
        person = persons.log(session, draft, viewer=OPERATOR, team_id=team.id, role=role, uid=uid)
        agreed = ConsentDraft(
            purpose=ContactPurpose.SERVICE,
            channels=[EMAIL, PHONE],
            method="verbal",
            notice_version=notices.FIRST,
            given_on=today - timedelta(days=20 + number),
        )
        consents.give(session, person, agreed, viewer=OPERATOR)


def _event(session: Session, team: Team, *, is_past: bool) -> Engagement | None:
    """The last event of the team that was held, or the next that is planned."""
    order = Engagement.starts_at.desc() if is_past else Engagement.starts_at
    states = ("held", "closed") if is_past else ("planned", "confirmed")
    return session.scalars(
        select(Engagement)
        .where(
            Engagement.team_id == team.id,
            Engagement.withdrawn_at.is_(None),
            Engagement.status.in_(states),
            Engagement.longitude.is_not(None),
        )
        .order_by(order, Engagement.id)
        .limit(1)
    ).first()


def _ask(  # all have a name
    session: Session,
    team: Team,
    event: Engagement,
    code: str,
    wanted: Mapping[str, Any],
    today: date,
    *,
    is_past: bool,
) -> None:
    on = event.starts_at.astimezone(LOCAL).date()
    draft = HelpDraft.model_validate(
        {
            **ASKS,
            **wanted,
            "need": event.uid,
            "place": event.shown_address,
            "answer_by": local_day(now()),
        }
    )
    uid = uid_of(f"help {draft.title}", event.created_at)
    help_requests.put(session, uid, draft, viewer=OPERATOR)
    made = help_requests.find(session, uid, viewer=OPERATOR)
    near = NearSearch(category=code, how="any")
    choices = help_finding.offers(session, made, near, viewer=OPERATOR).rows
    chosen = [one for one in choices if one.people] or list(choices)
    asked = [one for choice in chosen[:3] for one in _rung(session, made, choice)]
    for one, answer in zip(asked, ANSWERS, strict=False):
        help_asking.answer(session, made, one.uid, answer, viewer=OPERATOR)
    if is_past and asked:
        used = UseDraft(used_on=on, words="Enough for everybody, and seconds")
        help_asking.use(session, made, asked[0].uid, used, viewer=OPERATOR)
        thanks = ThanksDraft(by=PHONE, words="Sixty people ate, and nobody left early")
        help_asking.thank(session, made, asked[0].uid, thanks, viewer=OPERATOR)
    first = event.starts_at - AHEAD if is_past else datetime.combine(today, MORNING, UTC)
    for one in asked:
        one.asked_at = first
        one.answered_at = first if one.answered_at else None
        one.thanked_on = on + DAY if one.thanked_on else None
    made.created_at = first
    made.needed_on, made.answer_by = on, on - DAY
    session.flush()  # and is read with its days


def _rung(session: Session, made: HelpRequest, choice: Choice) -> Sequence[HelpAsk]:
    asking = AskDraft(offers=[choice.hit.entry.uid], by=PHONE)
    return help_asking.ask(session, made, asking, viewer=OPERATOR)
