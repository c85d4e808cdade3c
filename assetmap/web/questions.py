"""Questions that forms ask, and those that several kinds of entry share."""

from dataclasses import dataclass

from assetmap import vocabulary as words
from assetmap.web import labels
from assetmap.web.labels import Choices


@dataclass(frozen=True)
class Ask:
    """One question. `widget` names the macro that draws it and the way its answer is read:
    text lines number money day moment prose one many radios category offeror entry areas
    repeats party."""

    name: str
    label: str
    widget: str = "text"
    hint: str = ""
    items: Choices = ()
    width: str = ""
    longest: int = 0
    needed: bool = False
    type: str = "text"
    suffix: str = ""
    autocomplete: str = ""


@dataclass(frozen=True)
class Section:
    """Questions under one heading; `more` ones wait in a disclosure until they are wanted."""

    title: str
    asks: tuple[Ask, ...]
    more: bool = False
    holds_place: bool = False


PARTY = ("residents", "police", "council", "councillors", "partners", "volunteers", "young_people")
DAYS: Choices = (
    ("MO", "Monday"),
    ("TU", "Tuesday"),
    ("WE", "Wednesday"),
    ("TH", "Thursday"),
    ("FR", "Friday"),
    ("SA", "Saturday"),
    ("SU", "Sunday"),
)
WEEKS: Choices = (
    ("", "Every week"),
    ("1", "First of the month"),
    ("2", "Second of the month"),
    ("3", "Third of the month"),
    ("4", "Fourth of the month"),
    ("-1", "Last of the month"),
)


def title_ask(label: str, hint: str) -> Ask:
    return Ask("title", label, hint=hint, longest=160, needed=True)


def about_ask(hint: str) -> Ask:
    return Ask("description", "Description", "prose", hint, longest=4000)


CATEGORY = Ask("category", "Category", "category", needed=True)
ADDRESS = (
    Ask("address", "Address", hint="Building and street.", longest=200),
    Ask(
        "postcode",
        "Postcode of this address",
        hint="Only where you gave no postcode above.",
        width="10",
        longest=8,
        autocomplete="postal-code",
    ),
)
COVERS = Section(
    "Where it covers",
    (
        Ask(
            "covers_areas",
            "Areas it covers",
            "areas",
            "Where people can live or be and still use it.",
        ),
        Ask(
            "radius_m",
            "Or so many metres round its place",
            "number",
            width="5",
            suffix="metres",
        ),
    ),
)
COVERS_MORE = Section(COVERS.title, COVERS.asks, more=True)
CONTACT = Section(
    "How to reach it",
    (
        Ask("phone", "Phone", type="tel", width="20", longest=30),
        Ask("email", "E-mail", type="email", longest=254),
        Ask(
            "contact_visibility",
            "Who may read its phone and e-mail",
            "one",
            items=labels.CONTACTS_OPEN_TO,
        ),
        Ask("website", "Web address", hint="Such as example.org.", longest=300),
    ),
)
KEEPING = Section(
    "Who sees it, and when it is checked",
    (
        Ask("visibility", "Who may see it", "one", items=labels.VISIBILITIES),
        Ask(
            "precision",
            "How closely its place is shown",
            "one",
            "Never show a home exactly.",
            items=labels.PRECISIONS,
        ),
        Ask("tags", "Tags", hint="Words with commas between.", longest=1000),
        Ask("checked_on", "Last checked on", "day"),
        Ask(
            "checked_how",
            "How it was checked",
            "one",
            items=(("", "Not said"), *labels.choices(words.CheckedHow)),
        ),
        Ask("review_due", "Check again by", "day"),
        Ask("notes", "Team notes", "prose", "Only your team reads these.", longest=2000),
    ),
    more=True,
)
PLACE_DETAILS = (
    Ask("opening_hours", "Opening hours", "prose", longest=500),
    Ask("facilities", "Facilities", "many", items=labels.choices(words.FACILITIES)),
    Ask(
        "accessibility_note", "Access", "prose", "Steps, doors, parking, quiet space.", longest=1000
    ),
    Ask("capacity", "How many people it holds", "number", width="5"),
    Ask("cost_note", "Cost", hint="Such as £12 an hour, free for residents.", longest=300),
    Ask("hire_terms", "Terms of hire", "prose", longest=1000),
    Ask("languages", "Languages spoken", hint="Commas between.", longest=500),
    Ask("serves", "Whom it is for", hint="Such as families, over 60s.", longest=600),
    Ask(
        "operator",
        "Run by",
        "entry",
        "Reference or name of the group that runs it.",
    ),
    Ask("confidence", "How we know of it", "one", items=labels.choices(words.CONFIDENCES)),
)
SCAN = Ask(
    "scan_status",
    "Was crime, safeguarding or intelligence met?",
    "one",
    "Whatever was met is passed on, and not written here.",
    items=labels.SCANS,
)


WHERE = Section("Where it is", ADDRESS, holds_place=True)
GROUND = Section("Where it is", (), holds_place=True)
