"""Owners of listings: a link works once, in time, for one listing, and opens nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from uuid6 import uuid7

from assetmap.access import OPERATOR, PUBLIC, Viewer, viewer_of
from assetmap.db import now
from assetmap.errors import Conflict, Invalid, NotAllowed, NotFound, SignInFirst
from assetmap.models import Claim, Entry, Letter, Team, User
from assetmap.register import claims, entries, proposals, snapshots
from assetmap.schemas.proposals import About, Suggestion
from assetmap.vocabulary import Kind
from tests.make import make_entry, make_team, make_user, viewer_for

OWNER = "owner@example.org"


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def editor(session: Session, team: Team) -> Viewer:
    return viewer_for(make_user(session, team), team)


@pytest.fixture
def shop(session: Session, team: Team) -> Entry:
    return make_entry(session, "asset", team, title="Corner shop")


def refuses(session: Session, secret: str) -> bool:
    try:
        claims.take(session, secret, "Jo", viewer=PUBLIC)
    except NotFound:
        return True
    return False


def test_an_owner_takes_an_invitation_up_once_and_what_they_propose_says_so(
    session: Session, editor: Viewer, shop: Entry
) -> None:
    secret = claims.invite(session, shop, OWNER, viewer=editor)
    with pytest.raises(Invalid):
        claims.take(session, secret, "", viewer=PUBLIC)
    user, is_new = claims.take(session, secret, "Jo Shop", viewer=PUBLIC)
    assert (user.email, is_new) == (OWNER, True)
    assert refuses(session, secret)
    owner = viewer_of(session, user.id)
    assert owner.roles == {}
    (kept,) = claims.kept(session, viewer=owner)
    assert kept.entry.title == "Corner shop"
    shown = proposals.shown(session, shop.uid, Kind.ASSET, viewer=owner)
    draft = snapshots.draft_of("asset", shown.taken | {"title": "Corner stores"})
    said = Suggestion(about=About.RIGHT)
    made, _ = proposals.propose(
        session, shown, draft, said, viewer=owner, uid=uuid7(), base_version=1
    )
    assert (made.from_owner, shop.title) == (True, "Corner shop")
    with pytest.raises(NotAllowed):
        entries.change(session, shop, draft, viewer=owner, base_version=1)
    (claim,) = claims.of(session, shop, viewer=editor)
    assert claim.email is None
    claims.end(session, claim.uid, viewer=editor)
    assert claims.is_owner(session, shop, viewer=owner) is False
    with pytest.raises(Invalid):  # a stranger cannot say for the owner that it is right
        proposals.propose(
            session,
            proposals.shown(session, shop.uid, Kind.ASSET, viewer=owner),
            draft,
            said,
            viewer=owner,
            uid=uuid7(),
            base_version=1,
        )


def test_links_that_are_forged_late_taken_back_or_replaced_do_nothing(
    session: Session, editor: Viewer, shop: Entry
) -> None:
    assert refuses(session, "forged")
    first = claims.invite(session, shop, OWNER, viewer=editor)
    second = claims.invite(session, shop, OWNER, viewer=editor)
    assert refuses(session, first)
    (claim,) = claims.of(session, shop, viewer=editor)
    claims.end(session, claim.uid, viewer=editor)
    assert refuses(session, second)
    third = claims.invite(session, shop, OWNER, viewer=editor)
    (claim,) = claims.of(session, shop, viewer=editor)
    claim.created_at = now() - timedelta(days=30)
    claim.expires_at = now() - timedelta(seconds=1)
    session.flush()
    assert refuses(session, third)
    assert session.query(User).filter_by(email=OWNER).count() == 0


def test_a_link_does_nothing_once_its_listing_is_hidden_withdrawn_or_another_teams(
    session: Session, editor: Viewer, team: Team, shop: Entry
) -> None:
    other = make_team(session, "Another team")
    hidden = make_entry(session, "asset", team, title="Hidden shop")
    gone = make_entry(session, "asset", team, title="Gone shop")
    links = [claims.invite(session, one, OWNER, viewer=editor) for one in (shop, hidden, gone)]
    shop.team_id = other.id
    draft = snapshots.draft_of("asset", snapshots.of(session, hidden) | {"visibility": "team"})
    entries.change(session, hidden, draft, viewer=editor, base_version=1)
    entries.withdraw(session, gone, viewer=editor, why="Shut")
    session.flush()
    assert [refuses(session, link) for link in links] == [True] * 3
    assert session.query(Claim).filter(Claim.email.is_not(None)).count() == 2
    for one in (hidden, shop):  # neither what is hidden nor another team's can be offered
        with pytest.raises((Invalid, NotAllowed)):
            claims.invite(session, one, OWNER, viewer=editor)


def test_a_link_does_nothing_once_the_address_it_went_to_is_erased(
    session: Session, editor: Viewer, shop: Entry
) -> None:
    secret = claims.invite(session, shop, OWNER, viewer=editor)
    (claim,) = claims.of(session, shop, viewer=editor)
    claim.email = None
    session.flush()
    assert refuses(session, secret)
    assert claims.of(session, shop, viewer=editor) == []
    assert session.query(User).filter_by(email="").count() == 0


def test_a_link_opens_no_account_that_is_there_already(
    session: Session, editor: Viewer, team: Team, shop: Entry
) -> None:
    admin = make_user(session, team, "admin", "admin@example.org")
    secret = claims.invite(session, shop, "Admin@Example.org", viewer=editor)
    with pytest.raises(SignInFirst):
        claims.take(session, secret, "Jo", viewer=PUBLIC)
    with pytest.raises(SignInFirst):
        claims.take(session, secret, "Jo", viewer=editor)
    user, is_new = claims.take(session, secret, "", viewer=viewer_of(session, admin.id))
    assert (user.id, user.name, is_new) == (admin.id, "Admin", False)
    again = claims.invite(session, shop, admin.email, viewer=editor)
    with pytest.raises(Conflict):
        claims.take(session, again, "", viewer=viewer_of(session, admin.id))
    admin.is_active = False
    session.flush()
    assert refuses(session, again)


def test_an_owner_who_says_nothing_is_reminded_twice_and_then_is_one_no_longer(
    session: Session, editor: Viewer, shop: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = claims.invite(session, shop, OWNER, viewer=editor)
    user, _ = claims.take(session, secret, "Jo Shop", viewer=PUBLIC)
    owner = viewer_of(session, user.id)
    (claim,) = claims.kept(session, viewer=owner)
    lapses_at = claim.lapses_at
    assert lapses_at is not None
    assert timedelta(days=364) < lapses_at - now() < timedelta(days=368)
    told = {}
    for left in (31, 30, 20, 7, 3):
        monkeypatch.setattr(claims, "now", lambda left=left: lapses_at - timedelta(days=left))
        told[left] = claims.remind(session, viewer=OPERATOR)
    assert told == {31: 0, 30: 0, 20: 1, 7: 1, 3: 0}
    session.flush()
    letter = session.scalars(select(Letter).limit(1)).one()
    assert (letter.email, f"{shop.path}/suggest?about=right" in letter.text) == (OWNER, True)
    assert claims.is_owner(session, shop, viewer=owner)
    monkeypatch.setattr(claims, "now", lambda: lapses_at)
    assert not claims.is_owner(session, shop, viewer=owner)  # at once, before any job has run
    assert claims.of(session, shop, viewer=editor) == []
    assert claims.remind(session, viewer=OPERATOR) == 0
    assert claim.ended_at == lapses_at


def test_whatever_an_owner_says_of_a_listing_keeps_it_theirs(
    session: Session, editor: Viewer, shop: Entry
) -> None:
    secret = claims.invite(session, shop, OWNER, viewer=editor)
    user, _ = claims.take(session, secret, "Jo Shop", viewer=PUBLIC)
    owner = viewer_of(session, user.id)
    (claim,) = claims.kept(session, viewer=owner)
    claim.lapses_at, claim.reminded_at = now() + timedelta(days=2), now()
    shown = proposals.shown(session, shop.uid, Kind.ASSET, viewer=owner)
    draft = snapshots.draft_of("asset", shown.taken)
    said = Suggestion(about=About.RIGHT)
    for _ in range(2):  # the second is the one that waits, and counts all the same
        proposals.propose(session, shown, draft, said, viewer=owner, uid=uuid7(), base_version=1)
    assert claim.lapses_at > now() + timedelta(days=300)
    assert claim.reminded_at is None
