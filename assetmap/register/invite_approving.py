"""Having somebody else look at whom a list invites before anybody is mailed or written to, where
its team asks for that. An approval is of certain people, of the words to them and of what the event
tells them, but for where it is held, which not everybody may see: whatever is other than that needs
another one. Fewer people are not."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, Viewer, viewer_of
from assetmap.db import now
from assetmap.errors import Conflict, NotAllowed, NotFound
from assetmap.models import InviteApproval, InviteList, Team
from assetmap.register import (
    approval_reading,
    audit,
    invite_lists,
    invite_message,
    people,
    text_hygiene,
)
from assetmap.register.approval_reading import HELD, Asked, hash_of, worked_on
from assetmap.register.invite_message import Told
from assetmap.register.invite_people import Built
from assetmap.schemas.invite_lists import ApprovalDraft, DecisionDraft
from assetmap.vocabulary import AuditAction, ContactChannel, Role

__all__ = ["BY", "HELD", "HELD_WORDS", "NEEDED", "Standing"]
NOT_NEEDED, NONE, CHANGED = "not_needed", "none", "changed"
NEEDED = {
    NONE: "Somebody else has to approve this list before anybody is invited. Ask for that first.",
    "waiting": "This list waits to be approved. Nobody is invited before it is.",
    "refused": "This list was not approved. Change what was said against, and ask again.",
    CHANGED: "The list, the words or the event changed since it was approved. Ask for that again.",
}
NOBODY = (
    "Nobody on this list may be asked by e-mail, letter or text message, so there is nothing to"
    " approve."
)
BY = frozenset({ContactChannel.EMAIL, ContactChannel.POST, ContactChannel.SMS})
HELD_WORDS = (
    "The list is not approved as the event is now, so nothing of it is mailed before it is."
)
NOT_NEEDED_HERE = "This team does not ask for approval before invitations go."
NOT_YOURS = "Only somebody with the approver's role in the team approves its invitations."
OWN_WORK = "You have worked on this list. Somebody else has to approve it."
NOT_THIS = "This was decided, or asked for anew, a moment ago. Look at how it stands now."
NOT_ALL_SEEN = (
    "Some of those who would be invited are not open to you. Somebody who may see all of them has"
    " to approve this list."
)
CHANGED_SINCE = (
    "The list or the event changed since approval was asked for. It has to be asked anew."
)


@dataclass(frozen=True)
class Standing:
    """How a list stands. state: not_needed, none, waiting, approved, refused or changed; last: the
    last time approval was asked for."""

    state: str
    last: InviteApproval | None = None

    @property
    def may_go(self) -> bool:
        """Whether invitations may be sent."""
        return self.state in (NOT_NEEDED, "approved")


def is_needed(made: InviteList) -> bool:
    """Whether nobody is mailed before somebody else has looked."""
    return made.engagement_id is not None and made.team.asks_approval


def read(session: Session, made: InviteList, *, viewer: Viewer) -> Asked | None:
    """What was asked and decided about a list, for who has found it; None where nobody has to."""
    return approval_reading.read(session, made, viewer=viewer) if is_needed(made) else None


def standing(asked: Asked | None, built: Built) -> Standing:
    """How a list stands that comes to this."""
    if asked is None:
        return Standing(NOT_NEEDED)
    last = asked.last
    if last is None:
        return Standing(NONE)
    is_other = last.state != "refused" and _is_other(asked, last, built)
    return Standing(CHANGED if is_other else last.state, last)


def require(session: Session, made: InviteList, built: Built, said: str, *, viewer: Viewer) -> None:
    """Raise Conflict where a list needs approval, and what it comes to now with these words has
    none."""
    found = standing(read(session, made, viewer=viewer), built)
    if not found.may_go:
        raise Conflict(NEEDED[found.state])
    if found.last is not None and found.last.words != said:
        raise Conflict(NEEDED[CHANGED])


def words(session: Session, made: InviteList, kept: str) -> str:
    """What people are told besides: where a list needs approval, what was approved last; else what
    was kept for them."""
    found = _agreed(session, made) if is_needed(made) else None
    return kept if found is None else found.words


def is_held(session: Session, made: InviteList, told: Told) -> bool:
    """Whether what waits to be mailed has to wait on: the list was never approved, or the event
    tells other things by now than when it was."""
    found = _agreed(session, made) if is_needed(made) else None
    return is_needed(made) and (found is None or found.told_hash != hash_of(told))


def held(session: Session, made: InviteList, *, viewer: Viewer) -> Sequence[int]:
    """Keys of those whose invitation or reminder waits for that, for who has found the list."""
    asked = read(session, made, viewer=viewer)
    return asked.held if asked else ()


def ask(
    session: Session, made: InviteList, draft: ApprovalDraft, *, viewer: Viewer
) -> InviteApproval:
    """Ask that somebody looks at whom a list invites with these words; what was asked before counts
    no more. Raises NotAllowed, Conflict where there is nothing to approve, Invalid for "words"."""
    invite_lists.require_change(made, viewer=viewer)
    if not is_needed(made):
        raise Conflict(NOT_NEEDED_HERE)
    invite_message.look_over(made, draft.words, looked=draft.words_checked)
    spatial.lock_for_writing(session, f"invite list {made.uid}")
    built = invite_lists.build(session, made, viewer=viewer)
    before = approval_reading.read(session, made, viewer=viewer)
    keys = sorted(_keys(built) | set(before.held))
    if not keys:
        raise Conflict(NOBODY)
    made.words = draft.words
    asked = InviteApproval(
        list_id=made.id,
        asked_at=now(),
        asked_by_id=viewer.user_id,
        words=draft.words,
        told_hash=before.told_hash,
        people=keys,
    )
    session.add(asked)
    session.flush()  # whoever looks next finds it waiting
    _note(session, AuditAction.CHANGED, made, asked, viewer=viewer)
    return asked


def may_decide(made: InviteList, asked: Asked, *, viewer: Viewer) -> bool:
    """Whether they may approve a list that they may read: approvers of its team who have not worked
    on it themselves."""
    return _is_approver(made, viewer=viewer) and viewer.user_id in asked.may_approve


def decide(
    session: Session, made: InviteList, draft: DecisionDraft, *, viewer: Viewer
) -> InviteApproval:
    """Approve a list, or refuse to with a reason. Raises NotAllowed, NotFound, Conflict where it
    was decided or changed meanwhile, Invalid for "reason"."""
    if why := _why_not(session, made, viewer=viewer):
        raise NotAllowed(why)
    text_hygiene.refuse("reason", draft.reason)
    spatial.lock_for_writing(session, f"invite list {made.uid}")
    before = approval_reading.read(session, made, viewer=viewer)
    last = before.last
    if last is None:
        raise NotFound("Approval of this list was not asked for.")
    if last.uid != draft.request or last.state != "waiting":
        raise Conflict(NOT_THIS)
    built = invite_lists.build(session, made, viewer=viewer)
    if draft.verdict == "approved" and _is_other(before, last, built):
        raise Conflict(CHANGED_SINCE)
    if draft.verdict == "approved" and _are_hidden(session, made, last, built):
        raise Conflict(NOT_ALL_SEEN)
    last.state, last.reason = draft.verdict, draft.reason
    last.decided_at, last.decided_by_id = now(), viewer.user_id
    session.flush()  # whoever sends next finds it so
    is_yes = draft.verdict == "approved"
    action = AuditAction.APPROVED if is_yes else AuditAction.REFUSED
    _note(session, action, made, last, viewer=viewer)
    return last


def set_for(session: Session, team_uid: uuid.UUID, *, asks: bool, viewer: Viewer) -> Team:
    """Say whether a team asks for approval, for who looks after it. Raises NotAllowed, NotFound."""
    mine = people.teams(session, viewer=viewer)
    team = next((one for one in mine if one.uid == team_uid), None)
    if team is None:
        raise NotFound("There is no such team, or you do not look after it.")
    if team.asks_approval != asks:
        team.asks_approval = asks
        audit.note(
            session,
            AuditAction.CHANGED,
            viewer=viewer,
            entity="team",
            uid=team.uid,
            teams=[team.id],
            fields=["asks_approval"],
        )
    return team


def _agreed(session: Session, made: InviteList) -> InviteApproval | None:
    """What was approved last."""
    yes = select(InviteApproval).where(
        InviteApproval.list_id == made.id, InviteApproval.state == "approved"
    )
    return session.scalar(yes.order_by(InviteApproval.decided_at.desc()).limit(1))


def _why_not(session: Session, made: InviteList, *, viewer: Viewer) -> str:
    """Why the viewer may not approve a list; "" where they may."""
    if not _is_approver(made, viewer=viewer):
        return NOT_YOURS
    return OWN_WORK if session.scalar(select(worked_on(made, viewer.user_id))) else ""


def _is_approver(made: InviteList, *, viewer: Viewer) -> bool:
    """Whether they have the role for it, in a team that keeps the list."""
    held = viewer.roles.get(made.team_id, frozenset())
    return viewer.user_id is not None and viewer.behind is None and Role.APPROVER in held


def _is_other(asked: Asked, last: InviteApproval, built: Built) -> bool:
    """Whether a list, or its event, is other than when approval was asked for."""
    if not _keys(built) <= set(last.people):
        return True
    return last.told_hash != asked.told_hash or asked.is_changed


def _are_hidden(session: Session, made: InviteList, asked: InviteApproval, built: Built) -> bool:
    """Whether whoever asked would invite people whom this view of the list does not show."""
    by = asked.asked_by_id
    asker = OPERATOR if by is None else viewer_of(session, by)
    return not _keys(invite_lists.build(session, made, viewer=asker)) <= _keys(built)


def _keys(built: Built) -> set[int]:
    """Of those who would be mailed or written to, as often as they are kept."""
    written = (row for row in built.rows if BY & row.ways.keys())
    return {person.id for row in written for person in row.people}


def _note(
    session: Session,
    action: AuditAction,
    made: InviteList,
    asked: InviteApproval,
    *,
    viewer: Viewer,
) -> None:
    audit.note(
        session,
        action,
        viewer=viewer,
        entity="invite_list",
        uid=made.uid,
        teams=[made.team_id],
        fields=["approval"],
        details={"people": len(asked.people)},
    )
