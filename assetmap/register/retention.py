"""How long things are kept: the rules, what is due by them, and plans of what would go.

A plan changes nothing. What it lists goes only when a data officer of the body that keeps the
register has approved it with a reason; see `retention_doing`.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, delete, func, insert, literal, select, union_all
from sqlalchemy.orm import Session, joinedload

from assetmap import access, spatial
from assetmap.access import Viewer
from assetmap.db import local_day, now
from assetmap.errors import Invalid, NotFound
from assetmap.models import (
    Entry,
    RetentionDecision,
    RetentionItem,
    RetentionRule,
    RetentionRun,
)
from assetmap.register import audit, officers
from assetmap.register.months import months_after, start_of
from assetmap.register.retention_sorts import SORTS, Due, Sort
from assetmap.schemas.retention import RuleChange
from assetmap.vocabulary import AuditAction

LOCK = "retention"
MOST = 10_000  # things that one plan lists
MOST_SHOWN = 100
AHEAD_MONTHS = (0, 3, 12)
STALE = timedelta(days=7)  # after which the daily job plans anew


@dataclass(frozen=True)
class RuleLine:
    """A rule, and how many are due by it today and within so many months: see AHEAD_MONTHS."""

    rule: RetentionRule
    sort: Sort
    due: tuple[int, ...]


@dataclass(frozen=True)
class ItemLine:
    """One thing that a run is about, with its title where the viewer may see it."""

    item: RetentionItem
    ref: str
    title: str
    path: str


@dataclass(frozen=True)
class Look:
    """All that the page shows: rules with what is due, plans and proofs, what is kept longer."""

    lines: Sequence[RuleLine]
    runs: Sequence[RetentionRun]
    kept: Sequence[RetentionDecision]
    may_change: bool


def rules(session: Session) -> Sequence[RetentionRule]:
    """Every rule for what this register keeps."""
    found = session.scalars(select(RetentionRule).order_by(RetentionRule.id)).all()
    return [rule for rule in found if rule.entity in SORTS]


def look(session: Session, *, viewer: Viewer) -> Look:
    """All that the page shows, for data officers and auditors."""
    may_change = officers.require_reader(session, viewer)
    return Look(_overview(session), _runs(session), _kept(session), may_change)


def overview(session: Session, *, viewer: Viewer) -> Sequence[RuleLine]:
    """Every rule with what is due by it now and in the coming months."""
    officers.require_reader(session, viewer)
    return _overview(session)


def _overview(session: Session) -> Sequence[RuleLine]:
    known = rules(session)
    counts = _due_counts(session, known)
    return [RuleLine(rule, SORTS[rule.entity], counts[rule.entity]) for rule in known]


def change_rule(
    session: Session, entity: str, change: RuleChange, *, viewer: Viewer
) -> RetentionRule:
    """Keep a sort of thing for another time, or clear it in another way. Raises Invalid."""
    officers.require_officer(session, viewer)
    rule = session.scalar(select(RetentionRule).where(RetentionRule.entity == entity))
    if rule is None or entity not in SORTS:
        raise NotFound("There is no such rule.")
    sort = SORTS[entity]
    if not sort.least <= change.months <= sort.most:
        raise Invalid.field("months", f"Give from {sort.least} to {sort.most} months.")
    if change.action not in sort.actions:
        allowed = " or ".join(one.value for one in sort.actions)
        raise Invalid.field("action", f"For {sort.many} it can be: {allowed}.")
    said = {"months": change.months, "action": change.action.value, "is_active": change.is_active}
    changed = {name: value for name, value in said.items() if getattr(rule, name) != value}
    for name, value in changed.items():
        setattr(rule, name, value)
    if changed:
        rule.changed_at, rule.changed_by_id = now(), viewer.user_id
        audit.note(
            session,
            AuditAction.CHANGED,
            viewer=viewer,
            entity="retention_rule",
            fields=changed,
            teams=viewer.roles,
            details={"of": entity, **changed},
        )
    session.flush()  # so that a failure shows before success is told
    return rule


def plan(
    session: Session, *, viewer: Viewer, only: Collection[str] = (), but_fresh: bool = False
) -> Sequence[RetentionRun]:
    """A dry run of the active rules: lists what would go and changes none of it.

    A plan that nobody has approved gives way to the new one; what has been approved is left to be
    finished. only: entities, all of them unless given. but_fresh: leave plans of this week be.
    """
    officers.require_officer(session, viewer)
    spatial.lock_for_writing(session, LOCK)
    made = []
    for rule in rules(session):
        if rule.is_active and (not only or rule.entity in only):
            there = _under_way(session, rule.entity)
            if there is not None and (
                there.status == "approved" or (but_fresh and there.planned_at > now() - STALE)
            ):
                continue
            if there is not None:
                _forget(session, there)
            if (run := _planned(session, rule, viewer)) is not None:
                made.append(run)
    return made


def runs(session: Session, *, viewer: Viewer, limit: int = 50) -> Sequence[RetentionRun]:
    """What was planned and done, the latest first."""
    officers.require_reader(session, viewer)
    return _runs(session, limit)


def _runs(session: Session, limit: int = 50) -> Sequence[RetentionRun]:
    return session.scalars(
        select(RetentionRun).order_by(RetentionRun.id.desc()).limit(limit).options(*_PEOPLE)
    ).all()


def find(session: Session, uid: uuid.UUID, *, viewer: Viewer) -> RetentionRun:
    """One of them. Raises NotFound."""
    officers.require_reader(session, viewer)
    run = session.scalar(select(RetentionRun).where(RetentionRun.uid == uid).options(*_PEOPLE))
    if run is None:
        raise NotFound("There is no such plan. It may have been made anew since.")
    return run


def items(
    session: Session, run: RetentionRun, *, viewer: Viewer, after: int = 0
) -> Sequence[ItemLine]:
    """What a run is about, page by page; an entry's title only where the viewer may see it."""
    sort = SORTS[run.entity]
    found = session.scalars(
        select(RetentionItem)
        .where(RetentionItem.run_id == run.id, RetentionItem.number > after)
        .order_by(RetentionItem.number)
        .limit(MOST_SHOWN)
    ).all()
    entries: dict[uuid.UUID, Entry] = {}
    if sort.prefix:
        seen = select(Entry).where(
            Entry.uid.in_([item.uid for item in found]), access.may_see(viewer)
        )
        entries = {entry.uid: entry for entry in session.scalars(seen)}
    return [_line(item, sort, entries) for item in found]


