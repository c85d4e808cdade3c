"""Photos and voice notes while the store they are kept in is away, and when it is back."""

import uuid

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from assetmap.jobs import tidying
from assetmap.models import Attachment
from assetmap.outside.media import folder
from assetmap.register import attachments
from assetmap.settings import Settings
from tests.api.conftest import Place, hall
from tests.api.test_deliveries import digest, numbered, picture, received, uid_of
from tests.outside.s3_server import S3Server, keep_media_in, nobody

pytestmark = pytest.mark.parametrize("database", ["spatialite"])  # the store knows of none


@pytest.fixture
def away(settings: Settings, place: Place) -> S3Server:
    """A store that cannot be reached, in which media are to be kept."""
    server = S3Server(nobody(), "key", "secret")
    keep_media_in(settings, server)
    return server


def test_a_phone_keeps_its_photo_while_the_store_is_away_and_sends_it_later(
    place: Place, away: S3Server, session: Session, settings: Settings, s3: S3Server
) -> None:
    address, _ = hall(place)
    photo, data = f"/api/entries/{uid_of(address)}/photos/{uuid.uuid4()}", picture()

    def send() -> TestResponse:
        return place.ours.ask("PUT", photo, data=data, headers=digest(data) | numbered(1))

    refused = send()
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert refused.headers["X-Assetmap"] == "1"  # so that the phone goes on with what is next
    assert "Nothing was changed" in refused.get_json()["detail"]
    assert received(place)["count"] == 0
    keep_media_in(settings, s3)
    assert [send().status_code for _ in range(2)] == [200, 200]
    assert session.scalar(select(func.count()).select_from(Attachment)) == 1
    assert received(place)["count"] == 1
    kept = session.scalars(select(Attachment)).one()
    assert attachments.content(session, kept) == attachments.store(session).read(kept.sha256)
    assert list(folder(settings).every()) == []


def test_pages_are_there_without_their_pictures_while_the_store_is_away(
    place: Place, session: Session, settings: Settings
) -> None:
    address, _ = hall(place)
    photo, data = f"/api/entries/{uid_of(address)}/photos/{uuid.uuid4()}", picture()
    sent = place.ours.ask("PUT", photo, data=data, headers=digest(data))
    assert sent.status_code == 200
    kept = session.scalars(select(Attachment)).one()
    kept.consent_scope, kept.alt_text = "public", "The hall"
    session.commit()
    shown, page = f"/photos/{kept.uid}.jpg", address.removeprefix("/api")
    keep_media_in(settings, S3Server(nobody(), "key", "secret"))
    assert place.public.get(shown).status_code == 200  # it is in the folder still
    for one in list(folder(settings).every()):
        folder(settings).remove(one.name)
    assert f"{shown}?small=1" in place.public.get(page).text
    picture_of_it = place.public.get(f"{shown}?small=1")
    assert (picture_of_it.status_code, picture_of_it.headers["Retry-After"]) == (503, "10")


def test_the_daily_tidying_waits_for_another_day_while_the_store_is_away(
    place: Place, away: S3Server
) -> None:
    with capture_logs() as said:
        tidying.tidy(place.public.app)
    assert "what nobody needs could not be cleared" in [one["event"] for one in said]
