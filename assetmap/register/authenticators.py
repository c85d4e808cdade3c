"""Authenticator apps: a second proof of who somebody is, by codes that change each half minute.

Codes are those of RFC 6238: six digits, SHA-1, thirty seconds, a step early or late. One that was
taken is never taken again. The key is kept encrypted; what opens it is made of the service's own
signing key, so that a copy of the database alone shows no codes. With another signing key every
authenticator has to be set up anew.
"""

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Select, delete, exists, func, select, update
from sqlalchemy.orm import Session

from assetmap import access
from assetmap.access import Viewer
from assetmap.db import now
from assetmap.errors import Conflict, NotAllowed, TooMany
from assetmap.models import Authenticator, RecoveryCode, User
from assetmap.register.person_notes import note
from assetmap.register.secret import hashed
from assetmap.vocabulary import AuditAction

ISSUER = "Assetmap"
STEP_SECONDS = 30
DRIFT_STEPS = 1  # that a phone's clock may be wrong, either way
MOST_FAILURES = 5
FAILURES_LAST = timedelta(minutes=15)
CODES = 10
WRONG = (
    "That code is not right. The app's change every half minute: type the newest. A recovery code"
    " works once."
)
FEW = 3  # recovery codes: fewer, and whoever signs in is told
WAIT = "Too many wrong codes. Wait a quarter of an hour and try again."
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is mistaken for something else
CODE_LENGTH = 16  # 79 random bits: no salt is needed


@dataclass(frozen=True)
class State:
    """Whether somebody has an authenticator, and how many recovery codes are left."""

    confirmed: bool
    codes_left: int


@dataclass(frozen=True)
class Enrolment:
    """What an app needs to show codes: the key as text, and as an address for a QR code."""

    key: str
    address: str


class Vault:
    """Seals and opens the keys of authenticators with one made of the signing key."""

    def __init__(self, signing_key: str) -> None:
        derived = HKDF(hashes.SHA256(), 32, None, b"assetmap authenticator keys").derive(
            signing_key.encode()
        )
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, key: str) -> str:
        """The key, encrypted."""
        return self._fernet.encrypt(key.encode()).decode()

    def open(self, sealed: str) -> str:
        """The key again. Raises Conflict when it was sealed with another signing key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise Conflict(
                "The service's signing key has changed. Ask its operator to take your"
                " authenticator away, then set it up anew."
            ) from error


def state(session: Session, user: User, *, viewer: Viewer) -> State:
    """Whether a person has an authenticator, for their own page."""
    _require_own(user, viewer)
    codes = select(func.count()).where(
        RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None)
    )
    query = select(exists(_confirmed(user.id)), codes.scalar_subquery())
    has_one, codes_left = session.execute(query).one()
    return State(has_one, codes_left)


def has_one(session: Session, user_id: int) -> bool:
    """Whether a code is asked of this person."""
    return session.scalar(_confirmed(user_id)) is not None


def begin(session: Session, user: User, vault: Vault, *, viewer: Viewer) -> None:
    """Make a key to put into an app; the same one until a code of it has come.

    Raises Conflict when the person has an authenticator already.
    """
    _require_own(user, viewer)
    kept = _of(session, user)
    if kept is not None and kept.confirmed_at is not None:
        raise Conflict("You have an authenticator. Take it away before you set up another.")
    if kept is None:
        key = pyotp.random_base32()
        session.add(Authenticator(user_id=user.id, sealed_key=vault.seal(key)))
        session.flush()  # a second press finds it


def begun(session: Session, user: User, vault: Vault, *, viewer: Viewer) -> Enrolment | None:
    """What to put into an app, until a code of it has come; None before and after."""
    _require_own(user, viewer)
    kept = _of(session, user)
    if kept is None or kept.confirmed_at is not None:
        return None
    key = vault.open(kept.sealed_key)
    return Enrolment(key, pyotp.TOTP(key).provisioning_uri(name=user.email, issuer_name=ISSUER))


def confirm(
    session: Session, user: User, code: str, vault: Vault, *, viewer: Viewer
) -> list[str] | None:
    """Take the first code of a new authenticator and give the recovery codes, shown this once.

    None when the code is wrong; the door commits the failure all the same. Raises TooMany.
    """
    _require_own(user, viewer)
    kept = _of(session, user)
    if kept is None or kept.confirmed_at is not None:
        raise Conflict("There is nothing to confirm. Begin again.")
    if not _takes(session, kept, code, vault):
        return None
    kept.confirmed_at = now()
    note(
        session,
        AuditAction.ROLE_CHANGED,
        user,
        viewer=viewer,
        details={"authenticator": "set up"},
    )
    return _new_codes(session, user)


def proves(session: Session, user: User, code: str, vault: Vault) -> bool:
    """Whether a code of the person's authenticator, or a recovery code, is right; it is spent.

    The door commits whatever the answer is, so that failures count. Raises TooMany after five
    wrong ones in a quarter of an hour.
    """
    kept = _of(session, user)
    if kept is None or kept.confirmed_at is None:
        return False
    plain = re.sub(r"[\s-]", "", code).lower()
    if len(plain) == CODE_LENGTH:
        return _takes_recovery(session, kept, plain)
    return _takes(session, kept, plain, vault)


def new_codes(session: Session, user: User, *, viewer: Viewer) -> list[str]:
    """Ten new recovery codes, shown this once; the old ones end. Whoever calls asked for a code."""
    _require_own(user, viewer)
    details = {"authenticator": "new recovery codes"}
    note(session, AuditAction.ROLE_CHANGED, user, viewer=viewer, details=details)
    return _new_codes(session, user)


def remove(session: Session, user: User, *, viewer: Viewer) -> bool:
    """Take one's own authenticator and recovery codes away. Says whether there was one."""
    _require_own(user, viewer)
    return take_away(session, user, viewer=viewer)


