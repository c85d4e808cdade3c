"""Consultations by the clock: what can be answered now, and what waits for its answer."""

from collections.abc import Sequence

from flask import Blueprint, g, render_template
from sqlalchemy.orm import Session

from assetmap.db import db
from assetmap.gate import public
from assetmap.models import Entry, Telling
from assetmap.register import audit, classification, consultations
from assetmap.register.consultations import Clock
from assetmap.vocabulary import Channel
from assetmap.web import labels

bp = Blueprint("consultations", __name__)

CALLED = {
    "not_open": "Not open yet",
    "open": "Open",
    "waiting": "To be answered",
    "overdue": "Answer overdue",
    "answered": "Answered",
}
TONES = {"open": "good", "waiting": "warn", "overdue": "bad"}


@bp.get("/consultations/")
@public
def index() -> str:
    """All that the viewer may see, what is overdue first."""
    found = consultations.listed(db.session, viewer=g.viewer)
    shown = render_template(
        "reporting/consultations.html",
        clocks=[shown_of(one) for one in found],
        overdue=sum(one.state == "overdue" for one in found),
        most=consultations.MOST,
        level=classification.highest(
            db.session, ((one.event.kind, one.event.visibility) for one in found)
        ),
    )
    consultations.note_read(db.session, found, Channel.PAGE, viewer=g.viewer)
    audit.before_it_leaves(db.session)
    db.session.commit()
    return shown


def shown(
    session: Session, entry: Entry, told: Sequence[Telling] | None = None
) -> dict[str, object] | None:
    """The clock of a consultation, for the pages about it; None for any other entry. told: when
    people were told, where that has been read."""
    found = consultations.find(session, entry, told)
    return shown_of(found) if found else None


def shown_of(one: Clock) -> dict[str, object]:
    """A clock as templates/components/clock.html prints it."""
    weeks, days = divmod(one.days_open, 7)
    parts = [(weeks, "week"), (days, "day")]
    lasts = " and ".join(f"{n} {name}{'s' * (n != 1)}" for n, name in parts if n)
    return {
        "event": one.event,
        "called": CALLED[one.state],
        "tone": TONES.get(one.state, "quiet"),
        "said": in_words(one),
        "open": labels.days(one.opens_on, one.closes_on),
        "lasts": lasts,
        "is_short": one.is_short,
        "fair": f"{one.fair_days // 7} weeks",
        "due": labels.day(one.answer_due),
        "is_promised": one.is_promised,
    }


def in_words(one: Clock) -> str:
    """What the clock shows now, in a sentence."""
    left = _days(abs(one.days_left))
    match one.state:
        case "not_open":
            return f"It opens on {labels.day(one.opens_on)}, in {left}."
        case "open":
            until = f"until {labels.day(one.closes_on)}, {left} more"
            return f"People can answer {until if one.days_left else 'until the end of today'}."
        case "waiting":
            when = f"by {labels.day(one.answer_due)}, in {left}" if one.days_left else "today"
            return f"It has closed. People are to be told what became of it {when}."
        case "overdue":
            return f"People were to be told by {labels.day(one.answer_due)}, {left} ago."
    late = ((one.answered_on or one.today) - one.answer_due).days
    when = f", {_days(late)} late" if late > 0 else ""
    return f"People were told on {labels.day(one.answered_on)}{when}."


def _days(number: int) -> str:
    return f"{number:,} {'day' if number == 1 else 'days'}"
