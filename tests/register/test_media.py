"""Passing on photos that are kept in a bucket, and what becomes of them while it is away."""

import io

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.errors import Unavailable
from assetmap.models import Attachment, Finding, Team
from assetmap.register import attachments, referral_raising, referrals
from assetmap.register.referral_raising import Raised
from assetmap.schemas.attachments import PhotoDetails
from assetmap.schemas.referrals import ReferralDraft
from assetmap.settings import Settings
from tests.make import make_entry, make_team, make_user, viewer_for
from tests.outside.s3_server import S3Server, keep_media_in, nobody
from tests.register.test_clearing import clear

pytestmark = pytest.mark.parametrize("database", ["spatialite"])  # the store knows of none
AWAY = S3Server(nobody(), "key", "secret")
SAID = {"category": "intelligence", "urgency": "routine", "may_be_named": "no", "words": "Seen"}


@pytest.fixture
def approver(session: Session) -> Viewer:
    """Somebody who logs, and who receives what is passed on."""
    team = make_team(session)
    return viewer_for(make_user(session, team, "approver"), team, "logger", "approver")


@pytest.fixture
def photo(session: Session, approver: Viewer, settings: Settings, s3: S3Server) -> Attachment:
    """Of a finding, in a bucket."""
    keep_media_in(settings, s3)
    (team_id,) = approver.roles
    team = session.get_one(Team, team_id)
    finding = make_entry(session, "finding", team, viewer=approver, description="At the gate")
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "PNG")
    kept = attachments.attach(
        session, finding, picture.getvalue(), PhotoDetails(alt_text="A door"), viewer=approver
    )
    session.commit()
    return kept


def passed_on(session: Session, photo: Attachment, viewer: Viewer) -> Raised:
    finding = session.get_one(Finding, photo.entry_id)
    draft = ReferralDraft.model_validate(SAID)
    return referral_raising.raise_from(session, finding, draft, viewer=viewer)


def test_nothing_is_passed_on_while_its_photos_cannot_be_read(
    session: Session, photo: Attachment, approver: Viewer, settings: Settings
) -> None:
    there = dict(session.info)
    keep_media_in(settings, AWAY)
    with pytest.raises(Unavailable):
        passed_on(session, photo, approver)
    session.rollback()
    assert session.get_one(Finding, photo.entry_id).description == "At the gate"
    session.info.update(there)
    assert attachments.content(session, photo)


def test_files_that_were_passed_on_go_from_the_bucket_at_once_or_when_it_is_back(
    session: Session, photo: Attachment, approver: Viewer, settings: Settings
) -> None:
    sha256, kept = photo.sha256, attachments.content(session, photo)
    made = passed_on(session, photo, approver)
    session.commit()
    there = dict(session.info)
    keep_media_in(settings, AWAY)
    referral_raising.clear_away(session, made.left)
    session.info.update(there)
    store = attachments.store(session)
    assert store.read(sha256) == kept
    assert set(clear(session).photos) == {f"{sha256}.jpg", f"{sha256}.small.jpg"}
    assert store.read(sha256) is store.read(sha256, small=True) is None
    ((key, _),) = referrals.read(session, made.referral.uid, viewer=approver).photos
    assert referrals.photo(session, made.referral.uid, key, viewer=approver)[0] == kept
