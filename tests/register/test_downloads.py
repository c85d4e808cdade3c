"""Everything that matches, taken away part after part: once each, accounted for, and stopped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import UpdateBase, delete, insert, select, update
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import OPERATOR, PUBLIC, Viewer
from assetmap.db import db, now
from assetmap.errors import BadRequest, Conflict, NotAllowed
from assetmap.models import (
    ApiToken,
    AuditEntry,
    Authenticator,
    Entry,
    SharingAgreement,
    Team,
    UserSession,
)
from assetmap.register import downloads, entries, sessions, sign_in, tokens
from assetmap.register.audit_taking import PurposeRequired
from assetmap.register.downloads import Account
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Channel, Kind
from tests.make import (
    commit,
    make_agreement,
    make_area,
    make_entry,
    make_partner,
    make_team,
    make_user,
    point,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
A_MOMENT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, count in (("AT_ONCE", 2), ("NOTED_AT_ONCE", 4), ("FIRST_KEYS", 1), ("MORE_KEYS", 4)):
        monkeypatch.setattr(downloads, name, count)


@pytest.fixture
def halls(session: Session) -> list[int]:
    """Keys of ten halls in the order in which they were logged; between them are others."""
    team = make_team(session)
    make_area(session)
    found = []
    for n in range(10):
        hall = make_entry(session, "asset", team, title=f"Hall {n}", geometry=point())
        found.append(hall.id)
        gone = make_entry(session, "group", team, title="Gone")
        entries.withdraw(session, gone, viewer=OPERATOR, why="Closed")
    commit()
    return found


def taken(session: Session, after: int | None = None, **wanted: Any) -> list[int]:
    found = downloads.every(session, EntrySearch(**wanted), viewer=PUBLIC, after=after)
    return [hit.entry.id for hit in found]


def by_somebody_else(statement: Any) -> None:
    """Carried out by another process, as far as the database can tell."""
    with db.engine.begin() as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"kind": ("asset",)},
        {"area": ("E05000001",)},
        {"text": "hall", "near": (-1.92, 53.735)},
    ],
)
def test_a_file_goes_on_behind_any_entry_with_nothing_lost_or_repeated(
    session: Session, halls: list[int], wanted: dict[str, Any]
) -> None:
    assert sorted(taken(session, **wanted)) == halls
    assert taken(session, after=0, **wanted) == halls
    for place in (0, 3, 9):
        assert taken(session, after=halls[place], **wanted) == halls[place + 1 :]
    assert taken(session, after=halls[4] + 1, **wanted) == halls[5:], "behind what is gone"


def test_only_a_file_in_the_order_of_logging_goes_on(session: Session, halls: list[int]) -> None:
    with pytest.raises(BadRequest) as refused:
        taken(session, after=halls[0], sort="newest")
    assert "after" in refused.value.problems


def test_what_was_changed_of_a_broken_off_file_is_counted(
    session: Session, halls: list[int]
) -> None:
    began = now()
    of_half: dict[str, Any] = {"viewer": PUBLIC, "up_to": halls[4], "at": began}
    assert downloads.since(session, EntrySearch(), **of_half) == (5, 0)
    for key, do in ((halls[1], "withdraw"), (halls[2], "check"), (halls[7], "check")):
        entry = session.get_one(Entry, key)
        if do == "check":
            entries.check(session, entry, viewer=OPERATOR, how="visit")
        else:
            entries.withdraw(session, entry, viewer=OPERATOR, why="Closed")
    session.flush()
    assert downloads.since(session, EntrySearch(), **of_half) == (4, 1)


def partners_person(session: Session) -> tuple[Viewer, SharingAgreement]:
    partner = make_partner(session)
    agreement = make_agreement(session, partner)
    theirs = make_team(session, "Alder team")
    theirs.partner_id = partner.id
    user = make_user(session, theirs, "viewer", "jo@demo.example")
    commit()
    return access.viewer_of(session, user.id), agreement


def test_an_agreement_that_somebody_else_ends_stops_a_download_under_way(
    session: Session, halls: list[int]
) -> None:
    viewer, agreement = partners_person(session)
    ended = update(SharingAgreement).where(SharingAgreement.id == agreement.id)
    session.rollback()
    hits = downloads.every(session, EntrySearch(), viewer=viewer)
    assert next(hits).entry.id == halls[0]
    by_somebody_else(ended.values(ended_at=now()))
    with pytest.raises(NotAllowed, match="has changed since you began"):
        list(hits)


@pytest.mark.parametrize(
    ("looking_as_public", "ended"),
    [
        (False, delete(UserSession)),
        (True, delete(UserSession)),
        (False, update(UserSession).values(created_at=LONG_AGO, expires_at=LONG_AGO + A_MOMENT)),
        (False, update(UserSession).values(shared_device=True, last_seen_at=LONG_AGO)),
        (False, update(UserSession).values(proved_at=None)),
    ],
    ids=["signed out", "signed out while looking", "ran out", "rested too long", "unproved"],
)
def test_a_session_that_ends_stops_the_download_that_it_asked_for(
    session: Session, halls: list[int], *, looking_as_public: bool, ended: UpdateBase
) -> None:
    team = session.get_one(Team, session.get_one(Entry, halls[0]).team_id)
    officer = make_user(session, team, "data_officer", "dee@demo.example")
    limits = sessions.Limits(hours=12, idle_minutes=60)
    secret = sessions.begin(session, officer, limits, proved=True).secret
    anew = {"user_id": officer.id, "secret_hash": "x", "expires_at": now() + timedelta(hours=1)}
    commit()
    found = sessions.recognise(session, secret, limits, proof_needed=True)
    assert found is not None
    viewer = access.as_public(found[1]) if looking_as_public else found[1]
    hits = downloads.every(session, EntrySearch(), viewer=viewer)
    assert next(hits).entry.id == halls[0]
    by_somebody_else(ended)
    if ended.is_delete:  # and they sign in again, on SQLite with the same key
        by_somebody_else(insert(UserSession).values(anew))
    with pytest.raises(NotAllowed, match="has changed since you began"):
        list(hits)


@pytest.mark.parametrize(
    "ended",
    [
        update(ApiToken).values(revoked_at=LONG_AGO),
        update(ApiToken).values(expires_at=LONG_AGO),
        delete(Authenticator),
    ],
    ids=["revoked", "ran out", "unproved"],
)
def test_a_token_that_ends_stops_the_download_that_it_asked_for(
    session: Session, halls: list[int], ended: UpdateBase
) -> None:
    team = session.get_one(Team, session.get_one(Entry, halls[0]).team_id)
    officer = make_user(session, team, "data_officer", "dee@demo.example")
    session.add(Authenticator(user_id=officer.id, sealed_key="x", confirmed_at=now()))
    secret = sign_in.make_token(session, officer.email)
    sign_in.make_token(session, officer.email)  # another of theirs
    commit()
    viewer = tokens.bearer(session, secret, proof_needed=True).viewer
    hits = downloads.every(session, EntrySearch(), viewer=viewer)
    assert next(hits).entry.id == halls[0]
    by_somebody_else(ended)
    with pytest.raises(NotAllowed, match="has changed since you began"):
        list(hits)


def test_account_is_kept_of_each_part_before_it_leaves_and_of_no_other(
    session: Session, halls: list[int]
) -> None:
    viewer, _ = partners_person(session)
    account = Account(Channel.CSV, "OFFICIAL", commit)
    counts = (
        select(AuditEntry.subject_count)
        .where(AuditEntry.action == "exported")
        .order_by(AuditEntry.seq)
    )
    hits = downloads.every(session, EntrySearch(kind=(Kind.ASSET,)), viewer=viewer, account=account)
    assert list(session.scalars(counts)) == []
    next(hits)
    so_far = sum(session.scalars(counts))
    assert 0 < so_far <= 4
    assert sum(1 for _ in hits) == 9
    assert sum(session.scalars(counts)) == 10
    nothing = EntrySearch(text="Atlantis")
    assert list(downloads.every(session, nothing, viewer=viewer, account=account)) == []
    assert list(session.scalars(counts))[-1] == 0


def test_a_download_stops_before_what_it_was_not_said_for_or_marked_as(
    session: Session, halls: list[int]
) -> None:
    closing = update(Entry).where(Entry.id == halls[-1]).values(visibility="restricted")
    team = session.get_one(Team, session.get_one(Entry, halls[0]).team_id)
    officer = make_user(session, team, "data_officer", "dee@demo.example")
    commit()
    viewer = access.viewer_of(session, officer.id)
    for purpose, refused in (("", PurposeRequired), ("planning", Conflict)):
        by_somebody_else(closing.values(visibility="public"))
        account = Account(Channel.CSV, "OFFICIAL", commit, purpose)
        hits = downloads.every(session, EntrySearch(), viewer=viewer, account=account)
        given = [next(hits).entry.id]
        by_somebody_else(closing)
        with pytest.raises(refused):
            given += (hit.entry.id for hit in hits)
        assert halls[-1] not in given
