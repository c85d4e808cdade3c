"""What people said at an event and what is done about it: “you said, we did”.

Whoever may change the event keeps them; their team and the body that does a thing see all of it,
everybody else who sees the event what has been opened to them.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access, textsearch
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Action, Engagement, Entry, Partner
from assetmap.models.action import ACTION_MOVES, OPEN
from assetmap.register import entries, snapshots, text_hygiene
from assetmap.schemas.actions import TEXTS, ActionDraft, ReportSearch

MOST, HIGHEST = 200, 1000  # written down at one event; numbered
MOST_LISTED = 500
_FIELDS = ("theme", "you_said", "decision", "owner", "due_on", "status", "we_did", "why_not")
_CALLED = {
    "you_said": "said",
    "due_on": "due",
    "we_did": "what was done",
    "why_not": "why not",
    "partner": "done by",
    "is_public": "open to all",
}


@dataclass(frozen=True)
class Promised:
    """Something that is still to be done, and the event at which it was said."""

    action: Action
    event: Engagement
    is_late: bool


def open_to(viewer: Viewer) -> ColumnElement[bool]:
    """Of actions joined to events that the viewer may see, those they may see."""
    if viewer.is_operator:
        return Action.removed_at.is_(None)
    bodies = sorted(body for body in viewer.bodies if body is not None)
    theirs = Action.partner_id.in_(bodies) if bodies else false()
    may = or_(Action.published_at.is_not(None), access.of_own_teams(viewer), theirs)
    seen = and_(Action.removed_at.is_(None), may)
    return seen if viewer.behind is None else and_(seen, open_to(viewer.behind))


def of(
    session: Session, event: Entry, *, viewer: Viewer, removed: bool = False
) -> Sequence[Action]:
    """What was said at an event, in the order it was written down, as far as the viewer may see.

    removed: what was taken away instead, for whoever may put it back.
    """
    seen = and_(Action.removed_at.is_not(None), access.of_own_teams(viewer))
    return session.scalars(
        select(Action)
        .join(Entry, Entry.id == Action.engagement_id)
        .where(
            Action.engagement_id == event.id,
            access.visible_entries(viewer),
            seen if removed else open_to(viewer),
        )
        .options(joinedload(Action.partner))
        .order_by(Action.number)
        .limit(HIGHEST)  # events that were folded into one hold more than can be written down
    ).all()


def is_inside(session: Session, event: Entry, *, viewer: Viewer) -> bool:
    """Whether the viewer sees what is said there as one of the team that keeps the event, within
    the limits of their roles."""
    held = viewer.roles.get(event.team_id, frozenset()) if viewer.behind is None else frozenset()
    if viewer.is_operator or any((event.team_id, role) not in viewer.limits for role in held):
        return True
    if viewer.behind is None and not held:
        return False
    found = select(Entry.id).where(Entry.id == event.id, access.of_own_teams(viewer))
    return session.scalar(found) is not None


def does_it(action: Action, *, viewer: Viewer) -> bool:
    """Whether the viewer belongs to the body that does it."""
    theirs = action.partner_id is not None and action.partner_id in viewer.bodies
    return theirs and (viewer.behind is None or does_it(action, viewer=viewer.behind))


def find(session: Session, event: Entry, uid: uuid.UUID, *, viewer: Viewer) -> Action:
    """One thing that was said at an event. Raises NotFound when the viewer may not see it."""
    found = session.scalar(
        select(Action)
        .join(Entry, Entry.id == Action.engagement_id)
        .where(
            Action.uid == uid,
            Action.engagement_id == event.id,
            access.visible_entries(viewer),
            open_to(viewer),
        )
        .options(joinedload(Action.partner))
    )
    if found is None:
        raise NotFound("There is no such point, or it is not open to you.")
    return found


def put(
    session: Session,
    event: Entry,
    uid: uuid.UUID,
    draft: ActionDraft,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> tuple[Action, bool]:
    """Write down what was said, or change it; the same sent again adds nothing. Says whether it
    is new.

    Raises NotAllowed, Invalid, Conflict where somebody changed it since `base_version`.
    """
    access.require_change(viewer, event)
    entries.wait_for(session, event)
    kept = session.scalar(
        select(Action).where(Action.uid == uid).options(joinedload(Action.partner))
    )
    if kept is not None and (kept.engagement_id != event.id or kept.removed_at is not None):
        raise Conflict("This was taken away meanwhile, or its identifier is used already.")
    before = {} if kept is None else as_said(kept)
    partner = _partner(session, draft.partner, kept)
    wanted = draft.model_dump(exclude={"words_checked"}) | {"partner": partner}
    after = snapshots.as_json(wanted | {"partner": partner.name if partner else ""})
    if kept is not None and before == after:
        return kept, False
    if kept is not None and base_version != kept.version:
        raise Conflict("Somebody else changed this a moment ago. Look at what it says now.")
    if kept is not None and not _may_become(kept.status, draft.status):
        raise Invalid.field("status", _cannot(kept.status))
    _look_over(draft, before)
    made = kept or Action(uid=uid, engagement_id=event.id, created_by_id=viewer.user_id, version=0)
    _write(made, draft, partner)
    if kept is None:
        made.number = _next_number(session, event)
        session.add(made)
    verb = "point added" if kept is None else "point changed"
    entries.remember(session, event, verb, _changed(made, before, after), viewer=viewer)
    return made, kept is None


def remove(session: Session, event: Entry, uid: uuid.UUID, *, viewer: Viewer) -> Action:
    """Take away what was written down; it can be put back."""
    access.require_change(viewer, event)
    found = find(session, event, uid, viewer=viewer)
    found.removed_at, found.version = now(), found.version + 1
    told = {_name(found, "said"): [found.you_said, None]}
    entries.remember(session, event, "point removed", told, viewer=viewer)
    return found


def put_back(session: Session, event: Entry, uid: uuid.UUID, *, viewer: Viewer) -> Action:
    """Put back what was taken away. Raises NotFound when there is no such."""
    access.require_change(viewer, event)
    found = next(
        (one for one in of(session, event, viewer=viewer, removed=True) if one.uid == uid), None
    )
    if found is None:
        raise NotFound("There is nothing to put back here.")
    found.removed_at, found.version = None, found.version + 1
    told = {_name(found, "said"): [None, found.you_said]}
    entries.remember(session, event, "point put back", told, viewer=viewer)
    return found


def promised(session: Session, wanted: ReportSearch, *, viewer: Viewer) -> Sequence[Promised]:
    """What is still to be done of what was said at the events of the viewer's teams, and by the
    bodies they belong to: what is late first, unless another order is wanted."""
    access.require_sign_in(viewer)
    today = local_day(now())
    bodies = sorted(body for body in viewer.bodies if body is not None)
    theirs = Action.partner_id.in_(bodies) if bodies else false()
    where: list[ColumnElement[bool]] = [
        access.visible_entries(viewer),
        or_(access.of_own_teams(viewer), theirs),
        open_to(viewer),
        Action.status.in_(OPEN),
    ]
    if wanted.late:
        where.append(Action.due_on < today)
    where += [_has(word) for word in wanted.text.split()]
    orders: dict[str, list[Any]] = {
        "due": [case((Action.due_on.is_(None), 1), else_=0), Action.due_on, Action.id],
        "event": [Engagement.starts_at.desc(), Action.number],
        "newest": [Action.id.desc()],
    }
    rows = session.execute(
        select(Action, Engagement)
        .join(Engagement, Engagement.id == Action.engagement_id)
        .where(*where)
        .options(joinedload(Action.partner))
        .order_by(*orders[wanted.sort])
        .limit(MOST_LISTED)
    )
    return [Promised(action, event, action.is_late(today)) for action, event in rows]


def as_said(action: Action) -> dict[str, Any]:
    """What is kept of a point, in the words of its draft; JSON all through."""
    said: dict[str, Any] = snapshots.as_json(
        {name: getattr(action, name) for name in _FIELDS}
        | {
            "partner": action.partner.name if action.partner else "",
            "is_public": action.published_at is not None,
        }
    )
    return said


def move_over(
    session: Session, old: int, new: int, *, keeps_open: bool
) -> list[tuple[int, int, str | None]]:
    """Have another event hold what was said at one that is folded into it, after its own. Gives
    each with the number it had and since when it was open. keeps_open: whether everybody who sees
    the other saw the one, too; if not, what was opened is for the team again."""
    last = session.scalar(_last_number(new)) or 0
    rows = session.scalars(
        select(Action).where(Action.engagement_id == old).order_by(Action.number)
    ).all()
    before = [
        (row.id, row.number, row.published_at.isoformat() if row.published_at else None)
        for row in rows
    ]
    for number, row in enumerate(rows, last + 1):
        row.engagement_id, row.number = new, number
        row.published_at = row.published_at if keeps_open else None
    session.flush()
    return before


def move_back(session: Session, before: Iterable[Sequence[Any]], gone: int, keep: int) -> None:
    """Give it back to the event it was said at, by its old numbers, and as open as it was."""
    was = {key: (number, *since) for key, number, *since in before}
    query = select(Action).where(Action.id.in_(was), Action.engagement_id == keep)
    for row in session.scalars(query):
        number, *since = was[row.id]
        row.engagement_id, row.number = gone, number
        if row.published_at is None and since and since[0]:
            row.published_at = datetime.fromisoformat(since[0])
    session.flush()


def next_states(status: str) -> tuple[str, ...]:
    """What a point in this state may be taken to, itself first."""
    return (status, *ACTION_MOVES[status])


def _cannot(status: str) -> str:
    was, *ways = (one.replace("_", " ") for one in next_states(status))
    return f"What is {was} can only become {' or '.join(ways)}."


def _may_become(status: str, wanted: str) -> bool:
    return wanted in next_states(status)


def _write(made: Action, draft: ActionDraft, partner: Partner | None) -> None:
    for name in _FIELDS:
        setattr(made, name, getattr(draft, name))
    made.partner, made.partner_id = partner, partner.id if partner else None
    made.answered_at = None if draft.status in OPEN else made.answered_at or now()
    made.published_at = (made.published_at or now()) if draft.is_public else None
    made.version += 1


def _next_number(session: Session, event: Entry) -> int:
    last = session.scalar(select(func.max(Action.number)).where(Action.engagement_id == event.id))
    if (last or 0) >= MOST:
        raise Invalid.field("you_said", f"At most {MOST} points are kept of one event.")
    return (last or 0) + 1


def _last_number(event_id: int) -> Select[int | None]:
    return select(func.max(Action.number)).where(Action.engagement_id == event_id)


def _partner(session: Session, called: str, kept: Action | None) -> Partner | None:
    """The body that does it. One that no longer takes part stays where it was."""
    if not called:
        return None
    if kept is not None and kept.partner is not None and kept.partner.name == called:
        return kept.partner
    found = session.scalar(
        select(Partner).where(func.lower(Partner.name) == called.lower(), Partner.is_active)
    )
    if found is None:
        raise Invalid.field("partner", "No body is called that. Choose one from the list.")
    return found


def _look_over(draft: ActionDraft, before: dict[str, Any]) -> None:
    """Raise Invalid for words that seem to be about somebody, unless they have been looked at."""
    said = {
        name: text for name in TEXTS if (text := getattr(draft, name)) and text != before.get(name)
    }
    text_hygiene.ask(said, looked=draft.words_checked)


def _changed(made: Action, before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        _name(made, _CALLED.get(name, name)): [before.get(name) or None, value or None]
        for name, value in after.items()
        if (before.get(name) or None) != (value or None)
    }


def _name(made: Action, what: str) -> str:
    return f"point {made.number}: {what}"


def _has(word: str) -> ColumnElement[bool]:
    """Points that have a word in what was said or in the name of the event, as it is written or
    without its accents and its punctuation."""
    said = Action.you_said + " " + Action.decision + " " + Action.theme
    bare = textsearch.words(word)
    ways = [textsearch.has_part(said, word)]
    if bare:
        ways.append(and_(*(textsearch.has_part(said, part) for part in bare)))
        title = Engagement.title_folded
        ways.append(and_(*(title.contains(part, autoescape=True) for part in bare)))
    return or_(*ways)
