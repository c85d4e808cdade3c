"""What the approval of an invite list hangs on, read at once: what was asked and decided, who may
decide, whose messages wait, and what the event tells."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, exists, or_, select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.models import (
    Invitation,
    InviteAct,
    InviteApproval,
    InviteList,
    InviteReply,
    Membership,
    User,
)
from assetmap.register import calendars, invite_message, together
from assetmap.register.invite_message import Told
from assetmap.vocabulary import Role

MOST_SHOWN = 50
CHANGES = ("built", "changed", "added", "removed")  # what somebody did who made a list what it is
HELD = ("invitation", "reminder")  # messages that go as they were approved, or wait
_WITH_NAMES: Mapping[type, Sequence[str]] = {InviteApproval: ("asked_by", "decided_by")}


@dataclass(frozen=True)
class Asked:
    """Each time approval of a list was asked for, the last first. is_changed: whether somebody
    changed the list since the last. agreed: what was approved last. approvers: who may approve it,
    by name; may_approve: their keys. waiting: keys of people whose invitation or reminder is ready
    to be mailed. told: what the event tells; None where there is none."""

    every: Sequence[InviteApproval]
    is_changed: bool
    agreed: InviteApproval | None
    approvers: Sequence[str]
    may_approve: frozenset[int]
    waiting: Sequence[int]
    told: Told | None

    @property
    def last(self) -> InviteApproval | None:
        """The last time."""
        return next(iter(self.every), None)

    @property
    def told_hash(self) -> str:
        """Of what the event tells now."""
        return hash_of(self.told) if self.told else ""

    @property
    def held(self) -> Sequence[int]:
        """Keys of those whose message waits because the list was never approved, or the event
        tells other things by now than when it was."""
        is_other = self.agreed is None or self.agreed.told_hash != self.told_hash
        return self.waiting if is_other else ()


def read(session: Session, made: InviteList, *, viewer: Viewer) -> Asked:
    """For who has found the list."""
    event = made.engagement
    approvals, allowed, waiting, *venues = together.read(
        session,
        _approvals(made),
        _approvers(made),
        _waiting(made),
        *([calendars.held_at(event.id, viewer=viewer)] if event else []),
        along=_WITH_NAMES,
    )
    every = [one for one, _ in reversed(approvals)]
    agreed = [one for one in every if one.state == "approved"]
    venue = ", ".join(title for some in venues for _, title in some)
    return Asked(
        every=every[:MOST_SHOWN],
        is_changed=bool(approvals and approvals[-1][1]),
        agreed=max(agreed, key=lambda one: one.decided_at, default=None),
        approvers=sorted(name for _, name in allowed)[:MOST_SHOWN],
        may_approve=frozenset(one.user_id for one, _ in allowed),
        waiting=[invitation.person_id for (invitation,) in waiting],
        told=invite_message.at(event, venue) if event else None,
    )


def hash_of(told: Told) -> str:
    """Of what everybody is told, whoever has it sent; where it is may be shown to some only."""
    said = (told.title, told.when, told.aims, told.influence, told.changes, told.ask)
    return hashlib.sha256("\n\0".join(said).encode()).hexdigest()


def worked_on(made: InviteList, user: Any) -> ColumnElement[bool]:
    """Whether somebody made a list what it is, or asked for its approval."""
    acted = exists().where(
        InviteAct.list_id == made.id,
        InviteAct.verb.in_(CHANGES),
        or_(InviteAct.by_id == user, InviteAct.undone_by_id == user),
    )
    asked = exists().where(InviteApproval.list_id == made.id, InviteApproval.asked_by_id == user)
    return or_(acted, asked)


def _approvals(made: InviteList) -> together.Query:
    """The last times approval was asked for and all that were approved, each with whether the list
    was changed since."""
    changed = exists().where(
        InviteAct.list_id == made.id,
        InviteAct.verb.in_(CHANGES),
        or_(InviteAct.at > InviteApproval.asked_at, InviteAct.undone_at > InviteApproval.asked_at),
    )
    own = select(InviteApproval.id).where(InviteApproval.list_id == made.id)
    last = own.order_by(InviteApproval.id.desc()).limit(MOST_SHOWN).subquery()
    return select(InviteApproval, case((changed, 1), else_=0)).where(
        InviteApproval.list_id == made.id,
        or_(InviteApproval.id.in_(select(last.c.id)), InviteApproval.state == "approved"),
    )


def _approvers(made: InviteList) -> together.Query:
    return (
        select(Membership, User.name)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.team_id == made.team_id,
            Membership.role == Role.APPROVER.value,
            User.is_active,
            ~worked_on(made, User.id),
        )
    )


def _waiting(made: InviteList) -> together.Query:
    return (
        select(Invitation)
        .join(InviteReply, InviteReply.invitation_id == Invitation.id)
        .where(
            Invitation.list_id == made.id,
            Invitation.taken_back_at.is_(None),
            InviteReply.mail == "waiting",
            InviteReply.mail_kind.in_(HELD),
            InviteReply.off_at.is_(None),
        )
    )
