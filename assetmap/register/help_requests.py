"""Asking for help: what a team needs, to be sent to offers that somebody chooses."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, or_, select
from sqlalchemy.orm import Session, joinedload

from assetmap import access, spatial
from assetmap.access import READS_CONTACTS, WRITERS, Viewer
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound
from assetmap.models import Action, Entry, HelpAsk, HelpRequest
from assetmap.register import actions, audit, entries, proposal_reading, text_hygiene
from assetmap.schemas.help_requests import HelpDraft
from assetmap.viewers import Called
from assetmap.vocabulary import AuditAction, Kind

MOST, MOST_REMOVED = 200, 10
NO_SUCH = "There is no such request, or it is not open to you."
ASKED_BY = "Only those who log for a team, its editors and its organisers ask for help."
STALE = "Somebody else changed this request a moment ago. Look at what it says now."
_TOLD = ("role", "title", "words", "place", "needed_on", "answer_by", "wanted", "ask_who")


@dataclass(frozen=True)
class Tally:
    """What came of a request so far: of how many offers it was asked, and what they said."""

    asked: int = 0
    accepted: int = 0
    used: int = 0
    thanked: int = 0


NOTHING_YET = Tally()


def readable(viewer: Viewer) -> ColumnElement[bool]:
    """Requests of the viewer's teams, for those there who may know people; one for an entry that
    they may not see is not there."""
    if viewer.is_operator:
        return HelpRequest.removed_at.is_(None)
    return and_(HelpRequest.removed_at.is_(None), _of_theirs(viewer))


def may_ask(viewer: Viewer, team_id: int) -> bool:
    """Whether they ask for help in the name of a team."""
    return viewer.is_operator or (
        viewer.behind is None and bool(viewer.roles.get(team_id, frozenset()) & WRITERS)
    )


def teams(viewer: Viewer) -> Mapping[int, Called]:
    """The teams they ask for, by key."""
    return {key: one for key, one in viewer.called.items() if may_ask(viewer, key)}


def every(
    session: Session, *, viewer: Viewer, need: Entry | None = None
) -> Sequence[tuple[HelpRequest, Tally]]:
    """The requests the viewer may read, the latest first, each with what came of it; for one entry
    where it is given. Raises SignInFirst."""
    access.require_sign_in(viewer)
    query = _whole().where(readable(viewer)).order_by(HelpRequest.id.desc()).limit(MOST)
    if need is not None:
        query = query.where(HelpRequest.need_id == need.id)
    found = session.scalars(query).all()
    tallies = _tallies(session, [one.id for one in found])
    return [(one, tallies.get(one.id, NOTHING_YET)) for one in found]


def removed(session: Session, *, viewer: Viewer) -> Sequence[HelpRequest]:
    """Those taken away that the viewer may put back, the last first."""
    query = _whole().where(
        HelpRequest.removed_at.is_not(None),
        HelpRequest.team_id.in_(teams(viewer)),
        _of_theirs(viewer),
    )
    return session.scalars(query.order_by(HelpRequest.removed_at.desc()).limit(MOST_REMOVED)).all()


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> HelpRequest:
    """Raises SignInFirst, NotFound."""
    access.require_sign_in(viewer)
    made = session.scalar(_whole().where(HelpRequest.uid == uid, readable(viewer)))
    if made is None:
        raise NotFound(NO_SUCH)
    return made


def opened(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> tuple[HelpRequest, int]:
    """One that the viewer may change, and how many suggestions wait for them, which every page
    says. Raises SignInFirst, NotFound, NotAllowed."""
    access.require_sign_in(viewer)
    query = _whole().add_columns(proposal_reading.beside(viewer)[0])
    row = session.execute(query.where(HelpRequest.uid == uid, readable(viewer))).one_or_none()
    if row is None:
        raise NotFound(NO_SUCH)
    require_change(row[0], viewer=viewer)
    return row[0], row[1]


def to_change(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> HelpRequest:
    """Raises NotFound, NotAllowed for who may only read it."""
    made = find(session, uid, viewer=viewer)
    require_change(made, viewer=viewer)
    return made


def require_change(made: HelpRequest, *, viewer: Viewer) -> None:
    """Raise NotAllowed unless the viewer asks for help in the name of its team."""
    if not may_ask(viewer, made.team_id):
        raise NotAllowed(ASKED_BY)


def require_asking(viewer: Viewer) -> None:
    """Raise SignInFirst or NotAllowed for who asks for no team."""
    access.require_sign_in(viewer)
    if not viewer.is_operator and not teams(viewer):
        raise NotAllowed(ASKED_BY)


def put(
    session: Session,
    uid: uuid.UUID,
    draft: HelpDraft,
    *,
    viewer: Viewer,
    base_version: int | None = None,
) -> tuple[HelpRequest, bool]:
    """Keep a request under its uid, or change what it says to whoever is asked from now on, and say
    whether it is new; the same again changes nothing.

    Raises SignInFirst, NotAllowed, Invalid by field, NotFound for a need that is not there,
    Conflict where somebody changed it meanwhile.
    """
    require_asking(viewer)
    spatial.lock_for_writing(session, f"help request {uid}")
    query = _whole().where(HelpRequest.uid == uid).execution_options(populate_existing=True)
    before = session.scalar(query)
    made = _begun(session, uid, draft, viewer) if before is None else None
    if made is None:
        made = to_change(session, uid, viewer=viewer)
        _refuse_moving(made, draft)
    said = draft.model_dump(exclude={"team", "need", "action", "words_checked"})
    if before is not None and all(getattr(made, name) == kept for name, kept in said.items()):
        return made, False
    if before is not None and base_version != before.version:
        raise Conflict(STALE)
    new = {
        name: said[name]
        for name in ("title", "words")
        if before is None or getattr(made, name) != said[name]
    }
    text_hygiene.ask(new, looked=draft.words_checked)
    for name, kept in said.items():
        setattr(made, name, kept)
    _touch(made)
    session.add(made)
    session.flush()  # a uid that is taken shows here
    action = AuditAction.CREATED if before is None else AuditAction.CHANGED
    note(session, action, made, viewer=viewer, fields=_TOLD)
    return made, before is None


def close(session: Session, made: HelpRequest, *, closed: bool, viewer: Viewer) -> None:
    """Ask nobody any more and take no answer by a link; or do so again. Raises NotAllowed."""
    require_change(made, viewer=viewer)
    if (made.closed_at is not None) != closed:
        made.closed_at = now() if closed else None
        _touch(made)
        note(session, AuditAction.CHANGED, made, viewer=viewer, fields=["closed_at"])


def remove(session: Session, made: HelpRequest, *, viewer: Viewer) -> None:
    """Take it off the lists; what was asked and used stays known. Raises NotAllowed."""
    require_change(made, viewer=viewer)
    made.removed_at = now()
    _touch(made)
    note(session, AuditAction.WITHDRAWN, made, viewer=viewer)


def put_back(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> HelpRequest:
    """Undo that. Raises NotFound."""
    access.require_sign_in(viewer)
    made = session.scalar(_whole().where(HelpRequest.uid == uid, _of_theirs(viewer)))
    if made is None or not may_ask(viewer, made.team_id):
        raise NotFound(NO_SUCH)
    if made.removed_at is not None:
        made.removed_at = None
        _touch(made)
        note(session, AuditAction.BROUGHT_BACK, made, viewer=viewer)
    return made


def note(
    session: Session,
    action: AuditAction,
    made: HelpRequest,
    *,
    viewer: Viewer,
    fields: Sequence[str] = (),
) -> None:
    """Keep account of what was done to a request."""
    audit.note(
        session,
        action,
        viewer=viewer,
        entity="help_request",
        uid=made.uid,
        teams=[made.team_id],
        fields=fields,
    )


def _begun(session: Session, uid: uuid.UUID, draft: HelpDraft, viewer: Viewer) -> HelpRequest:
    need = None if draft.need is None else entries.find(session, draft.need, viewer=viewer)
    return HelpRequest(
        uid=uid,
        team_id=_team(draft.team, need, viewer),
        need_id=need.id if need else None,
        action_id=_action(session, need, draft.action, viewer),
        created_by_id=viewer.user_id,
        version=0,
    )


def _team(wanted: uuid.UUID | None, need: Entry | None, viewer: Viewer) -> int:
    """Whose name it is asked in: the team that was chosen, else the one that keeps the need, else
    the only one there is."""
    mine = teams(viewer)
    if wanted is not None:
        chosen = [key for key, called in mine.items() if called.uid == wanted]
        if not chosen:
            raise Invalid.field("team", "Choose a team that you ask for.")
        return chosen[0]
    if need is not None and may_ask(viewer, need.team_id):
        return need.team_id
    if len(mine) != 1:
        raise Invalid.field("team", "Choose the team that asks.")
    return next(iter(mine))


def _action(
    session: Session, need: Entry | None, wanted: uuid.UUID | None, viewer: Viewer
) -> int | None:
    if wanted is None or need is None:
        return None
    if need.kind != Kind.ENGAGEMENT.value:
        raise Invalid.field("action", "Only at events are things said that are done about.")
    found: Action = actions.find(session, need, wanted, viewer=viewer)
    return found.id


def _refuse_moving(made: HelpRequest, draft: HelpDraft) -> None:
    for name, kept, given in (
        ("team", made.team, draft.team),
        ("need", made.need, draft.need),
        ("action", made.action, draft.action),
    ):
        if given is not None and (kept is None or kept.uid != given):
            raise Invalid.field(name, "A request stays with what it was begun for. Begin another.")


def _of_theirs(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.behind is not None:
        return false()
    seen = select(Entry.id).where(access.visible_entries(viewer)).correlate(None)
    return and_(
        HelpRequest.team_id.in_(viewer.teams_where(READS_CONTACTS)),
        or_(HelpRequest.need_id.is_(None), HelpRequest.need_id.in_(seen)),
    )


def _tallies(session: Session, keys: Sequence[int]) -> Mapping[int, Tally]:
    def number(holds: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.sum(case((holds, 1), else_=0))

    rows = session.execute(
        select(
            HelpAsk.request_id,
            func.count(),
            number(HelpAsk.state == "accepted"),
            number(HelpAsk.used_on.is_not(None)),
            number(HelpAsk.thanked_on.is_not(None)),
        )
        .where(HelpAsk.request_id.in_(keys), HelpAsk.taken_back_at.is_(None))
        .group_by(HelpAsk.request_id)
    )
    return {row[0]: Tally(*(int(number) for number in row[1:])) for row in rows}


def _touch(made: HelpRequest) -> None:
    made.version += 1
    made.updated_at = now()


def _whole() -> Select[HelpRequest]:
    return select(HelpRequest).options(
        joinedload(HelpRequest.team),
        joinedload(HelpRequest.need),
        joinedload(HelpRequest.action),
    )
