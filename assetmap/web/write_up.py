"""The write-up of an event, drawn from the record: one page that prints as it is, and the same as a
document to go on writing in."""

import uuid
from collections.abc import Iterable, Iterator
from itertools import groupby

from flask import Blueprint, Response, g

from assetmap.db import db, local_day, now
from assetmap.formats import document
from assetmap.formats.document import Block, Facts, Part, Points, Report, Table, Words
from assetmap.models import Engagement
from assetmap.register import audit, classification, write_up
from assetmap.register.write_up import WriteUp
from assetmap.vocabulary import AuditAction, Channel, Kind
from assetmap.web import event_pages, labels, taking, write_up_parts
from assetmap.web.entry_requests import event_shown

bp = Blueprint("write_up", __name__, url_prefix="/engagements/<uuid:uid>")


@bp.get("/write-up/")
def show(uid: uuid.UUID) -> str:
    """Aim, reach, cost, what was said and done, what changed, and what to do better."""
    event = event_shown(uid)
    found = write_up.of(db.session, event, viewer=g.viewer)
    g.waiting = found.waiting
    return event_pages.read(
        event,
        "planning/write_up.html",
        today=local_day(now()),
        lead=_lead(event, found),
        tiles=write_up_parts.tiles(event, found),
        missing=write_up_parts.missing(event, found),
        parts=write_up_parts.parts(event, found, local_day(now())),
        by_sort=_by_sort,
    )


@bp.get("/write-up.docx")
def as_document(uid: uuid.UUID) -> Response:
    """The same as a document, on the account before it leaves."""
    event = event_shown(uid)
    found = write_up.of(db.session, event, viewer=g.viewer)
    level = classification.of(db.session, event.kind, event.visibility)
    today = local_day(now())
    head = Part("head", "", list(_head(event, found)))
    report = Report(
        event.title,
        _lead(event, found),
        [head, *write_up_parts.parts(event, found, today)],
        drawn_at=now(),
        marking=classification.marking(db.session, level),
    )
    answer = Response(document.write(report), content_type=document.TYPE)
    answer = taking.mark_as(answer, level, f"{event.ref}-write-up-{today.isoformat()}.docx")
    audit.note(
        db.session,
        AuditAction.EXPORTED,
        viewer=g.viewer,
        entries=[event],
        channel=Channel.DOCUMENT.value,
        details={"kind": Kind.ENGAGEMENT.value},
    )
    audit.before_it_leaves(db.session)
    db.session.commit()
    return answer


def _lead(event: Engagement, found: WriteUp) -> str:
    """When it was, and where."""
    where = [one.title for one in found.held_at]
    return ", ".join([labels.span(event.starts_at, event.ends_at), *where])


def _head(event: Engagement, found: WriteUp) -> Iterator[Block]:
    yield Words(
        f"Write-up of {event.ref}, drawn from the record on {labels.day(local_day(now()))}."
    )
    if lacking := [words for words, _ in write_up_parts.missing(event, found)]:
        yield Words("Still to be written down:")
        yield Points(lacking)
    yield Points([f"{count} {words}" for count, words in write_up_parts.tiles(event, found)])


def _by_sort(blocks: Iterable[Block]) -> list[tuple[str, list[Block]]]:
    """Blocks of one sort that follow each other, together."""
    return [(sort, list(several)) for sort, several in groupby(blocks, _sort_of)]


def _sort_of(block: Block) -> str:
    """How the page shows a part of it: small tables stand beside each other."""
    if isinstance(block, Table):
        return "small" if block.is_small else "table"
    return {Words: "words", Points: "points", Facts: "facts"}[type(block)]
