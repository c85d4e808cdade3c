"""Taking an invite list along: as a table, as contacts, and as lists and letters to print."""

import uuid
from collections.abc import Iterator

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from werkzeug import Response as BaseResponse

from assetmap.db import db, local_day, now, streamed
from assetmap.errors import NotFound
from assetmap.formats import letters, vcard, xlsx
from assetmap.models import InviteList
from assetmap.register import (
    files,
    invite_lists,
    invite_message,
    invite_sending,
    invite_taking,
)
from assetmap.schemas.invite_lists import InviteFile
from assetmap.schemas.reading import from_query
from assetmap.vocabulary import Channel, ContactChannel
from assetmap.web import codes, contact_words, letter_sheets, taking
from assetmap.web.taking import Question

bp = Blueprint("invite_files", __name__, url_prefix="/invite-lists/<uuid:uid>")

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEETS = {
    "phone": ContactChannel.PHONE,
    "doorstep": ContactChannel.IN_PERSON,
    "letters": ContactChannel.POST,
    "labels": ContactChannel.POST,
}
Rows = Iterator[dict[str, object]]


@bp.get("/take")
def choose(uid: uuid.UUID) -> str:
    """What it can be taken along as, with how many each would hold."""
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    built = invite_lists.build(db.session, made, viewer=g.viewer)
    counts = {
        who: {
            channel: len(invite_taking.going(made, built, InviteFile(by=channel, who=who)))
            for channel in ContactChannel
        }
        for who in ("open", "asked")
    }
    return render_template(
        "invite_lists/take.html",
        made=made,
        entry=made.engagement,
        counts=counts,
        totals={"open": len(built.rows), "asked": sum(bool(row.ways) for row in built.asked)},
        words=contact_words,
        may_change=invite_lists.may_change(g.viewer, made),
    )


@bp.route("/people.<any(csv, xlsx, vcf):ending>", methods=["GET", "POST"])
def people(uid: uuid.UUID, ending: str) -> Response:
    """Those who may be asked, each with what they agreed to be reached by."""
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    wanted = from_query(InviteFile, taking.address())
    if wanted.shape == "pool" and ending == "vcf":
        raise NotFound("The people to be drawn from are a table: CSV or XLSX.")
    stem = "pool" if wanted.shape == "pool" else "invite-list"
    name = f"assetmap-{stem}-{local_day(now()).isoformat()}.{ending}"
    found, level, asked = _rows(made, wanted, Channel.CSV)
    if asked is not None:
        return asked
    columns = invite_taking.columns(wanted)
    if ending == "vcf":
        answer = Response(streamed(vcard.write(map(_card, found))), content_type=vcard.TYPE)
    elif ending == "xlsx":
        answer = Response(xlsx.write(found, columns, sheet=made.name), content_type=XLSX_TYPE)
    else:
        pieces = files.as_csv(db.session, found, columns, level)
        answer = Response(streamed(pieces), content_type=files.TYPES[Channel.CSV])
    return taking.mark_as(answer, level, name)


