"""Taking away what was found: asking what it is for, keeping account of it, and marking it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from flask import (
    Response,
    g,
    make_response,
    render_template,
    request,
    stream_with_context,
)
from werkzeug.datastructures import MultiDict

from assetmap.db import db, local_day, now
from assetmap.errors import Invalid
from assetmap.formats import csv, geojson
from assetmap.register import audit, audit_taking, classification, downloads, features
from assetmap.register.audit_taking import PurposeRequired, Taking
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import PURPOSES, Channel

OWN = ("purpose", "purpose_words", "csrf_token")
HEADER = "X-Purpose"
MOST = 100_000


@dataclass(frozen=True)
class Question:
    """The page that asks what a download is for: where its answer goes, with what beside it, and
    where it leads back to. things: what the download holds. tried: it was answered already."""

    address: str
    back: str
    things: str
    tried: bool
    hidden: Mapping[str, str] = field(default_factory=dict)


def address() -> MultiDict[str, str]:
    """The address as it was asked for, but for what a download is for."""
    kept = ((name, value) for name, value in request.args.items(multi=True) if name not in OWN)
    return MultiDict(kept)


def begin(
    wanted: EntrySearch,
    form: str,
    most: int,
    *,
    only: Collection[int] | None = None,
    page: str = "",
) -> tuple[Taking | None, Response | None]:
    """Keep account of a download before its first byte leaves, or ask what it is for.

    The public is not asked and not counted: what it takes away is open to everybody.
    only: keys of those that are taken of what is found. page: the path it is taken from, where
    that is not the download's own without its ending.
    """
    if not audit_taking.is_known(g.viewer):
        return None, None
    taking = audit_taking.weigh(db.session, wanted, viewer=g.viewer, most=most, only=only)
    query = urlencode(list(address().items(multi=True)))
    stem = request.path.rpartition(".")[0]
    back = page or ("/" if stem == "/search" else f"{stem}/")
    question = Question(
        f"{request.path}?{query}", f"{back}?{query}", "entries", request.method == "POST"
    )
    purpose, asked = what_for(taking, question)
    if asked is not None:
        return None, asked
    audit_taking.took(
        db.session, taking, Channel(form), viewer=g.viewer, purpose=purpose, filters=address()
    )
    audit.before_it_leaves(db.session)
    db.session.commit()
    return taking, None


def what_for(taking: Taking, question: Question) -> tuple[str, Response | None]:
    """What somebody said a download is for; or the page that asks, where it has to be said."""
    try:
        purpose = _said()
        audit_taking.require_purpose(db.session, taking, purpose)
    except (Invalid, PurposeRequired) as error:
        if g.by_token:
            raise
        return "", _asked(taking, error, question)
    return purpose, None


def streamed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """A download as it goes out, which ends what it has begun to read.

    It reads with the session of its request, which was closed with that: a transaction begun
    since would stay open, and keep SQLite's log, with all that was taken out, from being emptied.
    """
    session = db.session

    def until_it_ends() -> Iterator[bytes]:
        try:
            yield from pieces
        finally:
            session.rollback()

    return stream_with_context(until_it_ends())


def mark(answer: Response, taking: Taking | None, name: str) -> Response:
    """Give a download its name, and the mark of what is in it."""
    return mark_as(answer, classification.NONE if taking is None else taking.level, name)


def mark_as(answer: Response, level: str, name: str) -> Response:
    """The same where it is known how the whole is classified."""
    marked = "" if level == classification.NONE else f"-{level}"
    stem, _, end = name.rpartition(".")
    answer.headers["Content-Disposition"] = f'attachment; filename="{stem}{marked}.{end}"'
    if marked:
        answer.headers["X-Classification"] = level
        if instruction := classification.handling(db.session):
            answer.headers["X-Handling"] = instruction.encode("ascii", "replace").decode()
    return answer


def as_csv(
    rows: Iterable[Mapping[str, object]], columns: Sequence[str], taking: Taking | None
) -> Iterator[bytes]:
    """A CSV file; the first line says so where what follows is OFFICIAL-SENSITIVE."""
    if taking is None or taking.level != classification.SENSITIVE:
        return csv.write(rows, columns)
    line = f"# {classification.marking(db.session, taking.level)}".replace('"', "'")
    return chain([csv.BOM, f'"{line}"\r\n'.encode()], csv.write(rows, columns, bom=False))


def entries_as_csv(
    wanted: EntrySearch, name: str, *, only: Collection[int] | None = None, page: str = ""
) -> Response:
    """What a search finds, as a CSV file; for what, is said first where that has to be said.

    only, page: as `begin` takes them.
    """
    today, viewer, root = local_day(now()), g.viewer, request.host_url.rstrip("/")
    taken, question = begin(wanted, "csv", MOST, only=only, page=page)
    if question is not None:
        return question
    found = downloads.every(db.session, wanted, viewer=viewer, most=MOST, taken=taken)
    hits = (hit for hit in found if only is None or hit.entry.id in only)
    rows = (features.row(hit, today, root) for hit in hits)
    answer = Response(
        streamed(as_csv(rows, features.CSV_COLUMNS, taken)), content_type="text/csv; charset=utf-8"
    )
    return mark(answer, taken, name)


def as_geojson(given: Iterable[Mapping[str, Any]], taking: Taking | None) -> Iterator[bytes]:
    """A FeatureCollection that says how it is classified."""
    level = classification.NONE if taking is None else taking.level
    said = {} if level == classification.NONE else {"classification": level}
    if said and (instruction := classification.handling(db.session)):
        said["handling"] = instruction
    return geojson.collection_stream(given, **said)


def _said() -> str:
    given = request.form.get("purpose") or request.args.get("purpose", "")
    return audit_taking.purpose(
        given or request.headers.get(HEADER, ""), request.form.get("purpose_words", "")
    )


def _asked(taking: Taking, error: Exception, question: Question) -> Response:
    """A page that asks; its form goes to the same address."""
    problems = dict(error.problems) if isinstance(error, Invalid) else {}
    if question.tried and not problems:
        problems = {"purpose": "Choose what it is for."}
    page = render_template(
        "audit/purpose.html",
        taking=taking,
        purposes=list(PURPOSES.items()),
        problems=problems,
        given=request.form.to_dict(),
        question=question,
    )
    answer = make_response(page)
    answer.status_code = 422 if problems else PurposeRequired.status
    return answer
