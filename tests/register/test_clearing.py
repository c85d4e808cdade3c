"""Clearing away what nobody needs any more, and nothing else."""

import io
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.cli.database import tidy
from assetmap.db import db, now
from assetmap.errors import NotAllowed
from assetmap.jobs import tidying
from assetmap.models import Attachment, Entry, Import, SearchWord, Team
from assetmap.outside.import_folder import ImportFolder
from assetmap.register import attachments, clearing, entries, imports, merging
from assetmap.schemas.attachments import PhotoDetails
from assetmap.schemas.imports import ImportMapping, ImportOptions, StoredImport
from assetmap.settings import Settings
from assetmap.vocabulary import Kind
from tests.make import commit, make_entry, make_team, make_user, viewer_for
from tests.outside.s3_server import keep_media_in

LATER = timedelta(days=1)


@pytest.fixture(params=["folder", "bucket"])
def media(request: pytest.FixtureRequest, session: Session, settings: Settings) -> str:
    """Where photos are kept."""
    if request.param == "bucket":
        keep_media_in(settings, request.getfixturevalue("s3"))
    return str(request.param)


def found(session: Session) -> clearing.Unneeded:
    """What may go, were it a month later."""
    return clearing.find(session, viewer=OPERATOR, before=now() + LATER)


def clear(session: Session) -> clearing.Unneeded:
    there = found(session)
    clearing.clear(session, there, viewer=OPERATOR)
    return there


def photo(session: Session, entry: Entry, colour: str = "navy") -> Attachment:
    made = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(made, "JPEG")
    return attachments.attach(session, entry, made.getvalue(), PhotoDetails(), viewer=OPERATOR)


def upload(session: Session, team: Team, status: str, instance: Path) -> tuple[Import, Path]:
    stored = StoredImport(mapping=ImportMapping(), options=ImportOptions())
    done = imports.begin(
        session, Kind.ASSET, "a.csv", "0" * 64, stored, viewer=OPERATOR, team_id=team.id
    )
    done.status = status
    session.flush()
    folder = ImportFolder.of(instance, done.uid)
    folder.keep(io.BytesIO(b"title\nHall\n"))
    for name in ("rows.jsonl", "refused.jsonl", "refused.csv", "duplicates.csv"):
        (folder.path / name).write_text("x")
    folder.say("preview", {"counts": {}})
    return done, folder.path


def names(path: Path) -> set[str]:
    return {one.name for one in path.iterdir()} - {"lock"}


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


def test_an_old_upload_goes_and_what_was_refused_stays(
    session: Session, team: Team, settings: Settings
) -> None:
    _, path = upload(session, team, "done", settings.instance)
    assert clearing.find(session, viewer=OPERATOR).uploads == []
    assert len(clear(session).uploads) == 1
    assert names(path) == {"refused.csv", "duplicates.csv", "preview.json"}
    assert clear(session).uploads == []


def test_what_was_refused_goes_a_year_after_the_import(
    session: Session, team: Team, settings: Settings
) -> None:
    done, path = upload(session, team, "done", settings.instance)
    for days, left in ((364, {"refused.csv", "duplicates.csv", "preview.json"}), (366, set())):
        later = now() + timedelta(days=days) - clearing.KEPT_FOR
        there = clearing.find(session, viewer=OPERATOR, before=later)
        clearing.clear(session, there, viewer=OPERATOR)
        assert names(path) == left
    imports.undo(session, done.id, viewer=OPERATOR)
    assert done.status == "undone"


def test_an_import_is_undone_when_its_upload_has_been_cleared(
    session: Session, team: Team, settings: Settings
) -> None:
    done, path = upload(session, team, "done", settings.instance)
    clear(session)
    imports.undo(session, done.id, viewer=OPERATOR)
    assert done.status == "undone"
    assert "refused.csv" in names(path)


def test_an_upload_that_is_worked_on_or_belongs_to_nobody_yet_stays(
    session: Session, team: Team, settings: Settings
) -> None:
    _, path = upload(session, team, "running", settings.instance)
    unknown = ImportFolder.of(settings.instance, uuid.uuid4())
    unknown.keep(io.BytesIO(b"x"))
    assert clearing.find(session, viewer=OPERATOR).uploads == []
    there = found(session)
    with ImportFolder(path).working():
        clearing.clear(session, there, viewer=OPERATOR)
    assert "upload" in names(path)
    assert not unknown.upload.exists()


