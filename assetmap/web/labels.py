"""The words people read for the codes that records hold."""

from collections.abc import Iterable
from datetime import date, datetime

from assetmap import privacy, vocabulary
from assetmap.settings import LOCAL
from assetmap.vocabulary import Kind

Choices = tuple[tuple[str, str], ...]

_SAID = {
    "todo": "To do",
    "waived": "Let go",
    "step_free": "Step-free access",
    "wifi": "Wi-Fi",
    "baby_change": "Baby changing",
    "changing_place": "Changing Places toilet",
    "seen": "Seen by us",
    "told": "Told to us",
    "desk": "Looked up",
    "imported": "From an imported file",
    "dbs": "DBS check",
    "driving": "Driving licence",
    "first_aid": "First aid certificate",
    "insurance": "Insurance",
    "food_hygiene": "Food hygiene certificate",
    "none": "None",
    "gps": "GPS",
    "map_click": "Pressed on the map",
    "grid_ref": "Grid reference",
    "area_only": "The area only",
    "email": "By e-mail",
    "phone": "By phone",
    "visit": "On a visit",
    "online": "Online",
    "bcu": "BCU",
    "vcs": "Voluntary sector",
    "findings_per_km": "Findings per kilometre",
    "child_group": "Children, as a group",
    "not_applicable": "Does not apply",
    "no_action": "No action needed",
}
SEVERITIES: Choices = (
    ("1", "1, minor: a nuisance"),
    ("2", "2, moderate: it affects some people"),
    ("3", "3, serious: it affects many, or some badly"),
    ("4", "4, urgent: somebody may be harmed"),
)
DIRECTIONS: Choices = (
    ("problem", "A problem"),
    ("strength", "A strength"),
    ("perception", "How a place feels"),
    ("vulnerability", "Something or somebody at risk"),
)
TIERS: Choices = (
    ("1", "1, strategic: elected people, chief officers"),
    ("2", "2, corporate: advisory groups, whole forces and councils"),
    ("3", "3, local: a neighbourhood, an estate, a street"),
)
VISIBILITIES: Choices = (
    ("", "As the category says"),
    ("public", "Everybody"),
    ("partner", "Colleagues, and partners under an agreement"),
    ("team", "Our team only"),
    ("restricted", "Editors of our team only"),
)
SCANS: Choices = (
    ("pending", "Not answered yet"),
    ("none", "No, nothing of the kind"),
    ("found", "Yes: pass it on"),
    ("not_applicable", "It does not apply"),
)
CONTACTS_OPEN_TO: Choices = (
    ("public", "Whoever may see the entry"),
    ("partner", "Partners whose agreement says so"),
    ("team", "Our team only"),
)
PRECISIONS: Choices = (
    ("", "Exactly; a person’s own offer by its small area"),
    ("exact", "Exactly where it is"),
    ("street", "About the street"),
    ("postcode", "About 250 m"),
    ("lsoa", "The small area it is in"),
    ("ward", "The ward it is in"),
    ("none", "Not on any map"),
)
PRECISION_NOTES = {
    "street": "Shown to the nearest street or so.",
    "postcode": "Shown to about 250 m.",
    "lsoa": "Shown in the middle of its small area.",
    "ward": "Shown in the middle of its ward.",
    "none": "Its place is not shown.",
}
RELATIONS = {
    ("found_on", True): "Was found on this walkabout",
    ("found_on", False): "Was where this was found",
    ("raised_at", True): "Was raised at this event",
    ("raised_at", False): "Was where this was raised",
    ("about", True): "Is about this",
    ("about", False): "Is what this is about",
    ("offered_by", True): "Is offered by",
    ("offered_by", False): "Offers",
    ("held_at", True): "Is held at",
    ("held_at", False): "Hosts",
    ("answers", True): "Answers",
    ("answers", False): "Is answered by",
    ("led_to", True): "Led to",
    ("led_to", False): "Came out of",
    ("same_as", True): "Is the same as",
    ("same_as", False): "Is the same as",
}
STEPS = {
    "found_on": "found on",
    "raised_at": "raised at",
    "about": "about",
    "offered_by": "offered by",
    "held_at": "held at",
    "answers": "answers",
    "led_to": "led to",
}
_MOVES = {
    ("offer", "confirmed"): "Confirm it: somebody spoke to whoever offers it",
    ("offer", "matched"): "Matched: promised to a need",
    ("offer", "in_use"): "In use",
    ("offer", "fulfilled"): "Fulfilled: it was used and is done",
    ("offer", "paused"): "Pause it for now",
    ("offer", "expired"): "Expired: its day has passed",
    ("offer", "offered"): "On offer again",
    ("offer", "declined"): "Decline it",
    ("finding", "triaged"): "Triaged: read and understood",
    ("finding", "assigned"): "Assign it to a partner",
    ("finding", "in_progress"): "Work has begun",
    ("finding", "resolved"): "Resolved: say below what was done",
    ("finding", "verified"): "Verified: somebody went to look",
    ("finding", "reopened"): "Reopen it",
    ("finding", "no_action"): "No action needed",
    ("finding", "duplicate"): "A duplicate of another",
    ("finding", "routed"): "Routed to another service",
    ("walkabout", "underway"): "The walk is under way",
    ("walkabout", "complete"): "The walk is complete",
    ("engagement", "invites_sent"): "Invitations are sent",
    ("engagement", "held"): "It took place",
    ("engagement", "closed"): "Close it: everything is done",
    ("hotspot", "active"): "Declare it a hotspot",
    ("hotspot", "monitoring"): "It has calmed: keep watching",
}
_PARTY = {
    "police": ("police officer", "police officers"),
    "council": ("from the council", "from the council"),
    "partners": ("from partners", "from partners"),
    "young_people": ("young person", "young people"),
    "children": ("child", "children"),
}
_LANGUAGES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "bsl": "British Sign Language",
    "cy": "Welsh",
    "en": "English",
    "fa": "Farsi",
    "fr": "French",
    "gu": "Gujarati",
    "ku": "Kurdish",
    "pa": "Punjabi",
    "pl": "Polish",
    "ro": "Romanian",
    "so": "Somali",
    "uk": "Ukrainian",
    "ur": "Urdu",
}
FIELDS = {
    "category": "Category",
    "geometry": "Place",
    "covers_areas": "Areas it covers",
    "radius_m": "Radius it covers",
    "accuracy_m": "Accuracy",
    "precision": "How closely it is shown",
    "location_method": "How the place was found",
    "cost_pence": "Cost",
    "group": "Offered by",
    "asset": "Offered by",
    "operator": "Run by",
    "pattern": "When",
    "meeting_pattern": "Meets",
    "engagement_kind": "Kind of event",
    "visibility": "Who may see it",
    "contact_visibility": "Who may read its phone and e-mail",
    "notes": "Team notes",
    "email": "E-mail",
    "phone": "Phone",
    "ask_who": "Who to ask",
    "ask_how": "How to reach them",
    "join_link": "Link to join online",
}


