"""Approving what retention lists, having something kept, and carrying it out with proof."""

import hashlib
import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import RetentionDecision, RetentionItem, RetentionRun
from assetmap.register import audit, officers
from assetmap.register.months import months_after
from assetmap.register.retention import LOCK, due_by, find
from assetmap.register.retention_sorts import SORTS
from assetmap.schemas.retention import Approval, KeepLonger, RetentionAction
from assetmap.vocabulary import AuditAction

LONGEST_KEPT_MONTHS = 24  # then somebody looks at it again
PLAN_GOOD_FOR_DAYS = 30
_ACTIONS = {
    RetentionAction.ANONYMISE: AuditAction.ANONYMISED,
    RetentionAction.DELETE: AuditAction.ERASED,
    RetentionAction.ARCHIVE: AuditAction.WITHDRAWN,
}


def approve(session: Session, uid: uuid.UUID, given: Approval, *, viewer: Viewer) -> RetentionRun:
    """Say that what a plan lists may go, and why. Raises Conflict for one that is too old.

    Approving again changes nothing.
    """
    officers.require_officer(session, viewer)
    spatial.lock_for_writing(session, LOCK)
    run = find(session, uid, viewer=viewer)
    if run.status in ("approved", "done"):
        return run
    if (now() - run.planned_at).days > PLAN_GOOD_FOR_DAYS:
        raise Conflict(f"This plan is more than {PLAN_GOOD_FOR_DAYS} days old. Plan anew.")
    run.status, run.reason = "approved", given.reason
    run.approved_at, run.approved_by_id = now(), viewer.user_id
    _note(session, run, AuditAction.APPROVED, {"due": run.due_count}, viewer=viewer)
    session.flush()  # so that a failure shows before success is told
    return run


def keep(
    session: Session, uid: uuid.UUID, thing: uuid.UUID, given: KeepLonger, *, viewer: Viewer
) -> RetentionDecision:
    """Have one thing of a plan kept, with a reason and a day to look again.

    Raises NotFound for what the plan does not list, Invalid for a day that is past or too far off.
    """
    officers.require_officer(session, viewer)
    spatial.lock_for_writing(session, LOCK)
    run = find(session, uid, viewer=viewer)
    item = session.scalar(
        select(RetentionItem).where(
            RetentionItem.run_id == run.id,
            RetentionItem.uid == thing,
            RetentionItem.status == "due",
        )
    )
    if item is None:
        raise NotFound("The plan has nothing like that any more.")
    today = local_day(now())
    if not today < given.until <= months_after(today, LONGEST_KEPT_MONTHS):
        raise Invalid.field("until", f"Give a day within the next {LONGEST_KEPT_MONTHS} months.")
    item.status = "kept"
    run.kept_count += 1
    decided = RetentionDecision(
        entity=run.entity,
        number=item.number,
        uid=thing,
        because=given.because,
        until=given.until,
        by_id=viewer.user_id,
    )
    session.add(decided)
    _note(
        session, run, AuditAction.KEPT, {"until": given.until.isoformat()}, [thing], viewer=viewer
    )
    session.flush()  # so that a failure shows before success is told
    return decided


