"""Words that were typed for a purpose: bound to the account, and let go of without breaking it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import AuditEntry, AuditSaid, SubjectHit
from assetmap.register import (
    audit,
    audit_reading,
    audit_said,
    audit_verifying,
    audit_words,
    erasing_texts,
)
from assetmap.register.subject_terms import Terms
from assetmap.schemas.audit import AuditSearch
from assetmap.vocabulary import AuditAction
from tests.make import commit, make_entry, make_team

TYPED = "Pat Example asked for it"


@pytest.fixture
def seq(session: Session) -> int:
    """A row whose purpose was typed, and names somebody after all."""
    entry = make_entry(session, "asset", make_team(session))
    commit()
    audit.note(
        session, AuditAction.READ, viewer=OPERATOR, entries=[entry], purpose=f"other: {TYPED}"
    )
    commit()
    return audit.head(session)[0]


def told(session: Session) -> str:
    page = audit_reading.find(session, AuditSearch(), viewer=OPERATOR)
    return audit_words.purpose(page.lines[0].row)


def test_what_was_typed_is_read_beside_the_account_and_not_in_it(
    session: Session, seq: int
) -> None:
    row = session.scalars(select(AuditEntry).where(AuditEntry.seq == seq)).one()
    assert "Pat" not in row.purpose
    assert told(session) == TYPED
    assert audit_verifying.verify(session).first_broken is None


def test_words_put_in_place_of_others_are_found_out(session: Session, seq: int) -> None:
    session.execute(update(AuditSaid).values(words="Somebody else asked for it"))
    assert audit_verifying.verify(session).first_broken == seq


def test_erasing_lets_the_words_go_and_leaves_the_account_whole(session: Session, seq: int) -> None:
    hit = SubjectHit(place="audit_said.words", number=seq)
    assert erasing_texts.erase(session, [hit], Terms("Pat Example"), viewer=OPERATOR) == 1
    session.expire_all()
    assert session.scalars(select(AuditSaid)).all() == []
    assert told(session) == audit_said.GONE
    assert audit_verifying.verify(session).first_broken is None


def test_words_go_after_a_year_and_no_sooner(
    session: Session, seq: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit_said.let_go(session)
    assert told(session) == TYPED
    monkeypatch.setattr(audit_said, "now", lambda: now() + timedelta(days=366))
    audit_said.let_go(session)
    session.expire_all()
    assert told(session) == audit_said.GONE
