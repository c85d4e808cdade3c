"""Secrets that are handed out once and kept as hashes only."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is read as another


def to_type(length: int) -> str:
    """A random code that people read off a wall and type."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def fresh() -> str:
    """A secret of 256 random bits, as it goes into a link, a cookie or a token."""
    return secrets.token_urlsafe(32)


def repeatable(key: str, said: str) -> str:
    """A secret like a fresh one, and the same one whenever the same is said again."""
    mac = hmac.digest(key.encode(), said.encode(errors="replace"), "sha256")
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def repeatable_to_type(key: str, said: str) -> str:
    """The same as 16 letters in fours, to read off paper and type: some 79 random bits."""
    number = int.from_bytes(hmac.digest(key.encode(), said.encode(errors="replace"), "sha256"))
    letters = (_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(16))
    return _in_fours("".join(letters))


def typed(given: str) -> str:
    """What somebody typed for such a secret, as it is written: case and what is between the fours
    do not matter."""
    return _in_fours("".join(one for one in given.lower() if one.isalnum()))


def hashed(secret: str) -> str:
    """What is kept of a secret. It has so many random bits that no salt is needed."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _in_fours(letters: str) -> str:
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))