def carry_out_some(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> RetentionRun:
    """Do the next part of an approved run; the door commits it whole or not at all.

    Call it until the run's status is "done". Doing it again, or after it was broken off, goes on
    where it stood. What is no longer due is passed over, what a decision keeps is kept.
    viewer: on whose behalf; the approval is what allows it. Raises Conflict without one.
    """
    spatial.lock_for_writing(session, LOCK)
    run = session.scalar(select(RetentionRun).where(RetentionRun.uid == uid))
    if run is None:
        raise NotFound("There is no such plan. It may have been made anew since.")
    if run.status == "done":
        return run
    if run.status != "approved":
        raise Conflict("Nobody has approved this plan.")
    sort = SORTS[run.entity]
    left = session.scalars(
        select(RetentionItem)
        .where(RetentionItem.run_id == run.id, RetentionItem.status == "due")
        .order_by(RetentionItem.number)
        .limit(sort.at_once)
    ).all()
    if left:
        _do(session, run, left, viewer)
    if len(left) < sort.at_once:
        _finish(session, run, viewer)
    session.flush()  # so that a failure shows before success is told
    return run


def approved(session: Session) -> Sequence[uuid.UUID]:
    """Runs that were approved and are not finished, the oldest first."""
    return session.scalars(
        select(RetentionRun.uid).where(RetentionRun.status == "approved").order_by(RetentionRun.id)
    ).all()


def proof_of(entity: str, went: Iterable[tuple[int, uuid.UUID | None]]) -> str:
    """SHA-256 over what went: a line "entity number uid" for each, in order of the numbers."""
    found = hashlib.sha256()
    for number, uid in went:
        found.update(f"{entity} {number} {uid.hex if uid else '-'}\n".encode())
    return found.hexdigest()


def _do(session: Session, run: RetentionRun, left: Sequence[RetentionItem], viewer: Viewer) -> None:
    sort = SORTS[run.entity]
    due = due_by(sort, run.before).subquery()
    numbers = [item.number for item in left]
    rows = session.execute(
        select(due.c.number, due.c.row_count).where(due.c.number.in_(numbers))
    ).all()
    still = {row.number: row.row_count for row in rows}
    decided = _decided(session, run.entity, left)
    going = [item for item in left if item.number in still]
    owned = sort.carry_out(session, going, run.action, viewer) if going else ()
    for item in left:
        item.done_at = now()
        if item.number in still:
            item.status, item.row_count = "done", still[item.number]
            run.done_count += 1
        elif item.uid in decided:
            item.status = "kept"
            run.kept_count += 1
        else:
            item.status = "passed"
            run.passed_count += 1
    if going:
        audit.note(
            session,
            _ACTIONS[RetentionAction(run.action)],
            viewer=viewer,
            entries=owned,
            entity="retention",
            uid=run.uid,
            uids=[item.uid for item in going if item.uid],
            teams=viewer.roles,
            details={"kind": sort.one, "of": run.entity, "count": len(going)},
        )


def _decided(
    session: Session, entity: str, some: Sequence[RetentionItem]
) -> frozenset[uuid.UUID | None]:
    return frozenset(
        session.scalars(
            select(RetentionDecision.uid).where(
                RetentionDecision.entity == entity,
                RetentionDecision.uid.in_([item.uid for item in some if item.uid]),
                RetentionDecision.until >= local_day(now()),
            )
        )
    )


def _finish(session: Session, run: RetentionRun, viewer: Viewer) -> None:
    session.flush()  # the proof is read from what is there
    went = session.execute(
        select(RetentionItem.number, RetentionItem.uid)
        .where(RetentionItem.run_id == run.id, RetentionItem.status == "done")
        .order_by(RetentionItem.number)
    )
    run.proof = proof_of(run.entity, ((row.number, row.uid) for row in went))
    run.status, run.finished_at = "done", now()
    said: audit.Details = {"done": run.done_count, "kept": run.kept_count, "proof": run.proof}
    _note(session, run, AuditAction.CHECKED, said, viewer=viewer)


def rows_gone(session: Session, run: RetentionRun) -> int:
    """How many rows a run cleared; a stretch of the audit is many."""
    return (
        session.scalar(
            select(func.sum(RetentionItem.row_count)).where(
                RetentionItem.run_id == run.id, RetentionItem.status == "done"
            )
        )
        or 0
    )


def _note(
    session: Session,
    run: RetentionRun,
    action: AuditAction,
    said: audit.Details,
    uids: Iterable[uuid.UUID] = (),
    *,
    viewer: Viewer,
) -> None:
    audit.note(
        session,
        action,
        viewer=viewer,
        entity="retention",
        uid=run.uid,
        uids=uids,
        teams=viewer.roles,
        details={"of": run.entity, **said},
    )
