"""The sorts of things that are kept for a time: when each is due to go, and how it goes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Uuid,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from assetmap.access import OPERATOR, Viewer
from assetmap.db import local_day, now
from assetmap.models import (
    AuditEntry,
    AuditHead,
    Consent,
    Entry,
    Finding,
    History,
    Person,
    Proposal,
    RetentionItem,
    RetentionRun,
    SignInLink,
    SubjectRequest,
    UserSession,
)
from assetmap.models.states import OVER
from assetmap.register import audit, indexing
from assetmap.register.anonymising import anonymise_findings
from assetmap.register.person_blanking import blank_many, clear_evidence
from assetmap.schemas.retention import RetentionAction
from assetmap.vocabulary import Kind

AUDIT_ROWS_AT_ONCE = 10_000
Due = Select[*tuple[Any, ...]]
Owners = Sequence[audit.Owned]
CarryOut = Callable[[Session, Sequence[RetentionItem], str, Viewer], Owners]


@dataclass(frozen=True)
class Sort:
    """Things of one sort.

    due: those that began to count before an instant, as number, uid, since and row_count.
    carry_out: does the action to some that are still due, and gives those that a team keeps.
    least, most: bounds of the months that may be chosen. at_once: how many in one transaction.
    """

    entity: str
    one: str
    many: str
    since: str
    actions: tuple[RetentionAction, ...]
    least: int
    most: int
    due: Callable[[datetime], Due]
    carry_out: CarryOut
    prefix: str = ""
    at_once: int = 100

    def ref(self, number: int) -> str:
        """What to call one of them."""
        return f"{self.prefix}-{number:06d}" if self.prefix else f"{self.one} {number:,}"


def is_done(entity: str, number: ColumnElement[int], touched: Any) -> ColumnElement[bool]:
    """Whether a rule has been carried out on something that nobody has touched since."""
    return exists(
        select(RetentionItem.id)
        .join(RetentionRun, RetentionRun.id == RetentionItem.run_id)
        .where(
            RetentionRun.entity == entity,
            RetentionItem.number == number,
            RetentionItem.status == "done",
            RetentionItem.done_at >= touched,
        )
    )


def _findings(before: datetime) -> Due:
    """Those that are closed, withdrawn or merged into another since then."""
    key: ColumnElement[int] = Finding.id  # type: ignore[assignment]
    over = or_(
        Finding.status.in_(OVER[Kind.FINDING]),
        Finding.withdrawn_at.is_not(None),
        Finding.merged_into_id.is_not(None),
    )
    since = func.coalesce(Finding.withdrawn_at, Finding.resolved_at, Finding.updated_at)
    return select(
        key.label("number"),
        Finding.uid.label("uid"),
        since.label("since"),
        literal(1).label("row_count"),
    ).where(over, since < before, ~is_done("finding", key, Finding.updated_at))


def _clear_findings(
    session: Session, items: Sequence[RetentionItem], action: str, viewer: Viewer
) -> Sequence[Entry]:
    keys = [item.number for item in items]
    if action == RetentionAction.ARCHIVE:
        return _archive(session, keys, viewer=viewer)
    return anonymise_findings(session, keys, viewer=viewer)


def _archive(session: Session, keys: Sequence[int], *, viewer: Viewer) -> Sequence[Entry]:
    """Take them out of every output; the rows stay as they are."""
    found = session.scalars(select(Finding).where(Finding.id.in_(keys)).order_by(Finding.id)).all()
    for finding in found:
        if finding.is_live:
            finding.withdraw(now(), "Kept long enough", viewer.user_id)
            finding.version += 1
            finding.updated_at = now()
            session.add(
                History(
                    entry_id=finding.id,
                    version=finding.version,
                    by_id=viewer.user_id,
                    verb="archived",
                )
            )
    session.flush()  # the index reads what is there
    indexing.index(session, found)
    return found


def _audit(before: datetime) -> Due:
    """The last row of every ten thousand that were all written before then, and the very last.

    A row with an early clock among later ones goes no sooner than those before it.
    """
    older = select(AuditEntry.seq).where(AuditEntry.at < before).limit(1)
    kept = (
        select(AuditEntry.seq)
        .where(AuditEntry.at >= before)
        .order_by(AuditEntry.seq)
        .limit(1)
        .scalar_subquery()
    )
    head = select(AuditHead.seq).scalar_subquery()
    last = func.coalesce(kept, head) - 1
    ends = (
        select(AuditEntry.seq, AuditEntry.at)
        .where(
            exists(older),
            AuditEntry.seq <= last,
            or_(AuditEntry.seq % AUDIT_ROWS_AT_ONCE == 0, AuditEntry.seq == last),
        )
        .subquery()
    )
    first = select(func.min(AuditEntry.seq)).scalar_subquery()
    previous = func.lag(ends.c.seq).over(order_by=ends.c.seq)
    return select(
        ends.c.seq.label("number"),
        literal(None, Uuid()).label("uid"),
        ends.c.at.label("since"),
        (ends.c.seq - func.coalesce(previous, first - 1)).label("row_count"),
    )


def _trim_audit(
    session: Session, items: Sequence[RetentionItem], _action: str, _viewer: Viewer
) -> Owners:
    for item in items:
        audit.trim(session, item.number, viewer=OPERATOR)
    return ()


def _contacts(before: datetime) -> Due:
    """Those whom nobody has changed, reached or had an agreement of since then. Who asked that
    their details be left alone has them kept until that is settled: they may need them."""
    withdrawal = aliased(Consent)
    withdrawn = exists(select(withdrawal.id).where(withdrawal.withdraws_id == Consent.id))
    ends = func.coalesce(Consent.expires_at, Consent.given_at)
    runs_on = and_(Consent.expires_at.is_(None), Consent.withdraws_id.is_(None), ~withdrawn)
    agreed = exists(
        select(Consent.id).where(Consent.person_id == Person.id, or_(ends >= before, runs_on))
    )
    return _of_people().where(
        Person.updated_at < before,
        or_(Person.last_contacted_on.is_(None), Person.last_contacted_on < local_day(before)),
        Person.erased_at.is_(None),
        Person.merged_into_id.is_(None),
        Person.restricted_at.is_(None),
        ~agreed,
    )


def _evidence(before: datetime) -> Due:
    """What people agreed to who were erased before then, where the last of it ended before too."""
    ends = func.coalesce(Consent.expires_at, Consent.given_at)
    theirs = select(Consent.id).where(Consent.person_id == Person.id)
    return _of_people().where(
        Person.erased_at < before,
        Person.evidence_cleared_at.is_(None),
        exists(theirs),
        ~exists(theirs.where(ends >= before)),
    )


def _of_people() -> Due:
    return select(
        Person.id.label("number"),
        Person.uid.label("uid"),
        Person.updated_at.label("since"),
        literal(1).label("row_count"),
    )


def _blank_contacts(
    session: Session, items: Sequence[RetentionItem], _action: str, viewer: Viewer
) -> Sequence[Person]:
    return blank_many(session, [item.number for item in items], viewer=viewer)


def _clear_evidence(
    session: Session, items: Sequence[RetentionItem], _action: str, viewer: Viewer
) -> Sequence[Person]:
    return clear_evidence(session, [item.number for item in items], viewer=viewer)


def _proposals(before: datetime) -> Due:
    """Suggestions that were answered, taken back or overtaken before then."""
    key: ColumnElement[int] = Proposal.id  # type: ignore[assignment]
    return select(
        key.label("number"),
        Proposal.uid.label("uid"),
        Proposal.answered_at.label("since"),
        literal(1).label("row_count"),
    ).where(
        Proposal.answered_at < before,
        ~is_done("proposal", key, Proposal.answered_at),
    )


def _blank_proposals(
    session: Session, items: Sequence[RetentionItem], _action: str, _viewer: Viewer
) -> Owners:
    """Who suggested something of what, when, and which fields were accepted, stay; no word does.
    What was accepted is in the entry's own history."""
    session.execute(
        update(Proposal)
        .where(Proposal.id.in_([item.number for item in items]))
        .values(note="", answer="", changes={})
    )
    return ()


