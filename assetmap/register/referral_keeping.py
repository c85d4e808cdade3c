"""How long referrals are kept, what is counted of them, and under which key they are sealed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Referral, ReferralPhoto
from assetmap.models.referral import HANDED_OVER
from assetmap.register import referral_content
from assetmap.register.referral_access import note, require_operator, require_receiver
from assetmap.register.referrals import let_go
from assetmap.vocabulary import AuditAction

METADATA_KEPT = timedelta(days=365)
FEWEST = 5  # a smaller count is not told


@dataclass(frozen=True)
class Due:
    """Referrals whose content goes now, and those whose rows do."""

    contents: Sequence[int]
    rows: Sequence[int]

    def __str__(self) -> str:
        return f"content of {len(self.contents):,}, all that is left of {len(self.rows):,}"


def due(session: Session, *, viewer: Viewer, at: datetime | None = None) -> Due:
    """What goes by now; writes nothing. Raises NotAllowed for anybody but the operator."""
    require_operator(viewer)
    at = at or now()
    handed = Referral.status.in_(HANDED_OVER)
    contents = select(Referral.id).where(handed, Referral.purge_due_at <= at)
    rows = select(Referral.id).where(Referral.purged_at <= at - METADATA_KEPT)
    return Due(session.scalars(contents).all(), session.scalars(rows).all())


def purge_due(session: Session, found: Due, *, viewer: Viewer) -> None:
    """Let go of it; doing it twice does no harm. Raises NotAllowed for anybody but the operator."""
    require_operator(viewer)
    for key in found.contents:
        kept = session.get(Referral, key, populate_existing=True)
        if kept is not None and kept.status in HANDED_OVER:
            let_go(session, kept, viewer)
    for key in found.rows:
        kept = session.get(Referral, key)
        if kept is not None:
            note(session, AuditAction.ERASED, kept, viewer=viewer)
            session.delete(kept)
    session.flush()  # so that a failure shows before success is told


def rotate(session: Session, *, viewer: Viewer) -> int:
    """Seal everything anew with the newest key. Says how many. Raises Conflict for a lost key."""
    require_operator(viewer)
    kept = session.scalars(select(Referral).where(Referral.sealed.is_not(None))).all()
    for one in kept:
        one.sealed = referral_content.reseal(session, one.sealed or "")
    for picture in session.scalars(select(ReferralPhoto)):
        picture.sealed = referral_content.reseal_photo(session, picture.sealed)
    session.flush()  # so that a failure shows before success is told
    return len(kept)


def counts(session: Session, *, viewer: Viewer, since: date) -> dict[tuple[str, str], str]:
    """How many of each category were raised in each month ("2026-11"), without those put back;
    below five, not how many."""
    require_receiver(viewer)
    begin = datetime.combine(since, datetime.min.time(), tzinfo=now().tzinfo)
    rows = session.execute(
        select(Referral.category, Referral.raised_at).where(
            Referral.raised_at >= begin, Referral.put_back_at.is_(None)
        )
    )
    found: dict[tuple[str, str], int] = {}
    for category, at in rows:
        key = (category, f"{at:%Y-%m}")
        found[key] = found.get(key, 0) + 1
    return {key: told(number) for key, number in found.items()}


def told(number: int) -> str:
    """A count as it is told: what is below five could point at somebody."""
    return str(number) if number >= FEWEST else f"<{FEWEST}"
