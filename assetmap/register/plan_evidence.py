"""What the record itself shows about the points of an event's plan: evidence, not ticks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select
from sqlalchemy.orm import Session, with_polymorphic

from assetmap import access, privacy, spatial
from assetmap.access import Viewer
from assetmap.db import local_day
from assetmap.models import (
    Action,
    Asset,
    Engagement,
    Entry,
    EventCost,
    EventPaper,
    Link,
    Monitoring,
    Partner,
    Survey,
    SurveyAnswer,
    Team,
    Telling,
)
from assetmap.register import consultations, guest_clashes
from assetmap.vocabulary import Kind, Relation

NEAR_M = 3_000.0
BESIDE = timedelta(days=7)
NOTICE = timedelta(days=14)
MOST = 5
_NEEDED = (("insurance", "insurance"), ("risk_assessment", "a risk assessment"))


Links = tuple[tuple[str, str], ...]  # addresses and names


class Evidence(NamedTuple):
    """What the record says about a point, and whether that is enough."""

    is_enough: bool
    said: str
    links: Links = ()


@dataclass(frozen=True)
class Known:
    """All that the evidence is read from. tied: entries with their relation to the event."""

    event: Engagement
    tied: Sequence[tuple[str, Entry]]
    beside: Sequence[Engagement]
    clashes: Sequence[Engagement]  # events that want one of its groups that day
    bodies: Sequence[str]
    owners: int
    tellings: int
    answered: int  # sheets that came after the event
    came: int  # sheets on which people said who they are, as they went
    planned: int | None  # pence; None where no cost is written down
    spent: int
    papers: Mapping[str, tuple[int, int]]  # of each kind: how many, and how many hold on the day
    fair_days: int  # for people to answer a consultation

    def by(self, relation: Relation, kind: Kind) -> list[Entry]:
        """Entries of a kind that are tied so, those the viewer may see."""
        return [one for name, one in self.tied if name == relation and one.kind == kind]


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Mapping[str, Evidence]:
    """The evidence for each rule that a point of the plan may name, in five queries."""
    beside, clashes = _beside(session, event, viewer=viewer)
    known = Known(
        event,
        _tied(session, event, viewer=viewer),
        beside,
        clashes,
        _bodies(session, event, viewer=viewer),
        *_counts(session, event),
        consultations.fair_days(session),
    )
    return {name: rule(known) for name, rule in RULES.items()}


def _aims(known: Known) -> Evidence:
    about = known.by(Relation.ABOUT, Kind.HOTSPOT)
    links = tuple((one.path, one.title) for one in about)
    if not known.event.aims:
        return _lacks("No aims are written yet.", links)
    if not about:
        return _lacks("The aims are written. Link it to the hotspot it is about.")
    return _shows("The aims are written, and it is about:", links)


def _partners(known: Known) -> Evidence:
    if not known.bodies:
        return _lacks("No other body keeps anything near the place.")
    return _lacks(f"Near the place work: {', '.join(known.bodies)}.")


def _clash(known: Known) -> Evidence:
    if known.clashes:
        said = "On the same day some of the groups you want are wanted by:"
        own = (f"{known.event.path}/groups/", "see which groups")
        links = tuple((one.path, one.title) for one in known.clashes)
        return _lacks(said, (*links, own))
    if known.event.longitude is None:
        return _lacks("Give the event a place, and what else is on nearby is looked up.")
    links = tuple((one.path, one.title) for one in known.beside)
    if links:
        return _lacks("Within a week and 3 km there are:", links)
    return _shows("No other event within a week and 3 km is on the register.")


def _access(known: Known) -> Evidence:
    return _written(known.event.accessibility_plan, "How everybody can take part")


def _papers(known: Known) -> Evidence:
    links = ((f"{known.event.path}/budget/#papers", "Papers"),)
    missing = [said for kind, said in _NEEDED if not known.papers[kind][0]]
    if missing:
        return _lacks(f"Not written down: {' and '.join(missing)}.", links)
    short = [said for kind, said in _NEEDED if not known.papers[kind][1]]
    if short:
        return _lacks(f"Run out before the event is over: {' and '.join(short)}.", links)
    return _shows("Insurance and a risk assessment are written down and hold on the day.", links)


def _budget(known: Known) -> Evidence:
    links = ((f"{known.event.path}/budget/", "Money"),)
    if known.planned is None:
        return _lacks("No money is written down.", links)
    said = f"Planned {_pounds(known.planned)}, spent {_pounds(known.spent)}."
    return _lacks(f"{said} Say why it is worth that.", links)


def _plan(known: Known) -> Evidence:
    event = known.event
    missing = [
        name
        for name, held in [
            ("the aims", event.aims),
            ("what becomes of what is said", event.use_of_input),
            ("the day by which people are told", event.feedback_due),
        ]
        if not held
    ]
    if missing:
        return _lacks(f"Still to be written: {', '.join(missing)}.")
    return _shows("Aims, use and the day people are told are written; this page prints.")


def _venue(known: Known) -> Evidence:
    if known.event.format != "in_person" and not known.event.join_link:
        return _lacks("Give the link by which people join online.")
    if known.event.format == "virtual":
        return Evidence(bool(known.event.accessibility_plan), "It is held online.")
    venues = known.by(Relation.HELD_AT, Kind.ASSET)
    if not venues:
        return _lacks("Link the place where it is held: what it has is read from there.")
    links = tuple((one.path, one.title) for one in venues)
    has = sorted({what for one in venues if isinstance(one, Asset) for what in one.facilities})
    if "step_free" not in has:
        return _lacks("Step-free access is not recorded for:", links)
    named = ", ".join(what.replace("_", " ") for what in has)
    return _shows(f"The place has {named}:", links)


def _notice(known: Known) -> Evidence:
    event = known.event
    if consultations.has_clock(event):
        days = (local_day(event.ends_at) - local_day(event.starts_at)).days + 1
        said = f"Open for {days} days; {known.fair_days} or more are fair."
        return Evidence(days >= known.fair_days, said)
    days = (local_day(event.starts_at) - local_day(event.created_at)).days
    return Evidence(days >= NOTICE.days, f"Written down {max(0, days)} days ahead.")


def _influence(known: Known) -> Evidence:
    event = known.event
    if not (event.influence_level and event.influence_statement):
        return _lacks("Choose how much people can change, and say it in a sentence.")
    return _shows(f"{event.influence_level.capitalize()}: {event.influence_statement}")


def _contact(known: Known) -> Evidence:
    event = known.event
    if not (event.ask_who and event.ask_how):
        return _lacks("Say on the event whom people ask about it, and how they reach them.")
    return _shows(f"{event.ask_who}, {event.ask_how}")


def _use(known: Known) -> Evidence:
    return _written(known.event.use_of_input, "What becomes of what is said")


def _owners(known: Known) -> Evidence:
    said = f"{known.owners} of the points raised are seen to by other bodies."
    return Evidence(known.owners > 0, said, ((f"{known.event.path}/said", "You said, we did"),))


def _offers(known: Known) -> Evidence:
    serve = known.by(Relation.ANSWERS, Kind.OFFER)
    if serve:
        links = tuple((one.path, one.title) for one in serve[:MOST])
        return _shows(f"{len(serve)} linked as answering it:", links)
    made = len(known.by(Relation.RAISED_AT, Kind.OFFER))
    if made:
        return _lacks(f"{made} offers were made here. Link one as answering it once it is used.")
    return _lacks("No offer of support is linked yet.")


def _scan(known: Known) -> Evidence:
    if known.event.scan_status == "pending":
        return _lacks("The scan has not been answered; the event can not close before.")
    return _shows("The scan has been answered.")


def _told(known: Known) -> Evidence:
    links = ((f"{known.event.path}/said", "You said, we did"),)
    if not known.tellings:
        return _lacks("Nobody has been told yet.", links)
    times = {1: "once", 2: "twice"}.get(known.tellings, f"{known.tellings} times")
    return _shows(f"People were told {times}.", links)


def _shows(said: str, links: Links = ()) -> Evidence:
    return Evidence(is_enough=True, said=said, links=links)


def _lacks(said: str, links: Links = ()) -> Evidence:
    return Evidence(is_enough=False, said=said, links=links)


def _asked(known: Known) -> Evidence:
    links = ((f"{known.event.path}/survey/", "Before and after"),)
    if not privacy.enough(known.answered):
        return _lacks("Nobody was asked, or too few to show, as they went.", links)
    return _shows(f"{known.answered} people said as they went how it was.", links)


def _came(known: Known) -> Evidence:
    links = ((f"{known.event.path}/who-came/", "Who came"),)
    if not privacy.enough(known.came):
        return _lacks("Nobody was asked as they went, or too few to show.", links)
    return _shows(f"{known.came} people said who they are, as far as they liked.", links)


def _pounds(pence: int) -> str:
    return f"£{pence / 100:,.2f}".removesuffix(".00")


def _written(held: str, what: str) -> Evidence:
    return Evidence(bool(held), f"{what} is {'written' if held else 'not written yet'}.")


RULES: Mapping[str, Callable[[Known], Evidence]] = {
    "papers": _papers,
    "budget": _budget,
    "aims": _aims,
    "partners": _partners,
    "clash": _clash,
    "access": _access,
    "written": _plan,
    "venue": _venue,
    "notice": _notice,
    "influence": _influence,
    "contact": _contact,
    "use": _use,
    "owners": _owners,
    "offers": _offers,
    "scan": _scan,
    "told": _told,
    "asked": _asked,
    "who_came": _came,
}


def _tied(session: Session, event: Entry, *, viewer: Viewer) -> list[tuple[str, Entry]]:
    other = with_polymorphic(Entry, [Asset])
    ends = or_(
        and_(Link.from_id == event.id, other.id == Link.to_id),
        and_(Link.to_id == event.id, other.id == Link.from_id),
    )
    seen = select(Entry.id).where(access.visible_entries(viewer))
    rows = session.execute(
        select(Link.relation, other).join(other, ends).where(other.id.in_(seen)).limit(200)
    )
    return [(row[0], row[1]) for row in rows]


def _beside(
    session: Session, event: Engagement, *, viewer: Viewer
) -> tuple[Sequence[Engagement], Sequence[Engagement]]:
    """Events that are near in place and time, and those that want the same groups that day."""
    wants = Engagement.id.in_(guest_clashes.clashing(event, viewer=viewer))
    near = select(Engagement.id).where(
        Engagement.id != event.id,
        Engagement.status != "cancelled",
        Engagement.starts_at.between(event.starts_at - BESIDE, event.starts_at + BESIDE),
    )
    is_near: ColumnElement[bool] = false()
    if event.longitude is not None and event.latitude is not None:
        here = (event.longitude, event.latitude)
        near = near.where(spatial.near(Engagement.location, *here, NEAR_M))
        is_near = Engagement.id.in_(near.correlate(None))
    rows = session.execute(
        select(Engagement, *(case((one, 1), else_=0) for one in (is_near, wants)))
        .where(access.visible_entries(viewer), or_(is_near, wants))
        .order_by(Engagement.starts_at, Engagement.id)
        .limit(10 * MOST)
    ).all()
    beside, clashes = ([row[0] for row in rows if row[way]][:MOST] for way in (1, 2))
    return beside, clashes


def _bodies(session: Session, event: Engagement, *, viewer: Viewer) -> Sequence[str]:
    if event.longitude is None or event.latitude is None:
        return ()
    return session.scalars(
        select(Partner.name)
        .join(Team, Team.partner_id == Partner.id)
        .join(Entry, Entry.team_id == Team.id)
        .where(
            access.visible_entries(viewer),
            Entry.kind.in_([Kind.ASSET.value, Kind.GROUP.value, Kind.OFFER.value]),
            Entry.team_id != event.team_id,
            spatial.near(Entry.location, event.longitude, event.latitude, NEAR_M),
        )
        .group_by(Partner.name)
        .order_by(func.count().desc(), Partner.name)
        .limit(MOST)
    ).all()


def _counts(
    session: Session, event: Engagement
) -> tuple[int, int, int, int, int | None, int, Mapping[str, tuple[int, int]]]:
    owners = select(func.count()).where(
        Action.engagement_id == event.id,
        Action.removed_at.is_(None),
        Action.partner_id.is_not(None),
    )
    told = select(func.count()).where(
        Telling.engagement_id == event.id, Telling.removed_at.is_(None)
    )
    asked = (
        select(func.count())
        .join(Survey, Survey.id == SurveyAnswer.survey_id)
        .where(Survey.engagement_id == event.id, SurveyAnswer.phase == "after")
        .select_from(SurveyAnswer)
    )
    came = select(func.sum(Monitoring.sheets)).where(Monitoring.engagement_id == event.id)
    cost = EventCost.engagement_id == event.id, EventCost.removed_at.is_(None)
    money = [
        select(func.sum(pence)).where(*cost)
        for pence in (EventCost.planned_pence, EventCost.spent_pence)
    ]
    holds = or_(EventPaper.last_on.is_(None), EventPaper.last_on >= local_day(event.ends_at))
    papers = [
        select(func.count()).where(
            EventPaper.engagement_id == event.id,
            EventPaper.removed_at.is_(None),
            EventPaper.kind == kind,
            *also,
        )
        for kind, _ in _NEEDED
        for also in ((), (holds,))
    ]
    counted = (owners, told, asked, came, *money, *papers)
    row: Any = session.execute(select(*(one.scalar_subquery() for one in counted))).one()
    held = {kind: (row[6 + 2 * n], row[7 + 2 * n]) for n, (kind, _) in enumerate(_NEEDED)}
    return row[0], row[1], row[2], row[3] or 0, row[4], row[5] or 0, held