def _requests(before: datetime) -> Due:
    """Requests about own details that were closed before then."""
    return select(
        SubjectRequest.id.label("number"),
        SubjectRequest.uid.label("uid"),
        SubjectRequest.updated_at.label("since"),
        literal(1).label("row_count"),
    ).where(SubjectRequest.status == "closed", SubjectRequest.updated_at < before)


def _expired(table: type[UserSession] | type[SignInLink]) -> Callable[[datetime], Due]:
    def due(before: datetime) -> Due:
        return select(
            table.id.label("number"),
            literal(None, Uuid()).label("uid"),
            table.expires_at.label("since"),
            literal(1).label("row_count"),
        ).where(table.expires_at < before)

    return due


def _delete(
    table: type[UserSession] | type[SignInLink] | type[SubjectRequest],
) -> CarryOut:
    def carry_out(
        session: Session, items: Sequence[RetentionItem], _action: str, _viewer: Viewer
    ) -> Owners:
        session.execute(delete(table).where(table.id.in_([item.number for item in items])))
        return ()

    return carry_out


_DELETE = (RetentionAction.DELETE,)
_EVERY = (
    Sort(
        "finding",
        "finding",
        "findings",
        "they were closed",
        (RetentionAction.ANONYMISE, RetentionAction.ARCHIVE),
        6,
        60,
        _findings,
        _clear_findings,
        prefix=Kind.FINDING.prefix,
    ),
    Sort(
        "audit",
        "row of the audit up to number",
        "rows of the audit",
        "they were written",
        _DELETE,
        12,
        120,
        _audit,
        _trim_audit,
        at_once=1,
    ),
    Sort(
        "contact",
        "contact",
        "contacts",
        "they were last changed, reached or had agreed to something",
        (RetentionAction.ANONYMISE,),
        6,
        36,
        _contacts,
        _blank_contacts,
    ),
    Sort(
        "consent",
        "what was agreed to by contact",
        "what erased contacts agreed to",
        "it ended and they were erased",
        _DELETE,
        12,
        120,
        _evidence,
        _clear_evidence,
    ),
    Sort(
        "proposal",
        "suggestion",
        "answered suggestions",
        "they were answered",
        (RetentionAction.ANONYMISE,),
        3,
        36,
        _proposals,
        _blank_proposals,
        prefix="SUG",
    ),
    Sort(
        "subject_request",
        "request about own details",
        "requests about own details",
        "they were closed",
        _DELETE,
        12,
        72,
        _requests,
        _delete(SubjectRequest),
    ),
    Sort(
        "user_session",
        "session",
        "sessions",
        "they expired",
        _DELETE,
        1,
        12,
        _expired(UserSession),
        _delete(UserSession),
    ),
    Sort(
        "sign_in_link",
        "sign-in link",
        "sign-in links",
        "they expired",
        _DELETE,
        1,
        12,
        _expired(SignInLink),
        _delete(SignInLink),
    ),
)
SORTS: Mapping[str, Sort] = {sort.entity: sort for sort in _EVERY}
