"""Being told what is new in a saved search, by e-mail and in a feed."""

import re
import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import viewer_of
from assetmap.db import local_day, now
from assetmap.jobs import alerts
from assetmap.jobs.letters import post
from assetmap.models import AuditEntry, Entry, Letter, SavedSearch, SearchAlert, User
from assetmap.register import saved_searches, search_alerts
from assetmap.schemas.saved_searches import SavedSearchDraft
from assetmap.schemas.search import Filters
from assetmap.vocabulary import Kind
from tests.make import (
    commit,
    make_agreement,
    make_entry,
    make_partner,
    make_team,
    make_user,
    point,
)
from tests.web import filled
from tests.web.pages import press, sign_in

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was logged just now is told already."""
    monkeypatch.setattr(search_alerts, "SETTLED", timedelta(0))


def save(session: Session, user: User, **asked: Any) -> SavedSearch:
    draft = SavedSearchDraft(name="Near us", criteria=Filters(**asked))
    return saved_searches.put(session, uuid.uuid4(), draft, viewer=viewer_of(session, user.id)).made


def told(app: Flask, session: Session) -> list[Letter]:
    """The letters of a day on which every alert is due, and of the same day once more."""
    for alert in session.scalars(select(SearchAlert)):
        alert.told_on, alert.heard_at = local_day(now()) - 8 * DAY, now() - DAY
    for letter in session.scalars(select(Letter)):
        session.delete(letter)
    commit()
    alerts.tell(app)
    alerts.tell(app)
    session.expire_all()
    return list(session.scalars(select(Letter)))


def world(session: Session) -> tuple[User, User, Any]:
    """Somebody of a team, somebody of a body that a running agreement opens halls to, and that;
    each with a saved search. All was logged by others."""
    team = make_team(session)
    ann = make_user(session, team, "viewer", "ann@demo.example")
    partner = make_partner(session)
    theirs = make_team(session, "Theirs")
    theirs.partner_id = partner.id
    pat = make_user(session, theirs, "viewer", "pat@demo.example")
    agreed = make_agreement(session, partner, kinds=[Kind.ASSET])
    for seen in ("public", "partner", "team", "restricted"):
        make_entry(session, "asset", team, title=f"Hall {seen}", visibility=seen, geometry=point())
    make_entry(session, "asset", team, title="Hall of Mr Bob Smith 01632 960123")
    make_entry(session, "offer", team, title="Hall lift by Bob", visibility="public")
    for user in (ann, pat):
        made = save(session, user, text="hall")
        search_alerts.put(session, made, "daily", viewer=viewer_of(session, user.id))
    commit()
    return ann, pat, agreed


def taken(session: Session, user_id: int, scope: str) -> list[AuditEntry]:
    """What the account has of entries that somebody was told of in this way."""
    read = select(AuditEntry).where(AuditEntry.action == "read", AuditEntry.actor_id == user_id)
    rows = session.scalars(read).all()
    return [one for one in rows if one.details.get("scope") == scope and one.subject_count]


def test_each_is_told_once_what_they_may_see_that_day_and_nobody_is_named(
    app: Flask, session: Session
) -> None:
    ann, pat, agreed = world(session)
    letters = {one.email: one for one in told(app, session)}
    assert letters.keys() == {ann.email, pat.email}
    mine, theirs = letters[ann.email].text, letters[pat.email].text
    assert letters[ann.email].subject == "5 new in “Near us”"
    assert "4 assets" in mine
    assert "1 offer" in mine
    assert "3 assets" in theirs
    assert "1 offer" in theirs
    for text in (mine, theirs):
        assert "- Hall public: http" in text
        assert "- Hall partner: http" in text
        for never in ("Bob", "01632", "Hall team", "restricted", "Ann", "Pat"):
            assert never not in text
    by = {row.agreement_id for row in taken(session, pat.id, "letter")}
    assert by == {None, agreed.id}  # what is open to all, and what the agreement opened
    agreed.ended_at = now()
    commit()
    theirs = {one.email: one for one in told(app, session)}[pat.email].text
    assert "2 assets" in theirs
    assert "Hall partner" not in theirs
    pat.is_active = False
    commit()
    assert [one.email for one in told(app, session)] == [ann.email]
    assert [one.ended_at is None for one in session.scalars(select(SearchAlert)).all()] == [
        True,
        False,
    ]


def test_a_feed_that_a_partner_reads_is_on_the_account_with_the_agreement(
    client: FlaskClient, session: Session
) -> None:
    _, pat, agreed = world(session)
    agreed_id, pat_id = agreed.id, pat.id
    made = session.scalars(select(SavedSearch).where(SavedSearch.owner_id == pat.id)).one()
    path = made.path
    sign_in(client, pat)
    shown = press(client, f"{path}/feed", f"{path}/news", shown="one").text
    (address,) = re.findall(r"/saved-searches/feeds/\S+\.atom", shown)
    assert client.application.test_client().get(address).status_code == 200
    session.rollback()
    by = {row.agreement_id for row in taken(session, pat_id, "feed")}
    assert by == {None, agreed_id}


def test_nothing_new_is_no_letter_and_what_is_opened_or_ones_own_is_told_once_or_never(
    app: Flask, session: Session
) -> None:
    ann, _, _ = world(session)
    alert = session.scalars(select(SearchAlert).where(SearchAlert.user_id == ann.id)).one()
    alert.told_on, alert.heard_at = local_day(now()) - DAY, now()
    commit()
    alerts.tell(app)
    session.expire_all()
    assert [one.email for one in session.scalars(select(Letter))] == []
    assert alert.told_on == local_day(now())
    hall = session.scalars(select(Entry).where(Entry.title == "Hall public")).one()
    hall.created_by_id = ann.id
    (mine,) = (one for one in told(app, session) if one.email == ann.email)
    assert "3 assets" in mine.text


def test_a_letter_that_waits_does_not_go_once_it_was_ended_or_names_what_was_hidden(
    app: Flask, session: Session
) -> None:
    ann, pat, agreed = world(session)

    def mailed() -> list[str]:
        found: list[str] = []
        app.extensions["mail"] = SimpleNamespace(
            is_set=True, send=lambda to, *_, **__: found.append(to)
        )
        session.rollback()
        post(app)
        session.rollback()
        assert session.scalars(select(Letter)).all() == []
        return found

    assert len(told(app, session)) == 2
    assert mailed() == [ann.email, pat.email]
    assert len(told(app, session)) == 2
    agreed.ended_at = now()
    commit()
    assert mailed() == [ann.email]
    assert len(told(app, session)) == 2
    session.scalars(select(Entry).where(Entry.title == "Hall public")).one().visibility = "team"
    commit()
    assert mailed() == []
    first, _ = told(app, session)
    search_alerts.end_by_link(session, first.stop_at.rpartition("/")[2])
    commit()
    assert mailed() == [pat.email]


def test_one_link_ends_the_letters_without_signing_in(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    world(session)
    letter = told(app, session)[0]
    (link,) = re.findall(r"/stop-alert/\S+", letter.text)
    assert letter.stop_at.endswith(link)
    assert "Stop them now" in client.get(link).text
    assert client.post(link).status_code == 200
    assert client.post(link).status_code == 200
    for broken in (link[:-4], link[:-1] + ("A" if link[-1] != "A" else "E"), "/stop-alert/é"):
        assert client.post(broken).status_code == 404, broken
    assert len(told(app, session)) == 1


def test_a_feed_is_read_by_its_secret_address_until_it_is_ended_or_its_owner_is_shut_out(
    client: FlaskClient, session: Session
) -> None:
    ann, _, _ = world(session)
    made = session.scalars(select(SavedSearch).where(SavedSearch.owner_id == ann.id)).one()
    sign_in(client, ann)
    page = f"{made.path}/news"
    assert "never read" not in client.get(page).text
    assert filled.send(client, page, placeless="", every="often").status_code == 422
    assert filled.send(client, page, placeless="", every="weekly").status_code == 303
    assert "E-mail weekly" in client.get("/saved-searches/").text
    shown = press(client, f"{made.path}/feed", page, shown="one").text
    (address,) = re.findall(r"/saved-searches/feeds/\S+\.atom", shown)
    assert address in press(client, f"{made.path}/feed", page, shown="one").text
    stranger = client.application.test_client()
    feed = stranger.get(address)
    assert feed.content_type.startswith("application/atom+xml")
    titles = re.findall("<title>(.*?)</title>", feed.text)
    assert {"Near us", "Hall public", "Hall partner"} < set(titles)
    assert "restricted" not in feed.text
    assert "Bob" not in feed.text
    assert "Hall team" not in feed.text
    press(client, f"{made.path}/feed", page, shown="two")
    assert stranger.get(address).status_code == 404
    again = press(client, f"{made.path}/feed", page, shown="three").text
    (address,) = re.findall(r"/saved-searches/feeds/\S+\.atom", again)
    assert stranger.get(address).status_code == 200
    assert press(client, f"{made.path}/feed/end", page).status_code == 303
    assert stranger.get(address).status_code == 404
    search_alerts.forget_of(session, ann.id)
    commit()
    assert "Tell me what is new" in client.get("/saved-searches/").text
