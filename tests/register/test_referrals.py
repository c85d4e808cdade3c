"""What is passed on: nothing of it stays in the register, and few may read it."""

from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from assetmap import spatial
from assetmap.access import OPERATOR, Viewer
from assetmap.db import Model
from assetmap.models import SearchWord, Team
from assetmap.register import (
    entries,
    merging,
    referral_raising,
    referrals,
    snapshots,
)
from assetmap.schemas.referrals import ReferralDraft
from tests.make import make_area, make_entry, make_team, make_user, viewer_for

SENTENCE = "Zebedee Quillfeather sells pills behind the bandstand at teatime"
RARE = ("zebedee", "quillfeath", "bandstand")  # stems, as the text index has them


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def receiver(session: Session, team: Team) -> Viewer:
    user = make_user(session, team, "approver", "receiver@example.org")
    return viewer_for(user, team, "approver")


@pytest.fixture
def logger(session: Session, team: Team) -> Viewer:
    return viewer_for(make_user(session, team, "logger", "logger@example.org"), team, "logger")


def drafted(**said: object) -> ReferralDraft:
    usual = {"category": "intelligence", "urgency": "routine", "may_be_named": "no"}
    return ReferralDraft.model_validate(usual | {"words": "Something"} | said)


def whole_database(session: Session) -> str:
    """All that the database keeps: the bytes of its files, or every row of every table."""
    url = session.get_bind().engine.url
    if url.get_backend_name() == "sqlite":
        files = Path(str(url.database)).parent.glob("test.sqlite*")
        return b"".join(file.read_bytes() for file in files).decode("latin-1")
    names = sorted(Model.metadata.tables)
    rows = (session.execute(text(f"SELECT t::text FROM {name} t")) for name in names)  # noqa: S608
    return "\n".join(str(row[0]) for some in rows for row in some)


def test_what_is_passed_on_is_nowhere_in_the_whole_database(
    session: Session, team: Team, logger: Viewer, receiver: Viewer
) -> None:
    make_area(session, "E01000001", "Riverside 001A", type="lsoa")
    finding = make_entry(session, "finding", team, viewer=logger, title="Steps", description="Dark")
    other = make_entry(session, "finding", team, title="More steps", notes=SENTENCE)
    merging.merge(session, finding, other, viewer=OPERATOR, why=f"Both say {SENTENCE}")
    draft = snapshots.draft_of("finding", snapshots.of(session, finding))
    for words in (SENTENCE, SENTENCE + "!"):
        draft = draft.model_copy(update={"title": "See below", "description": words})
        entries.change(
            session, finding, draft, viewer=OPERATOR, base_version=finding.version, why=words
        )
    session.commit()
    assert SENTENCE in whole_database(session)
    session.rollback()
    spatial.writing(session)
    made = referral_raising.raise_from(session, finding, drafted(), viewer=logger)
    session.commit()
    referral_raising.clear_away(session, made.left)
    kept = whole_database(session)
    assert SENTENCE not in kept
    assert [stem for stem in RARE if stem in kept.lower()] == []
    assert session.scalars(select(SearchWord).where(SearchWord.word == "quillfeather")).all() == []
    session.refresh(finding)
    assert (finding.title, finding.status, finding.visibility) == ("Passed on", "routed", "team")
    assert (finding.longitude, finding.precision, finding.notes) == (None, "none", "")
    read = referrals.read(session, made.referral.uid, viewer=receiver)
    assert read.content is not None
    said = {one.field: one.text for one in read.content.said}
    assert said["description"] == SENTENCE + "!"
    assert said[""] == "Something"
    assert (read.referral.lsoa, read.source) == ("E01000001", "")