def said(code: str | None) -> str:
    """A code as words: in_person → “In person”."""
    if not code:
        return ""
    return _SAID.get(code) or (code[:1].upper() + code[1:].replace("_", " "))


def choices(codes: Iterable[str]) -> Choices:
    """Codes with their words, for a list to choose from."""
    return tuple((code, said(code)) for code in codes)


def listed(codes: Iterable[str]) -> str:
    """Several codes in one phrase."""
    return ", ".join(said(code) for code in codes)


def field_name(name: str) -> str:
    """What people call a field of a record."""
    return FIELDS.get(name) or said(name.removesuffix("_at").removesuffix("_on"))


def move(kind: str, status: str) -> str:
    """What it means to take an entry to a state."""
    return _MOVES.get((kind, status)) or said(status)


def area_type(kind: str) -> str:
    """What people call a type of area."""
    return vocabulary.AREA_TYPE_LABELS.get(vocabulary.AreaType(kind), kind)


def day(given: date | None) -> str:
    """A day as people write it: 4 May 2026."""
    return f"{given.day} {given:%B %Y}" if given else ""


def local(given: datetime) -> datetime:
    """An instant by the clock on the wall; pages have it as a filter."""
    return given.astimezone(LOCAL)


def moment(given: datetime | None) -> str:
    """An instant by the clock on the wall here: 4 May 2026, 14:00."""
    if given is None:
        return ""
    here = given.astimezone(LOCAL)
    return f"{here.day} {here:%B %Y, %H:%M}"


def span(start: datetime, end: datetime | None) -> str:
    """From when until when; the day is said once."""
    if end is None:
        return moment(start)
    here, there = start.astimezone(LOCAL), end.astimezone(LOCAL)
    last = f"{there:%H:%M}" if here.date() == there.date() else moment(end)
    return f"{moment(start)} to {last}"


def days(first: date | None, last: date | None) -> str:
    """From one day to another, either of which may be open."""
    if first and last:
        return f"{day(first)} to {day(last)}"
    if first:
        return f"From {day(first)}"
    return f"Until {day(last)}" if last else ""


def pounds(pence: int) -> str:
    """Money: Free, £5, £2.50."""
    if not pence:
        return "Free"
    whole, rest = divmod(pence, 100)
    return f"£{whole:,}.{rest:02d}" if rest else f"£{whole:,}"


def counted(number: int, kind: str) -> str:
    """1 offer, 3 offers."""
    return f"{number:,} {kind if number == 1 else Kind(kind).plural}"


def codes_left(number: int) -> str:
    """How many recovery codes there are yet, as a sentence without its end."""
    said = {0: "No recovery code is left", 1: "1 recovery code is left"}
    return said.get(number, f"{number} recovery codes are left")


def reached(people: int) -> str:
    """About how many people were told: “about 1,400 people”."""
    shown = privacy.count_shown(people)
    return "fewer than five people" if shown is None else f"about {shown:,} people"


def party(participants: dict[str, int]) -> str:
    """Who walked: 4 residents, 2 police officers."""
    return ", ".join(
        f"{number} {_of_them(kind)[number != 1]}" for kind, number in participants.items() if number
    )


def language(code: str) -> str:
    """The English name of a language, when it is a common code; else what was written."""
    return _LANGUAGES.get(code.lower(), code)


def _of_them(kind: str) -> tuple[str, str]:
    words = said(kind).lower()
    return _PARTY.get(kind, (words.removesuffix("s"), words))
