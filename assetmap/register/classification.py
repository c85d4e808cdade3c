"""How sensitive what leaves is, in the words of the Government Security Classifications."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from assetmap.register import deployment
from assetmap.vocabulary import Kind, Visibility

NONE, OFFICIAL, SENSITIVE = "none", "OFFICIAL", "OFFICIAL-SENSITIVE"
LEVELS = (NONE, OFFICIAL, SENSITIVE)
_CLOSED = frozenset({Visibility.TEAM.value, Visibility.RESTRICTED.value})


def of(session: Session, kind: str, visibility: str) -> str:
    """The level of one entry: what a team has seen and keeps to itself could do harm outside."""
    usual = deployment.classification(session)
    if usual == NONE:
        return NONE
    closed = visibility == Visibility.RESTRICTED or (kind == Kind.FINDING and visibility in _CLOSED)
    return SENSITIVE if closed else usual


def highest(session: Session, parts: Iterable[tuple[str, str]]) -> str:
    """The level of many together, each as (kind, visibility): that of the most sensitive one."""
    return max(
        (of(session, *part) for part in set(parts)),
        key=LEVELS.index,
        default=deployment.classification(session),
    )


def handling(session: Session) -> str:
    """What to do with what is marked so."""
    return deployment.handling(session)


def marking(session: Session, level: str) -> str:
    """The level and how to handle it, on one line; nothing where nothing is marked."""
    if level == NONE:
        return ""
    instruction = handling(session)
    return f"{level}: {instruction}" if instruction else level
