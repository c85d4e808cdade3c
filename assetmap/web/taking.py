"""Taking away what was found: asking what it is for, keeping account of it, and marking it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import Response, current_app, g, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from assetmap.db import db, streamed
from assetmap.errors import Invalid, TooLarge
from assetmap.register import audit_taking, files
from assetmap.register import parcels as kept
from assetmap.register.audit_taking import PurposeRequired
from assetmap.register.downloads import Account
from assetmap.register.weighing import Taking, Weight
from assetmap.schemas.search import FROM_THE_START, EntrySearch, GoOn
from assetmap.settings import Settings
from assetmap.vocabulary import PURPOSES, Channel
from assetmap.web import parcels

OWN = ("purpose", "purpose_words", "csrf_token")
HEADER = "X-Purpose"


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
    wanted: EntrySearch, form: Channel, *, only: Collection[int] | None = None, page: str = ""
) -> tuple[Account | None, Response | None]:
    """The account to keep of a download, or the page that asks what it is for.

    The public is not asked and not counted: what it takes away is open to everybody.
    only: keys of those that are taken of what is found. page: the path it is taken from, where
    that is not the download's own without its ending.
    """
    if not audit_taking.is_known(g.viewer):
        return None, None
    weight = Weight(db.session, wanted, viewer=g.viewer, only=only)
    query = urlencode(list(address().items(multi=True)))
    stem = request.path.rpartition(".")[0]
    back = page or ("/" if stem == "/search" else f"{stem}/")
    question = Question(
        f"{request.path}?{query}", f"{back}?{query}", "entries", request.method == "POST"
    )
    purpose, asked = what_for(weight, question)
    if asked is not None:
        return None, asked
    return Account(form, weight.level, db.session.commit, purpose, [*address()]), None


def what_for(taking: Taking | Weight, question: Question) -> tuple[str, Response | None]:
    """What somebody said a download is for; or the page that asks, where it has to be said."""
    try:
        purpose = _said()
        audit_taking.require_purpose(db.session, taking, purpose)
    except (Invalid, PurposeRequired) as error:
        if g.by_token:
            raise
        return "", _asked(taking, error, question)
    return purpose, None


def mark(answer: Response, taking: Taking, name: str) -> Response:
    """Give a download its name, and the mark of what is in it."""
    return mark_as(answer, taking.level, name)


def mark_as(answer: Response, level: str, name: str) -> Response:
    """The same where it is known how the whole is classified."""
    answer.headers.update(files.headers(db.session, level, name))
    return answer


def entries(
    wanted: EntrySearch,
    form: Channel,
    name: str,
    *,
    only: Collection[int] | None = None,
    page: str = "",
    go_on: GoOn = FROM_THE_START,
) -> Response:
    """What a search finds, as a file; for what, is said first where that has to be said.

    only, page: as `begin` takes them.
    """
    account, question = begin(wanted, form, only=only, page=page)
    if question is not None:
        return question
    settings: Settings = current_app.extensions["settings"]
    taken = files.Taken(g.viewer, form, name, account, go_on, only)
    root = (settings.public_url or request.host_url).rstrip("/")
    said = files.headers_of(db.session, wanted, taken)
    try:
        pieces = files.pieces(db.session, wanted, taken, root=root)
    except TooLarge as error:
        return _to_be_made(wanted, taken, root, error.count)
    return Response(streamed(pieces), content_type=files.TYPES[form], headers=said)


def _to_be_made(wanted: EntrySearch, taken: files.Taken, root: str, count: int) -> Response:
    """The page that offers to make a file that nobody would wait for; or to it being made."""
    if request.method == "POST":
        parcel = kept.begin(db.session, wanted, taken, root=root, count=count)
        return make_response(parcels.ask_for(parcel))
    query = list(address().items(multi=True))
    return make_response(
        render_template(
            "files/large.html",
            count=count,
            action=f"{request.path}?{urlencode(query)}",
            purpose=request.args.get("purpose", ""),
            back="/?" + urlencode(query),
            days=kept.KEPT_FOR.days,
        )
    )


def _said() -> str:
    given = request.form.get("purpose") or request.args.get("purpose", "")
    return audit_taking.purpose(
        given or request.headers.get(HEADER, ""), request.form.get("purpose_words", "")
    )


def _asked(taking: Taking | Weight, error: Exception, question: Question) -> Response:
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
