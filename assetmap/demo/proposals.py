"""What people of the demo town have suggested about its places, and what was answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap.access import OPERATOR, PUBLIC, Viewer
from assetmap.db import now
from assetmap.demo.people import POLICE
from assetmap.models import Entry, Finding, History, Link, Proposal, Team, User
from assetmap.register import deliveries, entries, proposal_answers, proposals, snapshots
from assetmap.schemas.proposals import Suggestion
from assetmap.viewers import viewer_of
from assetmap.vocabulary import Kind, Precision, Relation, Visibility

SOMEBODY, PARTNER, WALKER = "", "partner@demo.example", "local@demo.example"
CLASHING = {"desk": "The council has been told.", "phone": "It has grown worse since last week."}
MOVED_BY = 0.0012  # degrees


@dataclass(frozen=True)
class Suggested:
    """One suggestion about the next place in turn. answer: accept, refuse, withdraw or nothing."""

    about: str
    note: str
    days_ago: int
    changes: dict[str, Any] = field(default_factory=dict)
    by: str = SOMEBODY
    reply_to: str = ""
    answer: str = ""


SUGGESTED = (
    Suggested(
        "details",
        "The times on the door are different now.",
        1,
        {"opening_hours": "Monday to Saturday 10am to 4pm", "phone": "01632 960 118"},
        reply_to="neighbour@stranger.example",
    ),
    Suggested("closed", "The shutters have been down since September.", 3),
    Suggested("moved", "They are across the road now.", 4, {"geometry": {}}, by=PARTNER),
    Suggested("other", "The ramp is at the side now.", 9, by=PARTNER, answer="accept"),
    Suggested("closed", "Nobody answered when I rang.", 12, by=PARTNER, answer="refuse"),
    Suggested("other", "The noticeboard is out of date.", 15, by=PARTNER, answer="withdraw"),
)
NEW = {
    "title": "Allotment tool share",
    "category": "eco_shar",
    "description": "A shed of tools that anybody on the allotments can borrow.",
}
REFUSED = "They were there when we called on Tuesday: the bell does not work."


def suggest(session: Session) -> None:
    """Put the suggestions in, one a place, and answer those that were answered."""
    places = _places(session, len(SUGGESTED))
    in_turn = sorted(SUGGESTED, key=lambda one: -one.days_ago)
    for place, one in zip(places, in_turn, strict=False):
        _answer(session, _propose(session, place, one), one)
    draft = snapshots.draft_of(Kind.ASSET, NEW)
    said = Suggestion.model_validate({"about": "new", "note": "Ask at hut 12."})
    proposals.propose_new(session, draft, said, viewer=PUBLIC, uid=uuid7())
    _conflict(session)
    session.flush()  # what was answered is asked for next


def _conflict(session: Session) -> None:
    """What a phone changed with no signal while the desk changed the same words."""
    finding = session.scalars(
        select(Finding)
        .join(Team, Team.id == Finding.team_id)
        .join(Link, Link.from_id == Finding.id)
        .where(
            Team.name == POLICE,
            Finding.status.in_(("new", "triaged", "assigned")),
            Finding.visibility != Visibility.RESTRICTED.value,
            Link.relation == Relation.FOUND_ON.value,
        )
        .order_by(Finding.id)
        .limit(1)
    ).one()
    began, viewer = finding.version, _viewer(session, WALKER)
    taken = snapshots.of(session, finding)
    said = {who: f"{finding.description} {words}".strip() for who, words in CLASHING.items()}
    desk = snapshots.draft_of(finding.kind, taken | {"description": said["desk"]})
    entries.change(session, finding, desk, viewer=OPERATOR, base_version=began)
    session.flush()
    told = History.entry_id == finding.id, History.version == finding.version
    finding.updated_at = session.scalars(select(History.at).where(*told)).one()
    session.flush()
    phone = {"description": said["phone"]}
    deliveries.suggest(session, finding.uid, Kind.FINDING, phone, viewer=viewer, base_version=began)


def _places(session: Session, most: int) -> Sequence[Entry]:
    """Places of the neighbourhood team that everybody sees exactly."""
    return session.scalars(
        select(Entry)
        .join(Team, Team.id == Entry.team_id)
        .where(
            Team.name == POLICE,
            Entry.kind == Kind.ASSET.value,
            Entry.status == "active",
            Entry.visibility == Visibility.PUBLIC.value,
            Entry.contact_visibility == Visibility.PUBLIC.value,
            Entry.precision == Precision.EXACT.value,
            Entry.longitude.is_not(None),
        )
        .order_by(Entry.id)
        .limit(most)
    ).all()


def _propose(session: Session, place: Entry, one: Suggested) -> Proposal:
    viewer = _viewer(session, one.by)
    shown = proposals.shown(session, place.uid, Kind.ASSET, viewer=viewer)
    changes = dict(one.changes)
    if "geometry" in changes:
        at = [place.longitude, (place.latitude or 0) + MOVED_BY]
        changes |= {
            "geometry": {"type": "Point", "coordinates": at},
            "location_method": "map_click",
        }
    made, _ = proposals.propose(
        session,
        shown,
        snapshots.draft_of(place.kind, shown.taken | changes),
        Suggestion.model_validate({"about": one.about, "note": one.note, "reply_to": one.reply_to}),
        viewer=viewer,
        uid=uuid7(),
        base_version=place.version,
    )
    made.created_at = now() - timedelta(days=one.days_ago)
    session.flush()  # before it is read again to be answered
    return made


def _answer(session: Session, made: Proposal, one: Suggested) -> None:
    match one.answer:
        case "accept":
            proposal_answers.accept(session, made.uid, set(made.changes), viewer=OPERATOR)
        case "refuse":
            proposal_answers.refuse(session, made.uid, REFUSED, viewer=OPERATOR)
        case "withdraw":
            proposals.withdraw(session, made.uid, viewer=_viewer(session, one.by))


def _viewer(session: Session, email: str) -> Viewer:
    if not email:
        return PUBLIC
    return viewer_of(session, session.scalars(select(User.id).where(User.email == email)).one())
