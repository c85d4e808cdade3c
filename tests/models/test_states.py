"""Which states each kind goes through, and which moves are refused."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assetmap.errors import Conflict, Invalid
from assetmap.models import Engagement, Finding, Offer, Walkabout
from assetmap.models.states import FIRST, MOVES, OVER, check_move
from assetmap.register.writing import MODELS

AT = datetime(2026, 5, 1, 12, tzinfo=UTC)


def offer(status: str = "offered") -> Offer:
    return Offer(kind="offer", status=status, checks_needed=[], check_status="not_needed")


def test_every_state_of_every_kind_leads_only_to_states_of_that_kind() -> None:
    for kind, moves in MOVES.items():
        assert {then for ways in moves.values() for then in ways} <= set(moves), kind
        assert FIRST[kind] in moves
        assert set(OVER[kind]) <= set(moves)
    assert set(MOVES) == {kind.value for kind in MODELS}


@given(st.data())
def test_a_move_is_allowed_exactly_when_the_table_has_it(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(MOVES)))
    now, then = (data.draw(st.sampled_from(sorted(MOVES[kind]))) for _ in range(2))
    if then in MOVES[kind][now]:
        check_move(kind, now, then)
    else:
        with pytest.raises(Conflict):
            check_move(kind, now, then)


def test_an_offer_goes_from_offered_to_fulfilled_and_renews_when_it_has_run_out() -> None:
    one = offer()
    for state in ("confirmed", "matched", "in_use", "fulfilled"):
        one.move_to(state)
    one.expire()
    one.renew(date(2026, 5, 1))
    assert (one.status, one.expires_on) == ("offered", date(2026, 10, 31))


def test_an_offer_whose_checks_are_pending_is_not_used() -> None:
    one = offer("matched")
    one.checks_needed, one.check_status = ["dbs"], "pending"
    with pytest.raises(Conflict):
        one.move_to("in_use")
    one.check_status = "passed"
    one.move_to("in_use")


def test_a_withdrawn_offer_cannot_be_confirmed() -> None:
    one = offer()
    one.withdraw(AT, "Moved away")
    assert one.status == "withdrawn"
    with pytest.raises(Conflict):
        one.move_to("confirmed")
    with pytest.raises(Conflict):
        one.withdraw(AT, "Again")


def test_a_finding_needs_words_to_be_resolved_and_can_be_reopened() -> None:
    one = Finding(kind="finding", status="in_progress")
    with pytest.raises(Invalid):
        one.resolve("  ", AT)
    one.resolve("Swept", AT)
    one.verify(by_resident=True)
    one.reopen()
    assert (one.status, one.resolved_at, one.verified_by_resident) == ("reopened", None, False)


def test_a_walkabout_is_not_complete_before_its_scan_is_answered() -> None:
    one = Walkabout(kind="walkabout", status="underway", scan_status="pending", starts_at=AT)
    with pytest.raises(Conflict):
        one.complete(AT)
    one.scan_status = "none"
    one.complete(datetime(2026, 5, 1, 14, tzinfo=UTC))
    assert one.ends_at == datetime(2026, 5, 1, 14, tzinfo=UTC)


def test_an_engagement_is_not_closed_before_all_that_is_missing_is_there() -> None:
    one = Engagement(kind="engagement", status="held", scan_status="pending")
    with pytest.raises(Conflict, match=r"intelligence scan .*how many came .*by which day"):
        one.close(AT)
    one.scan_status, one.attendance_count, one.feedback_due = "none", 12, date(2026, 6, 1)
    one.close(AT)
    assert one.status == "closed"