@bp.route("/sheets/<any(phone, doorstep, letters, labels):sheet>", methods=["GET", "POST"])
def on_paper(uid: uuid.UUID, sheet: str) -> Response:
    """A page that prints well: whom to ring, where to knock, letters, and labels for them."""
    found, who, asked = _for_paper(uid, sheet)
    if asked is not None:
        return asked
    rows, is_post = list(found), sheet in letter_sheets.IN_A_FILE
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    event = made.engagement
    told = invite_message.of(db.session, event, viewer=g.viewer) if event else None
    page = render_template(
        f"invite_lists/{sheet if is_post else 'calls'}.html",
        made=made,
        entry=event,
        sheet=sheet,
        who=who,
        rows=rows,
        told=told,
        team=made.team.name,
        today=local_day(now()),
        languages=sorted({str(row["language"]) for row in rows}),
        drawn=codes.drawn,
        sheets=letter_sheets,
        pdf=letter_sheets.parts(sheet, rows, team=made.team.name) if is_post else None,
    )
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.route("/sheets/<any(letters, labels):sheet>.pdf", methods=["GET", "POST"])
def as_pdf(uid: uuid.UUID, sheet: str) -> BaseResponse:
    """The same letters and labels as a file for a printer, in parts where they are many; of nobody
    there is none, as the page says.

    Raises Conflict for what it cannot show.
    """
    found, who, asked = _for_paper(uid, sheet, most=letter_sheets.IN_A_FILE[sheet])
    if asked is not None:
        return asked
    rows, today = list(found), local_day(now())
    if not rows:
        return redirect(f"/invite-lists/{uid}/sheets/{sheet}?who={who}", 303)
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    written = letter_sheets.pdf(sheet, rows, team=made.team.name, name=made.name, today=today)
    answer = Response(written, content_type=letters.TYPE)
    name = f"assetmap-{sheet}-{today.isoformat()}.pdf"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _for_paper(
    uid: uuid.UUID, sheet: str, *, most: int | None = None
) -> tuple[Rows, str, Response | None]:
    """What goes onto a sheet, and of whom; or the page that asks what it is for. Letters hold a
    link each: they are for who may change the list, of those who were asked by letter. most: in
    one part, where it goes out in parts."""
    made = invite_lists.find(db.session, uid, viewer=g.viewer)
    asked_for = from_query(InviteFile, taking.address())
    who = "asked" if sheet == "letters" else asked_for.who
    wanted = InviteFile(by=SHEETS[sheet], who=who, part=asked_for.part)
    if sheet == "letters":
        invite_lists.require_change(made, viewer=g.viewer)
        invite_sending.ready(db.session, made, viewer=g.viewer)
    found, _, asked = _rows(made, wanted, Channel.PAPER, most=most)
    return found, who, asked


def _rows(
    made: InviteList, wanted: InviteFile, channel: Channel, *, most: int | None = None
) -> tuple[Rows, str, Response | None]:
    """What goes into it and how it is classified; or the page that asks what it is for. most: in
    one part. Raises NotFound for a part that nobody is in."""
    chosen = invite_taking.choose(db.session, made, wanted, viewer=g.viewer)
    weight = invite_taking.weigh(db.session, chosen)
    tried = request.method == "POST"
    asked = "&".join(f"{k}={v}" for k, v in taking.address().items())
    question = Question(f"{request.path}?{asked}", f"{made.path}/take", "people", tried)
    purpose, page = taking.what_for(weight, question)
    if page is not None:
        return iter(()), weight.level, page
    if most is not None:
        chosen = chosen[(wanted.part - 1) * most : wanted.part * most]
        if not chosen and wanted.part > 1:
            raise NotFound("Nobody is in this part of it.")
    found = invite_taking.rows(
        db.session,
        made,
        chosen,
        wanted,
        viewer=g.viewer,
        purpose=purpose,
        channel=channel.value,
        seal=db.session.commit,
    )
    return _begun(found), weight.level, None


def _begun(found: Rows) -> Rows:
    """The same with its first part on the account: nothing has left yet while that may fail."""
    first = next(found, None)

    def goes_on() -> Rows:
        if first is not None:
            yield first
        yield from found

    return goes_on()


def _card(row: dict[str, object]) -> dict[str, str]:
    roles, groups, agreed = (row[name] for name in ("role", "group", "agreed"))
    return {
        "uid": f"urn:uuid:{row['uid']}",
        "name": str(row["name"]),
        "org": _first(groups),
        "title": _first(roles),
        "email": str(row["email"]),
        "phone": str(row["ring"] or row["text"]),
        "note": f"May be reached for invitations: {'; '.join(map(str, _listed(agreed)))}",
    }


def _listed(given: object) -> list[object]:
    return given if isinstance(given, list) else []


def _first(given: object) -> str:
    return str(next(iter(_listed(given)), ""))
