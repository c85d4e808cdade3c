"""Looking over what is written about a person, who is named beside it: what nobody needs to know.

What is found is a question, never a verdict: whoever writes it may leave it, once they have looked.
"""

import re

from assetmap.hygiene.finds import LABELS, look
from assetmap.schemas.persons import PersonDraft

_NAMED = "Mr Somebody: "  # everything here is said of a named person; health and crime need one
_PART = re.compile(r"[^.!?;\n]+")
_SPECIAL = re.compile(
    r"\b(?:muslims?|islam\w*|mosque|christians?|catholics?|protestants?|hindus?|sikhs?|jew(?:s|ish)?"
    r"|atheists?|religio\w+|ethnic\w*|racial\w*|roma|travellers?|nationality|asylum|refugees?"
    r"|gay|lesbians?|bisexual\w*|transgender\w*|sexual\w*|disab\w+|wheelchair\w*|pregnan\w+"
    r"|trade union\w*|votes? (?:for )?\w+)\b",
    re.IGNORECASE,
)
_FIELDS = ("no_role_reason", "notes")


def doubts(draft: PersonDraft) -> dict[str, str]:
    """By field, why its text perhaps should not be kept."""
    found = {}
    for name in _FIELDS:
        text = getattr(draft, name)
        if text and (said := _about(text)):
            found[name] = f"{said} Take it out, or say below that it stays."
    return found


def _about(text: str) -> str:
    """All in a text that makes one ask, in words that do not repeat it."""
    parts = _PART.findall(text)
    finds = (find for part in parts for find in look(_NAMED + part.strip()))
    labels = dict.fromkeys(LABELS[find.what].lower() for find in finds)
    said = [f"This has in it: {'; '.join(labels)}."] if labels else []
    if any(map(_SPECIAL.search, parts)):
        said.append("This says what they believe, where they are from or how they are.")
    return " ".join(said)
