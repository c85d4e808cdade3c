"""Addresses that nothing may be sent to, kept as salted hashes so that the list tells nobody's.

The list outlives the person: whoever was erased, or objected, is not reached because somebody
wrote their address down again. The salt is no part of the database (see `deployment.lasting_key`).
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.db import now
from assetmap.models import Suppression
from assetmap.register import deployment
from assetmap.vocabulary import ContactChannel, ContactPurpose, SuppressionReason

AT_ONCE = 500  # hashes asked for in one query
_BRITISH = re.compile(r"(?:(?:00)?440?)?([1-9]\d{9})|(?:00)?440?([1-9]\d{8})")
TAKEN_OUT = "Whoever this belongs to asked to be taken out. Only they can ask to be kept again."
EVERY = ""  # of channels or of purposes
_BY_EMAIL = frozenset({ContactChannel.EMAIL})
_BY_PHONE = frozenset({ContactChannel.PHONE, ContactChannel.SMS})


def normal_email(given: str) -> str:
    """An e-mail address as it is compared; "" for none."""
    return unicodedata.normalize("NFC", given).strip().casefold()


def normal_phone(given: str) -> str:
    """The digits of a phone number, the country code of the United Kingdom as a nought; so too
    where a spreadsheet has dropped the plus, or the nought."""
    digits = "".join(c for c in given if c.isascii() and c.isdigit())
    if british := _BRITISH.fullmatch(digits):
        return "0" + (british[1] or british[2])
    return digits[:20]


def address_for(person: Any, channel: ContactChannel) -> str:
    """The normalised address a channel would use, "" where there is none to keep.

    person: anything with `email` and `phone`.
    """
    if channel in _BY_EMAIL:
        return normal_email(person.email)
    return normal_phone(person.phone) if channel in _BY_PHONE else ""


def hashed(session: Session, address: str) -> str:
    """What is kept of a normalised address."""
    key = b"suppressed address:" + deployment.lasting_key(session).encode()
    return hmac.new(key, address.encode(), hashlib.sha256).hexdigest()


def addresses_of(person: Any) -> list[str]:
    """A person's e-mail address and phone number, normalised, as far as they have them."""
    both = (normal_email(person.email), normal_phone(person.phone))
    return [address for address in both if address]


def hashes_of(session: Session, person: Any) -> list[str]:
    """The same as they are kept on the list."""
    return [hashed(session, address) for address in addresses_of(person)]


def suppress(
    session: Session,
    address_hash: str,
    reason: SuppressionReason,
    *,
    channel: ContactChannel | None = None,
    purpose: ContactPurpose | None = None,
) -> None:
    """From now on nothing goes there: by this channel for this purpose, or at all.

    Doing it again keeps the graver reason, and the day it was last asked for.
    """
    key = (address_hash, channel.value if channel else EVERY, purpose.value if purpose else EVERY)
    kept = session.scalar(
        select(Suppression).where(
            Suppression.address_hash == key[0],
            Suppression.channel == key[1],
            Suppression.purpose == key[2],
        )
    )
    if kept is None:
        made = dict(zip(("address_hash", "channel", "purpose"), key, strict=True))
        session.add(Suppression(**made, reason=reason.value, since=now()))
    else:
        held = kept.lifted_at is None and kept.reason == SuppressionReason.ERASED
        kept.reason = kept.reason if held else reason.value
        kept.since, kept.lifted_at, kept.lifted_by_id = now(), None, None
    session.flush()  # the next look-up must find it


def lift(
    session: Session,
    address_hashes: Iterable[str],
    reasons: frozenset[SuppressionReason],
    *,
    viewer: Viewer,
    channel: ContactChannel | None = None,
    purpose: ContactPurpose | None = None,
) -> int:
    """End what was put there for one of these reasons; says how many. The rows stay."""
    wanted = select(Suppression).where(
        Suppression.address_hash.in_(list(address_hashes)),
        Suppression.reason.in_([reason.value for reason in reasons]),
        Suppression.channel == (channel.value if channel else EVERY),
        Suppression.purpose == (purpose.value if purpose else EVERY),
        Suppression.lifted_at.is_(None),
    )
    found = session.scalars(wanted).all()
    for one in found:
        one.lifted_at, one.lifted_by_id = now(), viewer.user_id
    session.flush()  # the next look-up must find it lifted
    return len(found)


def of(session: Session, address_hashes: Iterable[str]) -> Mapping[str, list[Suppression]]:
    """By hash, all that was ever put on the list, lifted or not."""
    wanted, found = sorted(set(address_hashes)), dict[str, list[Suppression]]()
    for start in range(0, len(wanted), AT_ONCE):
        rows = session.scalars(
            select(Suppression)
            .where(Suppression.address_hash.in_(wanted[start : start + AT_ONCE]))
            .execution_options(populate_existing=True)  # as it is now, not as it was read once
        )
        for one in rows:
            found.setdefault(one.address_hash, []).append(one)
    return found


def stops(one: Suppression, purpose: ContactPurpose, channel: ContactChannel) -> bool:
    """Whether a row, were it not lifted, is about this purpose and channel."""
    return one.purpose in (EVERY, purpose) and one.channel in (EVERY, channel)


def is_erased(session: Session, person: Any) -> bool:
    """Whether somebody with one of these addresses was taken out for good because they asked."""
    return are_erased(session, [person])[0]


def are_erased(session: Session, people: Sequence[Any]) -> list[bool]:
    """The same for many. people: anything with `email` and `phone`, both texts."""
    live = select(Suppression.address_hash).where(
        Suppression.reason == SuppressionReason.ERASED, Suppression.lifted_at.is_(None)
    )
    if session.scalar(live.limit(1)) is None:  # most often: then nothing needs to be hashed
        return [False] * len(people)
    hashes = [frozenset(hashes_of(session, person)) for person in people]
    every = sorted(frozenset[str]().union(*hashes))
    gone: set[str] = set()
    for start in range(0, len(every), AT_ONCE):
        some = Suppression.address_hash.in_(every[start : start + AT_ONCE])
        gone.update(session.scalars(live.where(some)))
    return [not one.isdisjoint(gone) for one in hashes]