def kept(session: Session, *, viewer: Viewer) -> Sequence[RetentionDecision]:
    """What people had kept longer, those that come up for review first."""
    officers.require_reader(session, viewer)
    return _kept(session)


def _kept(session: Session) -> Sequence[RetentionDecision]:
    return session.scalars(
        select(RetentionDecision)
        .where(RetentionDecision.until >= local_day(now()))
        .order_by(RetentionDecision.until, RetentionDecision.id)
        .limit(MOST_SHOWN)
        .options(joinedload(RetentionDecision.by))
    ).all()


def cutoff(rule: RetentionRule, ahead_months: int = 0) -> datetime:
    """What began to count before this instant is due, today or so many months on."""
    return start_of(months_after(local_day(now()), ahead_months - rule.months))


def due_by(sort: Sort, before: datetime) -> Due:
    """What of a sort is due and not kept by a decision."""
    found = sort.due(before).subquery()
    decided = (
        select(RetentionDecision.id)
        .where(
            RetentionDecision.entity == sort.entity,
            RetentionDecision.uid == found.c.uid,
            RetentionDecision.until >= local_day(now()),
        )
        .exists()
    )
    return select(found).where(~decided)


_PEOPLE = (joinedload(RetentionRun.planned_by), joinedload(RetentionRun.approved_by))


def _due_counts(session: Session, known: Sequence[RetentionRule]) -> Mapping[str, tuple[int, ...]]:
    """How many rows are due by each rule now and in so many months, in one query."""
    each: list[Select[Any]] = []
    for rule in known:
        found = due_by(SORTS[rule.entity], cutoff(rule, AHEAD_MONTHS[-1])).subquery()
        until = [
            func.coalesce(
                func.sum(case((found.c.since < cutoff(rule, ahead), found.c.row_count), else_=0)), 0
            )
            for ahead in AHEAD_MONTHS
        ]
        each.append(select(literal(rule.entity), *until))
    rows = session.execute(union_all(*each)).all() if each else []
    return {row[0]: tuple(int(count) for count in row[1:]) for row in rows}


def _under_way(session: Session, entity: str) -> RetentionRun | None:
    return session.scalar(
        select(RetentionRun).where(
            RetentionRun.entity == entity, RetentionRun.status.in_(("planned", "approved"))
        )
    )


def _forget(session: Session, run: RetentionRun) -> None:
    """A plan that came to nothing."""
    session.execute(delete(RetentionItem).where(RetentionItem.run_id == run.id))
    session.delete(run)
    session.flush()  # before another is made in its place


def _planned(session: Session, rule: RetentionRule, viewer: Viewer) -> RetentionRun | None:
    before = cutoff(rule)
    due = due_by(SORTS[rule.entity], before)
    total = session.scalar(select(func.count()).select_from(due.subquery())) or 0
    if not total:
        return None
    run = RetentionRun(
        entity=rule.entity,
        trigger=rule.trigger,
        months=rule.months,
        action=rule.action,
        before=before,
        due_count=min(total, MOST),
        has_more=total > MOST,
        planned_by_id=viewer.user_id,
    )
    session.add(run)
    session.flush()  # its items need its key
    found = due.subquery()
    first = (
        select(
            literal(run.id), found.c.number, found.c.uid, found.c.since, found.c.row_count,
            literal("due"),
        )
        .order_by(found.c.number)
        .limit(MOST)
    )  # fmt: skip
    names = ["run_id", "number", "uid", "since", "row_count", "status"]
    session.execute(insert(RetentionItem).from_select(names, first, include_defaults=False))
    audit.note(
        session,
        AuditAction.PLANNED,
        viewer=viewer,
        entity="retention",
        uid=run.uid,
        teams=viewer.roles,
        details={"of": run.entity, "months": run.months, "due": run.due_count},
    )
    return run


def _line(item: RetentionItem, sort: Sort, entries: Mapping[uuid.UUID, Entry]) -> ItemLine:
    entry = entries.get(item.uid) if item.uid else None
    return ItemLine(
        item,
        sort.ref(item.number),
        entry.title if entry else "",
        entry.path if entry and entry.is_live else "",
    )
