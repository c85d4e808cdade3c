"""Secrets that are handed out once and kept as hashes only."""

import hashlib
import secrets


def fresh() -> str:
    """A secret of 256 random bits, as it goes into a link, a cookie or a token."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """What is kept of a secret. It has so many random bits that no salt is needed."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
