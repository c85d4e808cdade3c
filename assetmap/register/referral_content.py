"""What a referral says, sealed: only whoever holds the keys of the service can open it.

It is enciphered with Fernet (AES-128 and HMAC-SHA-256). A new key is put in front of the old ones;
`reseal` brings what is kept under it, and then the old one may go.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy.orm import Session

from assetmap.errors import Conflict
from assetmap.register import deployment

LOST = (
    "This was sealed with a key that the service no longer has. Ask its operator to put the old key"
    " back behind the new one."
)


@dataclass(frozen=True)
class Said:
    """Words, and where they stood: the name of a field, or "" for what was typed here."""

    field: str
    text: str


@dataclass(frozen=True)
class Content:
    """All that a referral says. way_back: what puts it back where it was taken from."""

    said: tuple[Said, ...]
    way_back: Mapping[str, Any] = field(default_factory=dict)


def seal(session: Session, content: Content) -> str:
    """The content, enciphered with the newest key."""
    said = [asdict(one) for one in content.said]
    plain = json.dumps({"said": said, "way_back": content.way_back}, ensure_ascii=False)
    return _keys(session).encrypt(plain.encode()).decode()


def unseal(session: Session, sealed: str) -> Content:
    """The content again. Raises Conflict when its key is gone."""
    found = json.loads(_opened(session, sealed.encode()))
    if isinstance(found, list):  # sealed before there was a way back
        found = {"said": found, "way_back": {}}
    said = tuple(Said(one["field"], one["text"]) for one in found["said"])
    return Content(said, found["way_back"])


def seal_photo(session: Session, jpeg: bytes) -> bytes:
    """A photo, enciphered; Fernet's text is kept as the bytes that it stands for."""
    return base64.urlsafe_b64decode(_keys(session).encrypt(jpeg))


def unseal_photo(session: Session, sealed: bytes) -> bytes:
    """The photo again. Raises Conflict when its key is gone."""
    return _opened(session, base64.urlsafe_b64encode(sealed))


def reseal(session: Session, sealed: str) -> str:
    """The same under the newest key. Raises Conflict when its own is gone."""
    try:
        return _keys(session).rotate(sealed).decode()
    except InvalidToken as error:
        raise Conflict(LOST) from error


def reseal_photo(session: Session, sealed: bytes) -> bytes:
    """The same for a photo."""
    return seal_photo(session, unseal_photo(session, sealed))


def _opened(session: Session, sealed: bytes) -> bytes:
    try:
        return _keys(session).decrypt(sealed)
    except (InvalidToken, binascii.Error) as error:
        raise Conflict(LOST) from error


def _keys(session: Session) -> MultiFernet:
    keys: Sequence[str] = deployment.sealing_keys(session)
    return MultiFernet([Fernet(key) for key in keys])
