"""The board at the desk: all that was logged on a walkabout, looked over, mended and opened."""

import uuid
from collections import Counter
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from assetmap.db import db
from assetmap.errors import Conflict, Invalid, NotAllowed, RegisterError
from assetmap.register import board, board_acts, board_choices, board_undoing
from assetmap.register.board import Board
from assetmap.register.board_acts import Done
from assetmap.register.search import ANY_STATUS
from assetmap.schemas.board import ACTS, NEEDS, SORTS, BoardAct, BoardFilter
from assetmap.schemas.reading import from_form, from_query
from assetmap.schemas.search import EntrySearch
from assetmap.vocabulary import Channel, Kind
from assetmap.web import labels, taking
from assetmap.web.board_words import DONE, KINDS, NEEDED, ORDERS, SCHEMES, SEEN_BY, row_in_words
from assetmap.web.pins import pin

bp = Blueprint("board", __name__, url_prefix="/walkabouts/<uuid:uid>/board")

assert set(NEEDED) == set(NEEDS)
assert set(ORDERS) == set(SORTS)
assert set(DONE) == set(ACTS)
_KEPT = ("kind", "category", "status", "needs", "sort", "page")  # of the address, after an act


@bp.get("")
def show(uid: uuid.UUID) -> str:
    """What was logged, one page of it, and what can be done to several rows at once."""
    return _page(uid, from_query(BoardFilter, request.args))


@bp.post("")
def act(uid: uuid.UUID) -> ResponseReturnValue:
    """Do one thing to every ticked row, or nothing at all and say why."""
    wanted = from_query(BoardFilter, request.args)
    try:
        asked = from_form(BoardAct, request.form)
        walked, _ = board.walkabout(db.session, uid, viewer=g.viewer)
        done = board_acts.do(db.session, walked, asked, viewer=g.viewer)
    except (Invalid, Conflict, NotAllowed) as error:
        db.session.rollback()
        return _page(uid, wanted, _problems(error)), error.status
    db.session.commit()
    flash(_said(asked.do, done), "success" if done.count else "info")
    return redirect(_address(uid, wanted, undo=_undo_of(done)), 303)


@bp.route("/logged.csv", methods=["GET", "POST"])
def take_away(uid: uuid.UUID) -> Response:
    """The same rows as a file, the latest first."""
    wanted = from_query(BoardFilter, taking.address())
    found = board.read(db.session, uid, wanted, viewer=g.viewer)
    asked = EntrySearch(
        found_on=uid,
        kind=(wanted.kind,) if wanted.kind else (),
        category=(wanted.category,) if wanted.category else (),
        status=(wanted.status or ANY_STATUS,),
        sort="newest",
    )
    only = frozenset(row.entry.id for row in found.matching) if wanted.needs else None
    name = f"{found.walkabout.ref}.csv"
    return taking.entries(asked, Channel.CSV, name, only=only, page=f"/walkabouts/{uid}/board")


@bp.post("/undo")
def undo(uid: uuid.UUID) -> ResponseReturnValue:
    """Put the rows of the last act back as they were."""
    wanted = from_query(BoardFilter, request.args)
    rows, _, merges = wanted.undo.partition("m")
    try:
        board.walkabout(db.session, uid, viewer=g.viewer)
        count = board_undoing.undo(
            db.session, _parts(rows, "-"), _parts(merges, "_"), viewer=g.viewer
        )
    except (Invalid, Conflict, NotAllowed) as error:
        db.session.rollback()
        return _page(uid, wanted, _problems(error)), error.status
    db.session.commit()
    flash(
        f"Taken back: {count:,} {'entry is' if count == 1 else 'entries are'} as before.", "success"
    )
    return redirect(_address(uid, wanted), 303)


