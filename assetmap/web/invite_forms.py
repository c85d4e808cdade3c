"""Where the people of an invite list come from, as a form has it: names in place of keys."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import g
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from assetmap.errors import Invalid
from assetmap.models import InviteList
from assetmap.register import invite_lists, places, pointers
from assetmap.schemas.invite_lists import NOWHERE, InviteListDraft
from assetmap.schemas.reading import checked
from assetmap.vocabulary import Kind
from assetmap.web import search_address

PLAIN = ("name", "event", "team", "where", "within", "hotspot", "wanted")
KEPT = ("saved_search", "collection")
Typed = MultiDict[str, str]


def draft(session: Session, typed: Typed) -> InviteListDraft:
    """What was typed, as a draft. Raises Invalid with a message for each box."""
    said: dict[str, Any] = {
        name: typed[name] for name in (*PLAIN, *KEPT) if typed.get(name, "").strip()
    }
    said |= {"category": typed.getlist("category"), "reach": typed.get("reach", "")}
    readers: Mapping[str, Callable[[str], Any]] = {
        "area": lambda given: pointers.area_codes(session, _lines(given), "area"),
        "near": lambda given: _near(session, given),
        "search": lambda given: _search(session, given),
        "groups": lambda given: _groups(session, given),
    }
    problems: dict[str, str] = {}
    for name, read in readers.items():
        try:
            said |= {name: read(given)} if (given := typed.get(name, "").strip()) else {}
        except Invalid as error:
            problems[name] = " ".join(error.problems.values()) or str(error)
    for name, goes_with in (("within_m", "near"), ("buffer_m", "hotspot")):
        if (given := typed.get(name, "").strip()) and typed.get(goes_with, "").strip():
            said[name] = given.replace(",", "")
    try:
        made = checked(InviteListDraft, said)
    except Invalid as error:
        said_nowhere = problems and error.problems.get("area") == NOWHERE
        found = {k: v for k, v in error.problems.items() if not (said_nowhere and k == "area")}
        raise Invalid(str(error), found | problems) from error
    if problems:
        raise Invalid("Some answers need mending.", problems)
    return made


def typed_of(session: Session, made: InviteList) -> Typed:
    """What is kept of a list, as its form shows it."""
    said = invite_lists.criteria_of(made)
    groups = pointers.named(session, [str(one) for one in said.groups], viewer=g.viewer)
    typed: Typed = MultiDict(
        {
            "name": made.name,
            "where": said.where,
            "area": "\n".join(said.area),
            "near": ",".join(f"{one:.6f}" for one in said.near or ()),
            "within_m": str(said.within_m),
            "hotspot": str(said.hotspot or ""),
            "buffer_m": str(said.buffer_m),
            "search": f"/?{said.search}" if said.search else "",
            "saved_search": str(said.saved_search or ""),
            "collection": str(said.collection or ""),
            "groups": "\n".join(groups.values()),
            "reach": ", ".join(said.reach),
            "wanted": "true" if said.wanted else "",
            "within": json.dumps(said.within) if said.within else "",
            "version": str(made.version),
        }
    )
    typed.setlist("category", said.category)
    return typed


def _lines(given: str) -> list[str]:
    return [line.strip() for line in given.splitlines() if line.strip()]


def _near(session: Session, given: str) -> tuple[float, float]:
    return places.find(session, given).point


def _search(session: Session, given: str) -> str:
    """The query string of /api/entries that the address of a search page stands for."""
    query = given.partition("?")[2] or given
    asked = search_address.read(session, MultiDict(parse_qsl(query.partition("#")[0])))
    if asked.problems or asked.wanted is None or not asked.query:
        said = " ".join(asked.problems.values())
        raise Invalid.field("search", said or "Copy the whole address of a search page.")
    return urlencode(asked.query, safe=",:")


def _groups(session: Session, given: str) -> list[Any]:
    return [
        pointers.entry_called(session, line, (Kind.GROUP,), viewer=g.viewer, field="groups").uid
        for line in _lines(given)
    ]
