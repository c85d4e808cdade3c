"""Looking over what is written into entries: which of their fields hold what text should not."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from assetmap.errors import Invalid
from assetmap.hygiene.finds import LABELS, Find, look
from assetmap.register.passing_on import TEXTS
from assetmap.schemas.entries import EntryDraft
from assetmap.vocabulary import Kind

# they have rules of their own, are short, or are there to say how somebody at work is reached
_SHOWN_ANYWAY = frozenset(
    {"address", "tags", "opening_hours", "stops", "ask_who", "ask_how", "join_link"}
)
ABOUT_PEOPLE = frozenset({"crime", "health"})
CONTACT_FIELDS = {"phone": "phone", "email": "email"}


SEEMS = "seems to hold"  # in every problem that a tick answers


@dataclass(frozen=True)
class Warned:
    """A find in a field. `key` stands for these very words in this field: an answer to it holds as
    long as they are there, whatever else is changed."""

    field: str
    find: Find
    words: str
    key: str

    @property
    def label(self) -> str:
        """What it is, in words."""
        return LABELS[self.find.what]

    @property
    def may_be_passed_on(self) -> bool:
        """Whether it may be for the police or for safeguarding."""
        return self.find.what in ABOUT_PEOPLE or self.find.what == "plate"


@cache
def fields_of(kind: Kind) -> tuple[str, ...]:
    """The fields of a kind that are looked over: those that hold sentences."""
    return tuple(name for name in TEXTS[kind] if name not in _SHOWN_ANYWAY)


def look_over(texts: Mapping[str, str]) -> list[Warned]:
    """What these fields hold that they perhaps should not, field by field; each words once."""
    found: dict[str, Warned] = {}
    for name, text in texts.items():
        for find in look(text):
            one = Warned(name, find, find.of(text), key_of(name, find.of(text)))
            found.setdefault(one.key, one)
    return list(found.values())


def in_draft(draft: EntryDraft, before: Mapping[str, Any] | None = None) -> list[Warned]:
    """The same for a draft; of a change, for the fields that it changes."""
    given = ((name, getattr(draft, name, "")) for name in fields_of(draft.kind))
    held = before or {}
    return look_over({name: text for name, text in given if text and text != held.get(name)})


def refuse(field: str, text: str) -> None:
    """Raise Invalid for a text in which somebody is named or can be reached."""
    if found := look_over({field: text}):
        raise Invalid.field(field, f"Name nobody. This seems to hold: {found[0].label.lower()}.")


def ask(texts: Mapping[str, str], *, looked: bool) -> None:
    """Raise Invalid for texts that seem to be about somebody, field by field, unless whoever wrote
    them has `looked`: what is found is a question, and they may know better."""
    problems = {
        one.field: f"This {SEEMS}: {one.label.lower()} (“{one.words}”)."
        " Take it out, or tick below that it is not about anybody."
        for one in ([] if looked else look_over(texts))
    }
    if problems:
        raise Invalid("Look at these words once more.", problems)


def without(text: str, wanted: Iterable[str]) -> str:
    """A text with these finds' words taken out, wherever they stand in it."""
    for words in sorted(set(wanted), key=len, reverse=True):
        text = text.replace(words, "")
    lines = (
        " ".join(line.split()).replace(" ,", ",").replace(" .", ".") for line in text.split("\n")
    )
    return "\n".join(lines).strip()


def as_warnings(found: Sequence[Warned]) -> list[dict[str, Any]]:
    """What a program is told: where, what and why, and not the words themselves."""
    return [
        {
            "field": one.field,
            "what": one.find.what,
            "start": one.find.start,
            "end": one.find.end,
            "why": one.find.why,
        }
        for one in found
    ]


def key_of(field: str, words: str) -> str:
    """What an answer is tied to: the field and the words in it."""
    return hashlib.sha256(f"{field}\0{words}".encode()).hexdigest()[:20]