def _page(uid: uuid.UUID, wanted: BoardFilter, problems: dict[str, str] | None = None) -> str:
    found = board.read(db.session, uid, wanted, viewer=g.viewer)
    g.waiting = found.waiting_total
    may_act = any(row.may_change for row in found.page)
    kinds = board.kinds_of(found.everything)
    terms = board_choices.terms(db.session, kinds) if may_act else []
    headed: dict[str, list[tuple[str, str]]] = {}
    for term in terms:
        heading = f"{SCHEMES[term.scheme]}: {term.heading}"
        headed.setdefault(heading, []).append((f"{term.scheme}:{term.code}", term.label))
    rows = [row_in_words(row, number) for number, row in enumerate(found.page, found.first)]
    return render_template(
        "walkabouts/board.html",
        board=found,
        walkabout=found.walkabout,
        wanted=wanted,
        rows=rows,
        may_act=may_act,
        has_photos=any(row.photo for row in found.page),
        pins=_pins(found),
        problems=problems or {},
        said=request.form,
        ticked=set(request.form.getlist("row")),
        needed=_needed(found),
        from_phones=sum(row.from_phones for row in found.everything),
        choices=_choices(found.everything, kinds),
        terms=headed,
        seen_by=SEEN_BY,
        states={KINDS[kind]: _states(kind) for kind in kinds},
        hotspots=board_choices.hotspots(db.session, viewer=g.viewer) if may_act else [],
        keeps=_keeps(found),
        action=_address(uid, wanted),
        undo_url=_undo_url(uid, wanted),
        next_url=_address(uid, wanted, page=wanted.page + 1) if _has_more(found, wanted) else "",
        first_url=_address(uid, wanted, page=1) if wanted.page > 1 else "",
        needs_url=lambda name: _address(uid, BoardFilter(needs=name)),
        csv_url=_address(uid, wanted, sort="", page="").replace("/board", "/board/logged.csv", 1),
    )


def _has_more(found: Board, wanted: BoardFilter) -> bool:
    return wanted.page * board.ON_A_PAGE < len(found.matching)


def _states(kind: Kind) -> list[tuple[str, str]]:
    return [(f"{kind}:{one}", labels.said(one)) for one in board_acts.states_for(kind)]


def _keeps(found: Board) -> list[tuple[str, str]]:
    """Rows that others can be merged into."""
    numbered = enumerate(found.page, found.first)
    return [(str(r.entry.id), f"{n}: {r.entry.title}") for n, r in numbered if r.may_change]


def _needed(found: Board) -> list[dict[str, Any]]:
    """How many rows need what, the commonest first."""
    counts = Counter(name for row in found.everything for name in row.needs)
    return [
        {"name": name, "words": NEEDED[name], "count": count}
        for name, count in counts.most_common()
    ]


def _choices(rows: Any, kinds: list[Kind]) -> dict[str, list[tuple[str, str]]]:
    """What the board can be narrowed to: only what is there."""
    told = [row.entry for row in rows if not row.is_closed]
    terms = {entry.category.code: entry.category.label for entry in told if entry.category}
    states = sorted({entry.status for entry in told})
    return {
        "kind": [("", "All"), *((kind.value, KINDS[kind]) for kind in kinds)],
        "category": [("", "Any"), *sorted(terms.items(), key=lambda term: term[1])],
        "status": [("", "Any"), *labels.choices(states)],
        "needs": [("", "Show all"), ("any", "Anything"), *NEEDED.items()],
        "sort": list(ORDERS.items()),
    }


def _pins(found: Board) -> list[dict[str, Any]]:
    return [
        pin(row.entry, number)
        for number, row in enumerate(found.page, found.first)
        if row.entry.longitude is not None and not row.is_closed
    ]


def _problems(error: RegisterError) -> dict[str, str]:
    return dict(error.problems) if isinstance(error, Invalid) else {"row": str(error)}


def _said(act: str, done: Done) -> str:
    """What was done, in words."""
    if not done.count:
        return "Nothing had to be changed: it is so already."
    return f"{done.count:,} {'entry' if done.count == 1 else 'entries'} {DONE[act]}."


def _undo_of(done: Done) -> str:
    rows = "-".join(f"{key}.{version}" for key, version in done.rows)
    merges = "_".join(done.merges)
    return f"{rows}m{merges}" if merges else rows


def _parts(given: str, between: str) -> list[str]:
    return [one for one in given.split(between) if one]


def _undo_url(uid: uuid.UUID, wanted: BoardFilter) -> str:
    if not wanted.undo:
        return ""
    path, _, query = _address(uid, wanted, undo=wanted.undo).partition("?")
    return f"{path}/undo?{query}"


def _address(uid: uuid.UUID, wanted: BoardFilter, **more: Any) -> str:
    asked = wanted.model_dump(mode="json", include=set(_KEPT), exclude_defaults=True) | more
    said = urlencode({name: value for name, value in asked.items() if value})
    return f"/walkabouts/{uid}/board" + (f"?{said}" if said else "")
