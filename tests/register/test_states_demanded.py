"""Nothing is in a state whose demands it does not meet, however it came there."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.errors import Conflict, Invalid
from assetmap.models import Engagement, Entry, Finding, Offer, Walkabout
from assetmap.models.states import DEMANDS, MOVES
from assetmap.register import bulk, entries
from assetmap.schemas.entries import DRAFTS
from assetmap.vocabulary import Kind
from tests.make import draft_fields, make_partner, make_team

KINDS = sorted({kind for kind, _ in DEMANDS})
SCANS = st.sampled_from(["pending", "none", "found"])
FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "offer": {
        "checks_needed": st.sampled_from([[], ["dbs"]]),
        "check_status": st.sampled_from(["not_needed", "pending", "passed", "failed", "expired"]),
    },
    "finding": {},
    "walkabout": {"scan_status": SCANS},
    "engagement": {
        "scan_status": SCANS,
        "attendance_count": st.sampled_from([None, 0, 12]),
        "feedback_due": st.sampled_from([None, "2026-06-01"]),
    },
}
RESOLUTIONS = st.sampled_from(["", "  ", "Swept"])


def is_fit(entry: Entry) -> bool:
    """What each state demands, said anew."""
    match entry:
        case Offer() if entry.status == "in_use":
            return not entry.checks_needed or entry.check_status in ("passed", "not_needed")
        case Finding() if entry.status == "assigned":
            return entry.assigned_partner_id is not None
        case Finding() if entry.status in ("resolved", "verified"):
            return bool(entry.resolution.strip())
        case Walkabout() if entry.status == "complete":
            return entry.scan_status != "pending"
        case Engagement() if entry.status == "closed":
            told = entry.attendance_count is not None and entry.feedback_due is not None
            return told and entry.scan_status != "pending"
        case _:
            return True


class Steps:
    """What people and programs do, one after another; what is refused leaves nothing behind."""

    def __init__(self, session: Session, team: int, partner: int, data: st.DataObject) -> None:
        self.session, self.data = session, data
        self.team, self.partner = team, partner
        self.kind = data.draw(st.sampled_from(KINDS))

    def draft(self) -> Any:
        drawn = {name: self.data.draw(how) for name, how in FIELDS[self.kind].items()}
        fields = draft_fields(self.session, Kind(self.kind), **drawn)
        return DRAFTS[Kind(self.kind)].model_validate(fields)

    def state(self) -> dict[str, Any]:
        if self.kind != "finding":
            return {}
        key = self.data.draw(st.sampled_from([None, self.partner]))
        return {"assigned_partner_id": key, "resolution": self.data.draw(RESOLUTIONS)}

    def status(self) -> str:
        return self.data.draw(st.sampled_from(sorted(MOVES[self.kind])))

    def send(self) -> None:
        entries.log(
            self.session,
            self.draft(),
            viewer=OPERATOR,
            team_id=self.team,
            status=self.status(),
            state=self.state(),
        )

    def bring_in(self) -> None:
        one = bulk.BulkEntry(
            self.draft(), team_id=self.team, status=self.status(), state=self.state()
        )
        bulk.insert_entries(self.session, [one])

    def change(self) -> None:
        for entry in self.all():
            entries.change(
                self.session, entry, self.draft(), viewer=OPERATOR, base_version=entry.version
            )

    def move(self) -> None:
        details: dict[str, Any] = {
            "resolution": self.data.draw(RESOLUTIONS),
            "partner_id": self.partner,
        }
        for entry in self.all():
            entries.move(self.session, entry, self.status(), viewer=OPERATOR, **details)

    def all(self) -> list[Entry]:
        self.session.flush()
        self.session.expire_all()
        found = select(Entry).where(Entry.kind == self.kind, Entry.withdrawn_at.is_(None))
        return list(self.session.scalars(found))


def test_no_sequence_of_writes_makes_an_entry_unfit_for_its_state(session: Session) -> None:
    team, partner = make_team(session).id, make_partner(session, "Streets").id

    @settings(max_examples=25, deadline=None)
    @given(data=st.data())
    def holds(data: st.DataObject) -> None:
        whole = session.begin_nested()
        try:
            _take(Steps(session, team, partner, data))
        finally:
            whole.rollback()

    holds()


def _take(steps: Steps) -> None:
    ways = [steps.send, steps.bring_in, steps.change, steps.move]
    for way in steps.data.draw(st.lists(st.sampled_from(ways), min_size=1, max_size=5)):
        point = steps.session.begin_nested()
        try:
            way()
            steps.session.flush()
        except (Invalid, Conflict):
            point.rollback()
        else:
            point.commit()
        assert [entry.ref for entry in steps.all() if not is_fit(entry)] == []
