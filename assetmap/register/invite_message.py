"""What somebody who is invited is told of an event, by whichever channel."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.models import Engagement
from assetmap.register import calendars
from assetmap.settings import LOCAL

INFLUENCE = {
    "inform": "You will be told what is planned, and can ask.",
    "consult": "You will be asked what you think before it is decided.",
    "involve": "What you say shapes what is put forward.",
    "collaborate": "You work it out together with us.",
    "empower": "Those who come decide.",
}
LACKS = {
    "aims": "what it is for",
    "influence_level": "how much people decide there",
    "ask_who": "whom people ask about it",
    "ask_how": "how they are reached",
}
LONGEST_TEXT = 300  # of a text message: two of them


@dataclass(frozen=True)
class Told:
    """An event as it is told to those who are invited. lacks: what an invitation has to say and
    nobody has written down yet, in words, by field."""

    title: str
    when: str
    where: str
    aims: str
    influence: str
    changes: str
    ask: str
    lacks: dict[str, str]

    @property
    def text(self) -> str:
        """All of it that goes into a text message."""
        short = f"{self.title}, {self.when}"
        more = [f"{self.where}." if self.where else "", f"Ask {self.ask}." if self.ask else ""]
        said = " ".join(part for part in (f"{short}.", *more, "Say STOP to end this.") if part)
        return said if len(said) <= LONGEST_TEXT else said[: LONGEST_TEXT - 1] + "…"


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Told:
    """What is told of an event that the viewer may see."""
    starts, ends = event.starts_at.astimezone(LOCAL), event.ends_at.astimezone(LOCAL)
    until = f"{ends:%H:%M}" if ends.date() == starts.date() else f"{ends:%-d %B, %H:%M}"
    return Told(
        title=event.title,
        when=f"{starts:%A %-d %B %Y, %H:%M} to {until}",
        where=calendars.single(session, event, viewer=viewer, root="").where,
        aims=event.aims,
        influence=INFLUENCE.get(event.influence_level or "", ""),
        changes=event.influence_statement,
        ask=", ".join(part for part in (event.ask_who, event.ask_how) if part),
        lacks={name: words for name, words in LACKS.items() if not getattr(event, name)},
    )
