"""What a form was about to save and perhaps should not: shown, and answered once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request

from assetmap.models import Entry
from assetmap.register import text_hygiene
from assetmap.register.text_hygiene import CONTACT_FIELDS, Warned
from assetmap.vocabulary import Kind
from assetmap.web import fields, forms

PREFIX = "text."  # of the names of answers, before the key of what is answered
ALL = "text_all"  # the button that leaves everything as it is
LEAVE, REMOVE, CONTACT, ROUTE = "leave", "remove", "contact", "route"
FOR_CONTACT = "for_contact"  # of the cookie: what goes into the form of a new contact


@dataclass
class Looked:
    """What came of looking a form over.

    said: what was typed, less what was to be removed or moved. waiting: what is not answered yet.
    answers: what is to be left, sent along again. to_pass_on: something is for a referral instead.
    for_contact: what was to be moved to a contact, as the entry has no field for it; by the
    contact's own.
    """

    said: forms.Typed
    waiting: list[Warned] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    to_pass_on: bool = False
    for_contact: dict[str, str] = field(default_factory=dict)


def look_over(kind: Kind, said: forms.Typed, before: Mapping[str, Any] | None = None) -> Looked:
    """Look over what was typed and what was answered to it. before: what is there already."""
    looked = Looked(dict(said))
    gone: dict[str, list[str]] = {}
    found = text_hygiene.look_over(_typed(kind, said, before or {}))
    for one in found:
        answer = _answer(kind, one)
        if not answer:
            looked.waiting.append(one)
            continue
        if answer == LEAVE:
            looked.answers[PREFIX + one.key] = answer
        elif answer == ROUTE:
            looked.to_pass_on = True
        else:
            gone.setdefault(one.field, []).append(one.words)
            if answer == CONTACT and not _moved(kind, one, looked.said):
                _put(CONTACT_FIELDS[one.find.what], one.words, looked.for_contact)
    for name, words in gone.items():
        looked.said[name] = text_hygiene.without(str(looked.said[name]), words)
    return looked


def shown(kind: Kind, looked: Looked | None) -> dict[str, Any]:
    """What the form's template needs of it."""
    if looked is None:
        return {"finds": [], "answers": {}}
    finds = [
        {
            "label": one.label,
            "where": forms.label_of(kind, one.field) or one.field.capitalize(),
            "words": one.words,
            "why": one.find.why,
            "name": PREFIX + one.key,
            "choices": choices(kind, one),
        }
        for one in looked.waiting
    ]
    return {"finds": finds, "answers": looked.answers}


def to_add_contact(entry: Entry) -> str:
    """Where a contact is added at an entry."""
    return f"/contacts/new?at={entry.uid}"


def choices(kind: Kind, one: Warned) -> list[tuple[str, str]]:
    """What can be done about a find, the likeliest first."""
    found = [(REMOVE, "Remove it"), (LEAVE, "Leave it")]
    if one.find.what in CONTACT_FIELDS:
        own = CONTACT_FIELDS[one.find.what] in _asked(kind)
        words = "Move it to the contact details" if own else "Remove it, and add a contact"
        found.insert(0, (CONTACT, words))
    if one.may_be_passed_on:
        found.insert(0, (ROUTE, "Pass it on as crime, safeguarding or intelligence"))
    return found


def _answer(kind: Kind, one: Warned) -> str:
    given = request.form.get(PREFIX + one.key, "")
    if given in dict(choices(kind, one)):
        return given
    return LEAVE if request.form.get(ALL) == LEAVE else ""


def _moved(kind: Kind, one: Warned, said: forms.Typed) -> bool:
    """Put it in the entry's own contact field, when it has one that is empty, or holds it."""
    name = CONTACT_FIELDS.get(one.find.what, "")
    if name not in _asked(kind):
        return False
    if str(said.get(name) or "").strip() in ("", one.words):
        said[name] = one.words
        return True
    return False


def _put(name: str, words: str, contact: dict[str, str]) -> None:
    """Into the contact's box of that name; what no box is left for into the notes."""
    if contact.setdefault(name, words) != words:
        contact["notes"] = "\n".join(filter(None, (contact.get("notes"), words)))


def _asked(kind: Kind) -> set[str]:
    return {ask.name for ask in fields.asks(kind)}


def _typed(kind: Kind, said: forms.Typed, before: Mapping[str, Any]) -> dict[str, str]:
    """What was typed into the fields for sentences, where it is not what was there."""
    texts = {name: str(said.get(name) or "") for name in text_hygiene.fields_of(kind)}
    return {
        name: text
        for name, text in texts.items()
        if text.strip() and text.replace("\r\n", "\n").strip() != str(before.get(name) or "")
    }
