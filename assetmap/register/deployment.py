"""What this deployment has decided, carried by the session so that no function needs the app."""

from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from assetmap.outside import media, media_bucket
from assetmap.outside.photo_store import PhotoStore
from assetmap.settings import Settings


def info(settings: Settings) -> dict[str, Any]:
    """What `app` puts on every session."""
    return {"settings": settings}


def extent(session: Session) -> tuple[float, float, float, float]:
    """The box every location must lie in: west, south, east, north, degrees."""
    return _settings(session).extent


def instance(session: Session) -> Path:
    """The folder for imports, keys and, unless a bucket is set, photos."""
    return _settings(session).instance


def photo_store(session: Session) -> PhotoStore:
    """Where photos and voice notes are kept: the bucket that is set, or the folder; with a bucket,
    what has not been moved yet is in the folder."""
    settings = _settings(session)
    held, there = media.folder(settings), media_bucket.bucket(settings)
    return PhotoStore(there, former=held) if there else PhotoStore(held)


def most_import_rows(session: Session) -> int:
    """How many rows one import may have."""
    return _settings(session).max_import_rows


def purpose_above(session: Session) -> int:
    """How many contact details may leave before it must be said what for."""
    return _settings(session).purpose_above


def exports_each(session: Session) -> int:
    """How many files one person may take at the same time."""
    return _settings(session).exports_each


def exports_public(session: Session) -> int:
    """How many files all who have not signed in may take at the same time."""
    return _settings(session).exports_public


def asked_limit(session: Session) -> tuple[int, int]:
    """How often somebody may be invited, within how many days."""
    settings = _settings(session)
    return settings.asked_most, settings.asked_days


def consultation_weeks(session: Session) -> tuple[int, int]:
    """For how many weeks it is fair to let people answer; within how many they are answered."""
    settings = _settings(session)
    return settings.consultation_weeks, settings.answer_weeks


def classification(session: Session) -> str:
    """What pages and downloads are marked with, at least."""
    return _settings(session).classification


def handling(session: Session) -> str:
    """What to do with what is marked so."""
    return _settings(session).handling


def lasting_key(session: Session) -> str:
    """What salts kept addresses and signs links that never run out."""
    return _settings(session).lasting_key()


def sealing_keys(session: Session) -> list[str]:
    """The keys that referrals are sealed with, the newest first."""
    return _settings(session).sealing_keys()


def referral_purge_days(session: Session) -> int:
    """Days from a confirmed hand-over until a referral's content goes."""
    return _settings(session).referral_purge_days


def owner_months(session: Session) -> int:
    """Months that somebody is the owner of a listing without saying so again."""
    return _settings(session).owner_months


def has_mail(session: Session) -> bool:
    """Whether there is a mail server to hand letters to."""
    return bool(_settings(session).mail_server)


def address(session: Session) -> str:
    """Where people reach the service, without a slash at the end, for what is mailed."""
    settings = _settings(session)
    return (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")


def _settings(session: Session) -> Settings:
    settings: Settings = session.info["settings"]
    return settings