def take_away(session: Session, user: User, *, viewer: Viewer) -> bool:
    """The same of anybody's; whoever calls has asked who may."""
    gone = session.execute(delete(Authenticator).where(Authenticator.user_id == user.id))
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    if not gone.rowcount:  # type: ignore[attr-defined]
        return False
    details = {"authenticator": "taken away"}
    note(session, AuditAction.ROLE_CHANGED, user, viewer=viewer, details=details)
    return True


def _takes(session: Session, kept: Authenticator, code: str, vault: Vault) -> bool:
    """Take a code, each once: two requests with the same one can't both move `last_step` on."""
    at = now()
    _count_from(kept, at)
    plain = re.sub(r"\s", "", code)
    step = step_of(plain, vault.open(kept.sealed_key), at)
    if step is not None:
        taken = session.execute(
            update(Authenticator)
            .where(Authenticator.id == kept.id, Authenticator.last_step < step)
            .values(last_step=step, failures=0, failing_since=None)
        ).rowcount  # type: ignore[attr-defined]
        if taken:
            session.refresh(kept)
            return True
    _fail(kept, at)
    return False


def _takes_recovery(session: Session, kept: Authenticator, plain: str) -> bool:
    at = now()
    _count_from(kept, at)
    taken = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == kept.user_id,
            RecoveryCode.code_hash == hashed(plain),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=at)
    ).rowcount  # type: ignore[attr-defined]
    if taken:
        kept.failures, kept.failing_since = 0, None
        return True
    _fail(kept, at)
    return False


def step_of(code: str, key: str, at: datetime) -> int | None:
    """The half minute that a code is of; all are compared, in constant time."""
    current = int(at.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(key, interval=STEP_SECONDS)
    found = None
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        right = totp.at(step * STEP_SECONDS)
        if hmac.compare_digest(right.encode(), code.encode(errors="replace")):
            found = step
    return found


def _count_from(kept: Authenticator, at: datetime) -> None:
    if kept.failing_since is not None and abs(at - kept.failing_since) > FAILURES_LAST:
        kept.failures, kept.failing_since = 0, None
    if kept.failures >= MOST_FAILURES:
        raise TooMany(WAIT)


def _fail(kept: Authenticator, at: datetime) -> None:
    kept.failures += 1
    kept.failing_since = kept.failing_since or at


def _new_codes(session: Session, user: User) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    plain = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(CODES)]
    session.add_all(RecoveryCode(user_id=user.id, code_hash=hashed(one)) for one in plain)
    session.flush()  # so that a failure shows before the codes do
    return ["-".join(re.findall("....", one)) for one in plain]


def _confirmed(user_id: int) -> Select[int]:
    return select(Authenticator.id).where(
        Authenticator.user_id == user_id, Authenticator.confirmed_at.is_not(None)
    )


def _of(session: Session, user: User) -> Authenticator | None:
    return session.scalar(
        select(Authenticator).where(Authenticator.user_id == user.id).with_for_update()
    )


def _require_own(user: User, viewer: Viewer) -> None:
    access.require_sign_in(viewer)
    if not viewer.is_operator and viewer.user_id != user.id:
        raise NotAllowed("An authenticator is its own person's.")
