"""The people met at an event: who they are, and a form that keeps somebody with what they agreed
to."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, g, redirect, request
from flask.typing import ResponseReturnValue
from uuid6 import uuid7

from assetmap.db import db, local_day, now
from assetmap.models import Engagement
from assetmap.register import audit, door, event_contacts, notices, person_access
from assetmap.schemas.event_contacts import NO_WAY, NOT_AGREED, MetDraft
from assetmap.schemas.reading import checked
from assetmap.vocabulary import ContactPurpose
from assetmap.web import contact_words, event_pages
from assetmap.web.entry_requests import done, event_shown, uid_from
from assetmap.web.event_pages import NONE, Back

bp = Blueprint("event_contacts", __name__, url_prefix="/engagements/<uuid:uid>/met")

PLAIN = (
    *("person", "is_somebody_else", "name", "email", "phone", "is_adult", "entry", "title"),
    *("no_role_reason", "lawful_basis", "method", "given_by", "given_on"),
)
NOBODY = "new"  # of those who look the same, they are none
HOW = "Say how they said it."


@bp.get("/")
def show(uid: uuid.UUID) -> str:
    """Who was met, and the form."""
    return _page(event_shown(uid), uuid7())


@bp.post("/")
def meet(uid: uuid.UUID) -> ResponseReturnValue:
    """Keep somebody with what they agreed to, or nothing of them."""
    event = event_shown(uid)
    event_contacts.require(db.session, event, viewer=g.viewer)
    sent = uid_from("uid")

    def keep() -> ResponseReturnValue:
        draft = checked(MetDraft, _given())
        _, is_new = event_contacts.meet(db.session, event, sent, draft, viewer=g.viewer)
        words = "They are kept, with what they agreed to." if is_new else "They were kept already."
        return done(event, words, "/met/")

    def again(back: Back) -> str:
        problems = back.problems or {"name": back.said}
        shown = _page(event_shown(uid), sent, request.form, _in_words(problems))
        audit.before_it_leaves(db.session)
        db.session.commit()
        return shown

    return event_pages.kept_or(keep, again)


@bp.post("/let-go")
def let_go(uid: uuid.UUID) -> ResponseReturnValue:
    """They were not met there after all."""
    event = event_shown(uid)
    person = event_contacts.let_go(db.session, event, uid_from("met"), viewer=g.viewer)
    words = f"{person.called} stands here no more, and stays among your contacts."
    path = f"{event.path}/met/"
    db.session.commit()
    flash(words, "success")
    return redirect(path, 303)


def _given() -> dict[str, Any]:
    """The form as what is met is written: blanks count as not given."""
    form = request.form
    given: dict[str, Any] = {name: form[name] for name in PLAIN if form.get(name, "").strip()}
    if given.get("person") == NOBODY:
        given |= {"is_somebody_else": "true"}
        del given["person"]
    given["channels"] = form.getlist("channels")
    given["agreed_to"] = [
        {"purpose": purpose, "notice_version": form.get(f"notice_{purpose}", "")}
        for purpose in form.getlist("agreed_to")
    ]
    return given


def _in_words(problems: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, said of the form's own boxes."""
    said = dict(problems)
    for name, words in (("agreed_to", NOT_AGREED), ("channels", NO_WAY), ("method", HOW)):
        if name in said and not request.form.getlist(name):
            said[name] = words
    return said


def _page(
    event: Engagement,
    form_uid: uuid.UUID,
    typed: Mapping[str, Any] = NONE,
    problems: Mapping[str, str] = NONE,
) -> str:
    met = event_contacts.of(db.session, event, viewer=g.viewer)
    may_add = _may_add(event)
    groups = door.groups_of(db.session, event, viewer=g.viewer) if may_add else ()
    return event_pages.read(
        event,
        "planning/met.html",
        is_again=bool(problems),
        met=met,
        new=sum(one.is_new for one in met),
        may_add=may_add,
        has_begun=local_day(event.starts_at) <= local_day(now()),
        alike=_alike(event, typed) if "person" in problems else [],
        groups=groups,
        told=notices.current(db.session) if may_add else {},
        purposes=list(ContactPurpose),
        words=contact_words,
        form_uid=form_uid,
        said_on=min(local_day(event.ends_at), local_day(now())),
        typed=typed,
        agreed=request.form.getlist("agreed_to"),
        channels=request.form.getlist("channels"),
        problems=dict(problems),
    )


def _may_add(event: Engagement) -> bool:
    adds = g.viewer.teams_where(person_access.ADDERS)
    return event.is_live and (g.viewer.is_operator or event.team_id in adds)


def _alike(event: Engagement, typed: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Whom they may be, as radios."""
    found = event_contacts.alike(
        db.session,
        event,
        name=typed.get("name", ""),
        email=typed.get("email", ""),
        phone=typed.get("phone", ""),
        viewer=g.viewer,
    )
    return [
        *((str(one.person.uid), one.person.called, "; ".join(one.roles)) for one in found),
        (NOBODY, "No, they are somebody else", "They are kept as somebody new."),
    ]
