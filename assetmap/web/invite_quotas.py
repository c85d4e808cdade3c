"""Quotas from a file and as one, in the shape that published tools for drawing panels use."""

import uuid

from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db, streamed
from assetmap.errors import Invalid
from assetmap.models import InviteList
from assetmap.register import balancing, files, invite_lists, quota_files
from assetmap.register.quota_files import Read
from assetmap.schemas.invite_panels import MOST_SEATS, PanelDraft, QuotaDraft
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Channel
from assetmap.web.invite_panels import form_of, quotas_typed

bp = Blueprint("invite_quotas", __name__, url_prefix="/invite-lists/<uuid:uid>")

NAME = "assetmap-quotas.csv"
OWN = ("csrf_token", "file")
ENDS = ("least", "most")


@bp.post("/balance/file")
def look(uid: uuid.UUID) -> ResponseReturnValue:
    """Show the quotas of a file beside those typed, before they replace them."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    typed = _typed()
    try:
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise Invalid.field("file", "Choose a CSV file.")
        content = sent.read(quota_files.LIMITS.bytes + 1)
        found = quota_files.read(content, sent.filename[:80], seats=_seats())
    except Invalid as error:
        return form_of(made, typed, error.problems), error.status
    return _preview(made, typed, found, sent.filename[:80])


@bp.post("/balance/form")
def back(uid: uuid.UUID) -> str:
    """The form with what is sent, drawing nothing."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    return form_of(made, _typed())


@bp.post("/balance/quotas.csv")
def typed_as_file(uid: uuid.UUID) -> ResponseReturnValue:
    """The quotas that are typed, as a file."""
    made = invite_lists.to_change(db.session, uid, viewer=g.viewer)
    quotas, wrong = quotas_typed()
    seats = _seats()
    if seats is None:
        wrong = {"seats": f"Give a whole number of people, from 1 to {MOST_SEATS}."} | wrong
    elif not wrong:
        try:
            drafts = checked(PanelDraft, {"seats": seats, "quotas": quotas}).quotas
            wrong = _beyond(drafts, seats)
        except Invalid as error:
            wrong = dict(error.problems)
    if not wrong and not quotas:
        wrong = {"file": "There are no quotas to take away: fill in a number first."}
    if wrong or seats is None:
        return form_of(made, _typed(), wrong), 422
    return _file(drafts, seats)


@bp.get("/panels/<uuid:panel_uid>/quotas.csv")
def drawn_as_file(uid: uuid.UUID, panel_uid: uuid.UUID) -> Response:
    """The quotas that a panel was drawn by, as a file."""
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    panel = balancing.find(db.session, made, panel_uid)
    quotas = [
        QuotaDraft(
            dimension=one["dimension"], code=one["category"], least=one["least"], most=one["most"]
        )
        for one in panel.quotas
        if one["dimension"] != balancing.GROUP
    ]
    return _file(quotas, panel.seats)


def _preview(made: InviteList, typed: dict[str, str], found: Read, name: str) -> str:
    boxes = {
        f"{dimension}-{code}-{end}" for dimension, code in quota_files.features() for end in ENDS
    }
    filled = {key: value for key, value in typed.items() if key not in boxes}
    if found.seats:
        filled["seats"] = str(found.seats)
    for one in found.quotas:
        filled[f"{one.dimension}-{one.code}-least"] = str(one.least)
        filled[f"{one.dimension}-{one.code}-most"] = "" if one.most is None else str(one.most)
    lines = [
        (label, *(_range(some, f"{key[0]}-{key[1]}") for some in (typed, filled)))
        for key, label in quota_files.features().items()
    ]
    return render_template(
        "invite_lists/quotas.html",
        made=made,
        entry=made.engagement,
        name=name,
        notes=found.notes,
        lines=[line for line in lines if line[1] or line[2]],
        typed=typed,
        filled=filled,
    )


def _range(typed: dict[str, str], name: str) -> str:
    """A quota as somebody reads it; empty where there is none."""
    least, most = (typed.get(f"{name}-{end}", "").strip() for end in ENDS)
    if least and most:
        return f"{least} to {most}"
    return f"at least {least}" if least else f"at most {most}" if most else ""


def _beyond(quotas: list[QuotaDraft], seats: int) -> dict[str, str]:
    """What a file cannot say of so many seats, by the name of a box."""
    found = {}
    for one in quotas:
        if one.least > (seats if one.most is None else min(one.most, seats)):
            found[f"{one.dimension}-{one.code}-least"] = (
                f"There are only {seats:,} seats."
                if one.least > seats
                else "Give at most as many as the number on its right."
            )
    return found


def _file(quotas: list[QuotaDraft], seats: int) -> Response:
    answer = Response(streamed(quota_files.write(quotas, seats)))
    answer.content_type = files.TYPES[Channel.CSV]
    answer.headers["Content-Disposition"] = f'attachment; filename="{NAME}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _typed() -> dict[str, str]:
    return {name: value for name, value in request.form.items() if name not in OWN}


def _seats() -> int | None:
    said = request.form.get("seats", "").strip()
    is_number = said.isascii() and said.isdecimal() and 1 <= int(said[:4]) <= MOST_SEATS
    return int(said[:4]) if is_number else None
