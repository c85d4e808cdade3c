"""How promises go: what the bodies that do things say about them, for the team that keeps the
event to answer people with."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import Conflict, Invalid, NotAllowed
from assetmap.models import Action, ActionReport, Engagement
from assetmap.register import actions, audit, entries, text_hygiene
from assetmap.schemas.actions import ReportDraft

MOST = 100  # of one point


def may_report(action: Action, event: Engagement, *, viewer: Viewer) -> bool:
    """Whether the viewer says how it goes: somebody who logs, of the body that does it, or who may
    change the event."""
    of_them = viewer.may_log and actions.does_it(action, viewer=viewer)
    return of_them or access.may_change(viewer, event)


def of(
    session: Session, said: Sequence[Action], *, inside: bool, viewer: Viewer
) -> Mapping[int, Sequence[ActionReport]]:
    """By the key of a point, what was said about how it goes, the latest first: for the team that
    keeps the event and the body that does it. inside: whether the viewer is of that team, as
    `actions.is_inside` says."""
    keys = [one.id for one in said if inside or actions.does_it(one, viewer=viewer)]
    found: dict[int, list[ActionReport]] = {}
    if keys:
        rows = session.scalars(
            select(ActionReport)
            .where(ActionReport.action_id.in_(keys), ActionReport.removed_at.is_(None))
            .options(joinedload(ActionReport.created_by))
            .order_by(ActionReport.id.desc())
        )
        for row in rows:
            found.setdefault(row.action_id, []).append(row)
    return found


def report(
    session: Session,
    event: Engagement,
    action: Action,
    uid: uuid.UUID,
    draft: ReportDraft,
    *,
    viewer: Viewer,
) -> tuple[ActionReport, bool]:
    """Keep how a point goes; the same sent again adds nothing. Says whether it is new.

    Raises NotAllowed for whoever neither does it nor keeps the event, Invalid, Conflict for an
    identifier that stands for something else.
    """
    if not may_report(action, event, viewer=viewer):
        raise NotAllowed("This is for the body that does it, and the team that keeps the event.")
    entries.wait_for(session, event)
    if not event.is_live:
        raise Conflict("This event has been withdrawn or merged into another.")
    kept = session.scalar(select(ActionReport).where(ActionReport.uid == uid))
    if kept is not None:
        is_same = (kept.how_far, kept.words) == (draft.how_far, draft.words)
        if kept.action_id == action.id and kept.removed_at is None and is_same:
            return kept, False
        raise Conflict("This identifier has been used, or what it stood for was taken away.")
    text_hygiene.refuse("words", draft.words)
    count = select(func.count()).where(ActionReport.action_id == action.id)
    if (session.scalar(count) or 0) >= MOST:
        raise Invalid.field("words", f"At most {MOST} are kept of one point.")
    made = ActionReport(
        uid=uid, action_id=action.id, created_by_id=viewer.user_id, **draft.model_dump()
    )
    session.add(made)
    audit.note_verb(session, "point changed", event, ["progress"], viewer=viewer)
    session.flush()
    return made, True
