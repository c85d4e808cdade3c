"""What the pages about an event share: being read, and a form that comes back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from assetmap import access
from assetmap.db import db
from assetmap.errors import Conflict, Invalid, NotFound
from assetmap.models import Engagement
from assetmap.register import audit, audit_taking, classification, text_hygiene

Kept = TypeVar("Kept")
NONE: Mapping[str, str] = {}
STILL_TYPED = "{} What you typed is kept."


class Versioned(Protocol):
    """What is changed by a form and counts how often."""

    version: int


@dataclass(frozen=True)
class Back:
    """Why a form comes back. With no problems, somebody else changed it meanwhile.

    said: in one sentence.
    problems: by the name of a field, what is wrong with what was typed.
    """

    status: int
    said: str
    problems: Mapping[str, str] = field(default_factory=dict)


def read(event: Engagement, template: str, *, is_again: bool = False, **shown: Any) -> str:
    """A page about the event, once it is on the account who read it.

    is_again: shown again for a form that could not be kept; it was read when it came first.
    """
    page = render_template(
        template,
        entry=event,
        may_change=access.may_change(g.viewer, event),
        level=classification.of(db.session, event.kind, event.visibility),
        **shown,
    )
    if not is_again:
        audit_taking.read_one(db.session, event, frozenset(), viewer=g.viewer)
        audit.before_it_leaves(db.session)
        db.session.commit()
    return page


def kept_or(
    keep: Callable[[], ResponseReturnValue], again: Callable[[Back], str]
) -> ResponseReturnValue:
    """What keeping a form answers; where it can not be kept, the form as `again` shows it.

    again: finds everything anew, for what keeping it had changed is let go of by then.
    """
    try:
        return keep()
    except Conflict as error:
        back = Back(error.status, str(error))
    except Invalid as error:
        back = Back(error.status, str(error), dict(error.problems))
    db.session.rollback()
    return again(back), back.status


def asks_again(typed: Mapping[str, Any], problems: Mapping[str, str]) -> bool:
    """Whether a form asks if its words are about somebody: they seem so, or it was asked before."""
    return "words_checked" in typed or any(text_hygiene.SEEMS in one for one in problems.values())


def found(find: Callable[[], Kept]) -> Kept | None:
    """What a form is about, where it is still there."""
    try:
        return find()
    except NotFound:
        return None


def version(kept: Versioned | None, problems: Mapping[str, str]) -> int | str:
    """The version that a form is saved over: what is kept now, as the page shows it; where
    answers were wrong, still the one that the page showed first."""
    now_kept = kept.version if kept else ""
    return request.form.get("version", now_kept) if problems else now_kept