def test_the_file_of_a_removed_photo_goes_and_those_that_are_shown_stay(
    session: Session, team: Team, media: str
) -> None:
    hall, club = (make_entry(session, "asset", team) for _ in range(2))
    gone, kept = photo(session, hall), photo(session, hall, "red")
    shared, also = photo(session, hall, "green"), photo(session, club, "green")
    for one in (gone, shared):
        attachments.remove(session, one.uid, viewer=OPERATOR)
    assert clearing.find(session, viewer=OPERATOR).photos == []
    assert set(clear(session).photos) == {f"{gone.sha256}.jpg", f"{gone.sha256}.small.jpg"}
    store = attachments.store(session)
    assert store.read(gone.sha256) is None
    assert store.read(gone.sha256, small=True) is None
    assert store.read(kept.sha256)
    assert store.read(also.sha256)
    assert clear(session).photos == []


def test_a_photo_that_is_added_again_before_its_file_goes_stays(
    session: Session, team: Team, media: str
) -> None:
    hall = make_entry(session, "asset", team)
    once = photo(session, hall)
    attachments.remove(session, once.uid, viewer=OPERATOR)
    there = found(session)
    again = photo(session, hall)
    clearing.clear(session, there, viewer=OPERATOR)
    assert attachments.content(session, again)
    attachments.remove(session, again.uid, viewer=OPERATOR)
    clear(session)
    assert attachments.content(session, photo(session, hall))


def test_photos_of_withdrawn_and_merged_entries_stay_so_that_both_can_be_undone(
    session: Session, team: Team
) -> None:
    hall, club = (make_entry(session, "asset", team) for _ in range(2))
    first, second = photo(session, hall), photo(session, club, "red")
    merge = merging.merge(session, hall, club, viewer=OPERATOR)
    entries.withdraw(session, hall, viewer=OPERATOR, why="Gone")
    assert clear(session).photos == []
    assert attachments.content(session, first)
    assert attachments.content(session, second)
    assert merge.moved["photos"] == [second.id]


def test_words_go_when_the_last_public_entry_that_had_them_has(
    session: Session, team: Team
) -> None:
    hidden = make_entry(session, "asset", team, title="Zebulon refuge")
    make_entry(session, "asset", team, title="Night refuge")
    assert clear(session).words == []
    entries.withdraw(session, hidden, viewer=OPERATOR, why="Gone")
    assert clear(session).words == ["zebulon"]
    known = set(session.scalars(select(SearchWord.word)))
    assert "zebulon" not in known
    assert "refuge" in known
    entries.bring_back(session, hidden.uid, viewer=OPERATOR)
    assert "zebulon" in set(session.scalars(select(SearchWord.word)))


def test_nobody_but_an_administrator_clears_anything(session: Session, team: Team) -> None:
    viewer = viewer_for(make_user(session, team), team)
    with pytest.raises(NotAllowed):
        clearing.find(session, viewer=viewer)


def test_the_command_says_what_would_go_and_then_clears_it(
    app: Flask, session: Session, team: Team, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(clearing, "KEPT_FOR", -LATER)
    _, path = upload(session, team, "done", settings.instance)
    commit()
    said = [
        app.test_cli_runner().invoke(tidy, given).output.strip()
        for given in (["--dry-run"], [], [])
    ]
    nothing = "0 imports’ refused rows, 0 photo files, 0 words that nothing public has."
    assert said == [
        f"Would clear 1 upload, {nothing}",
        f"Cleared 1 upload, {nothing}",
        f"Cleared 0 uploads, {nothing}",
    ]
    assert "upload" not in names(path)


def test_the_daily_job_clears_too_and_survives_a_database_it_cannot_read(
    app: Flask,
    session: Session,
    team: Team,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
) -> None:
    _, path = upload(session, team, "undone", settings.instance)
    commit()
    tidying.tidy(app)
    assert "upload" in names(path)
    monkeypatch.setattr(clearing, "KEPT_FOR", -LATER)
    tidying.tidy(app)
    assert "upload" not in names(path)
    db.session.rollback()
