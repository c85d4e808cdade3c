"""What somebody who is invited is told of an event, by whichever channel."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from assetmap.access import Viewer
from assetmap.models import Engagement, InviteList
from assetmap.register import calendars, text_hygiene
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
SHORTEST = 20  # of a title or place that is cut


@dataclass(frozen=True)
class Told:
    """An event as it is told to those who are invited. lacks: what an invitation has to say and
    nobody has written down yet, in words, by field."""

    title: str
    when: str
    there: str  # where, for those who come in person
    online: str  # the link, for those who do not
    aims: str
    influence: str
    changes: str
    ask: str
    lacks: dict[str, str]

    @property
    def where(self) -> str:
        """Both, in words."""
        return calendars.both_ways(self.there, self.online)

    def text(self, link: str = "") -> str:
        """All of it that goes into a text message. Where it would be too long, what is cut is what
        it is for, the place and the title: never when, whom to ask, how to answer or to end it."""
        ends = [
            f"Ask {self.ask}." if self.ask else "",
            f"Answer, or end these: {link}" if link else "Say STOP to end these.",
        ]
        end = " ".join(part for part in ends if part)
        room = LONGEST_TEXT - len(end) - len(self.when) - 6
        title = _cut(self.title, max(SHORTEST, room))
        left = room - len(title)
        where = self.where  # half a link leads nowhere
        if len(where) > left:
            where = _cut(self.there, left) if left > SHORTEST else ""
        left -= len(where) + 2
        aims = _cut(self.aims.strip().rstrip("."), left - 1) + "." if left > SHORTEST else ""
        said = [
            f"{title}, {self.when}.",
            f"{where}." if where else "",
            aims if self.aims else "",
            end,
        ]
        return " ".join(part for part in said if part)


def look_over(made: InviteList, words: str, *, looked: bool) -> None:
    """Raise Invalid for "words" that seem to be about somebody, unless whoever wrote them has
    `looked`, now or when they were kept with the list."""
    text_hygiene.ask({"words": words}, looked=looked or words == made.words)


def of(session: Session, event: Engagement, *, viewer: Viewer) -> Told:
    """What is told of an event that the viewer may see."""
    return at(event, calendars.venue(session, event, viewer=viewer))


def at(event: Engagement, venue: str) -> Told:
    """The same, where it is known at which places of those they may see it is held."""
    starts, ends = event.starts_at.astimezone(LOCAL), event.ends_at.astimezone(LOCAL)
    until = f"{ends:%H:%M}" if ends.date() == starts.date() else f"{ends:%-d %B, %H:%M}"
    return Told(
        title=event.title,
        when=f"{starts:%A %-d %B %Y, %H:%M} to {until}",
        there=calendars.said_there(event, venue),
        online=event.joined_at,
        aims=event.aims,
        influence=INFLUENCE.get(event.influence_level or "", ""),
        changes=event.influence_statement,
        ask=", ".join(part for part in (event.ask_who, event.ask_how) if part),
        lacks={name: words for name, words in LACKS.items() if not getattr(event, name)},
    )


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
