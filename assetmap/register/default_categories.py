"""The classification that a fresh register begins with, and what its foreign codes mean."""

from collections.abc import Iterator

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from assetmap import layers, spatial
from assetmap.models import Category, CategoryMapping
from assetmap.models.category import SCHEMES

# What is said of one person at risk belongs with those who can act on it, never on a map.
ROUTE_ONLY = frozenset({"cri_expl", "asb_targ", "vul_welf"})
NEVER_EXPORTED = "-"
_COLUMNS = {  # column of the shipped file: the vocabulary, and what stands between two values
    "osm_tag": ("osm", ";"),
    "ccew_what": ("ccew", None),
    "ccew_who": ("ccew", None),
    "ccew_how": ("ccew", None),
    "icnptso": ("icnptso", None),
    "ukcat": ("ukcat", None),
    "abcd_class": ("abcd", ";"),
    "hsds_object": ("hsds", "/"),
    "asb_type": ("asb_type", ";"),
    "streetsafe_kind": ("streetsafe", ";"),
    "default_owner": ("default_owner", ";"),
}


def load_default(session: Session) -> int:
    """Add the terms of the shipped classification that are missing; says how many.

    What a team renamed, moved, merged or deprecated stays as they left it.
    """
    spatial.lock_for_writing(session, "classification")
    known = {
        (scheme, code): key
        for scheme, code, key in session.execute(
            select(Category.scheme, Category.code, Category.id)
        )
    }
    added: list[tuple[Category, dict[str, str]]] = []
    for level in ("1", "2"):
        for scheme in SCHEMES:
            for place, row in enumerate(layers.classification(scheme)):
                if row["level"] == level and (scheme, row["code"]) not in known:
                    term = _term(row, place, known.get((scheme, row["parent"])))
                    session.add(term)
                    added.append((term, row))
        session.flush()  # the lower terms need the keys of the top ones
        known |= {(term.scheme, term.code): term.id for term, _ in added}
    mappings = [mapping for term, row in added for mapping in _mappings(term.id, row)]
    if mappings:
        session.execute(insert(CategoryMapping), mappings)
    return len(added)


def _term(row: dict[str, str], place: int, parent_id: int | None) -> Category:
    return Category(
        scheme=row["scheme"],
        code=row["code"],
        label=row["label"],
        scope_note=row["scope_note"],
        level=int(row["level"]),
        parent_id=parent_id,
        sort=place,
        core=row["core"] == "1",
        route_only=row["code"] in ROUTE_ONLY,
        default_visibility=row.get("default_visibility") or None,
    )


def _mappings(category_id: int, row: dict[str, str]) -> Iterator[dict[str, object]]:
    for column, (vocabulary, between) in _COLUMNS.items():
        parts = (part.strip() for part in row.get(column, "").split(between))
        for value in dict.fromkeys(parts):
            if value and value != NEVER_EXPORTED:
                yield {"category_id": category_id, "vocabulary": vocabulary, "value": value}


VOCABULARY_NAMES = {
    "osm": "OpenStreetMap tag",
    "ccew": "Charity Commission class",
    "icnptso": "Non-profit class (ICNP/TSO)",
    "ukcat": "UK charity activity tag",
    "abcd": "Kind of community strength",
    "hsds": "Open Referral record",
    "asb_type": "Type of anti-social behaviour",
    "streetsafe": "StreetSafe kind",
    "default_owner": "Usually taken up by",
    "esd": "Local government term",
    "import": "Word met in imports",
}
_MEANINGS = {
    ("hsds", "O"): "Organisation",
    ("hsds", "S"): "Service",
    ("hsds", "L"): "Location",
    ("streetsafe", "env"): "Environment",
    ("streetsafe", "beh"): "Behaviour",
    ("default_owner", "vcs"): "Voluntary and community sector",
    ("default_owner", "fire"): "Fire and rescue service",
    ("default_owner", "safeguarding"): "Safeguarding lead",
    ("default_owner", "team"): "The local team",
}
_CHARITY_CLASSES = {
    "101": "general charitable purposes",
    "102": "education and training",
    "103": "health and saving lives",
    "104": "disability",
    "105": "poverty",
    "106": "overseas aid and famine",
    "107": "accommodation and housing",
    "108": "religious activities",
    "109": "arts, culture, heritage and science",
    "110": "amateur sport",
    "111": "animals",
    "112": "environment, conservation and heritage",
    "113": "economic and community development, employment",
    "114": "armed forces and emergency services",
    "115": "human rights, harmony and equality",
    "116": "recreation",
    "117": "other purposes",
    "201": "for children and young people",
    "202": "for older people",
    "203": "for disabled people",
    "204": "for people of a particular ethnic or racial origin",
    "205": "for other charities",
    "206": "for other defined groups",
    "207": "for the general public",
    "301": "makes grants to individuals",
    "302": "makes grants to organisations",
    "303": "provides other finance",
    "304": "provides human resources",
    "305": "provides buildings, facilities or open space",
    "306": "provides services",
    "307": "provides advocacy, advice or information",
    "308": "carries out research",
    "309": "acts as an umbrella or resource body",
    "310": "helps in other ways",
}


def in_words(vocabulary: str, value: str) -> str:
    """What a value of another vocabulary means, for a person; the value itself when unknown."""
    if vocabulary == "ccew" and value in _CHARITY_CLASSES:
        return f"{value}: {_CHARITY_CLASSES[value]}"
    if vocabulary in ("abcd", "asb_type", "default_owner", "hsds", "streetsafe"):
        return _MEANINGS.get((vocabulary, value), value.capitalize())
    return value
