"""What the form of each kind of entry asks, in the order and the words people meet it in."""

from collections.abc import Iterator

from assetmap import vocabulary as words
from assetmap.vocabulary import Kind
from assetmap.web import labels
from assetmap.web.questions import (
    ADDRESS,
    CATEGORY,
    CONTACT,
    COVERS,
    COVERS_MORE,
    GROUND,
    KEEPING,
    PLACE_DETAILS,
    SCAN,
    WHERE,
    Ask,
    Section,
    about_ask,
    title_ask,
)

_ASSET = (
    Section(
        "What it is",
        (
            title_ask("Name", "What people here call it."),
            CATEGORY,
            about_ask("What is there, and what people can use it for."),
        ),
    ),
    WHERE,
    CONTACT,
    COVERS_MORE,
    Section("Opening, access and hire", PLACE_DETAILS, more=True),
    KEEPING,
)
_GROUP = (
    Section(
        "Who they are",
        (
            title_ask("Name of the group", "As they call themselves."),
            CATEGORY,
            about_ask("What they do, and for whom."),
            Ask("meeting_pattern", "When they meet", "repeats"),
        ),
    ),
    WHERE,
    CONTACT,
    COVERS_MORE,
    Section(
        "About the group",
        (
            Ask("alt_names", "Other names", "lines", "One a line."),
            Ask("size_band", "How many people", "one", items=labels.choices(words.SIZE_BANDS)),
            Ask("charity_number", "Charity number", width="10", longest=20),
            Ask("company_number", "Company number", width="10", longest=20),
            Ask(
                "constituted",
                "Has a constitution",
                "one",
                items=(("", "Not known"), ("yes", "Yes"), ("no", "No")),
            ),
            Ask("last_contacted_on", "Last contacted on", "day"),
        ),
        more=True,
    ),
    Section("Opening, access and hire", PLACE_DETAILS, more=True),
    KEEPING,
)
_OFFER = (
    Section(
        "The offer",
        (
            title_ask("What is offered", "Such as “Hot lunch for anyone on Tuesdays”."),
            CATEGORY,
            about_ask("What people get, and how."),
            Ask("quantity", "How much", "number", width="5"),
            Ask("unit", "Of what", "one", items=(("", "Not said"), *labels.choices(words.UNITS))),
        ),
    ),
    Section("Who offers it", (Ask("offeror", "Group or place", "offeror"),)),
    WHERE,
    COVERS,
    Section(
        "When",
        (
            Ask("pattern", "On which days", "repeats"),
            Ask("available_from", "First day", "day"),
            Ask("available_to", "Last day", "day"),
            Ask("notice_days", "Notice needed", "number", width="3", suffix="days"),
            Ask("expires_on", "Ask again by", "day", "Left empty: six months from today."),
        ),
    ),
    Section(
        "Cost, conditions and checks",
        (
            Ask("cost_pence", "Cost", "money", "In pounds. Left empty: free.", width="5"),
            Ask("conditions", "Conditions", "prose", "Who may use it, and what for.", longest=1000),
            Ask("checks_needed", "Checks needed", "many", items=labels.choices(words.CHECKS)),
            Ask(
                "check_status",
                "Where the checks stand",
                "one",
                items=labels.choices(words.CHECK_STATUSES),
            ),
        ),
        more=True,
    ),
    KEEPING,
)
_FINDING = (
    Section(
        "What was found",
        (
            title_ask("In a few words", "Such as “Street light out by the steps”."),
            CATEGORY,
            Ask("severity", "How bad is it?", "radios", items=labels.SEVERITIES),
            Ask("direction", "What sort of thing is it?", "radios", items=labels.DIRECTIONS),
            about_ask("What was seen, heard or felt. Name nobody."),
        ),
    ),
    WHERE,
    Section(
        "When, and by whom",
        (
            Ask("observed_at", "When it was seen", "moment", "Left empty: now."),
            Ask("time_of_day", "At which time", "one", items=labels.choices(words.TIMES_OF_DAY)),
            Ask("observer_kind", "Who saw it", "one", items=labels.choices(words.OBSERVERS)),
            Ask("external_ref", "Reference elsewhere", "text", "Such as a council case number."),
        ),
        more=True,
    ),
    COVERS_MORE,
    KEEPING,
)
_WALKABOUT = (
    Section(
        "The walk",
        (
            title_ask("Title", "Such as “Mill Lane after dark”."),
            Ask("starts_at", "Starts", "moment", needed=True),
            Ask("ends_at", "Ends", "moment"),
            Ask("aims", "Aims", "prose", longest=2000),
            about_ask("Meeting point, route, what to bring."),
        ),
    ),
    GROUND,
    Section(
        "Streets and stops",
        (
            Ask(
                "stops",
                "What to pass, in order",
                "stops",
                "One a line, at most 60. A place may follow a bar, as longitude and latitude:"
                " Mill Lane shops | -1.9301, 53.7201",
            ),
        ),
        more=True,
    ),
    Section("Who walks", (Ask("participants", "How many of each walked", "party"), SCAN)),
    Section(
        "How it was",
        (
            Ask("summary", "Summary", "prose", "What was seen, in short.", longest=4000),
            Ask("weather", "Weather", longest=40, width="20"),
            Ask(
                "light",
                "Light",
                "one",
                items=(("", "Not said"), *labels.choices(words.LIGHTS)),
            ),
        ),
        more=True,
    ),
    Section("Address of the meeting point", ADDRESS, more=True),
    COVERS_MORE,
    KEEPING,
)
_ENGAGEMENT = (
    Section(
        "The event",
        (
            title_ask("Title", "What people will read on the invitation."),
            Ask(
                "engagement_kind",
                "Kind of event",
                "one",
                items=labels.choices(words.ENGAGEMENT_KINDS),
            ),
            Ask("starts_at", "Starts", "moment", needed=True),
            Ask("ends_at", "Ends", "moment", needed=True),
            Ask("format", "How people take part", "one", items=labels.choices(words.FORMATS)),
            Ask(
                "join_link",
                "Link to join online",
                hint="If it is held online, or both ways. Whoever sees the event, and everybody"
                " who is invited, reads it.",
                longest=300,
            ),
            about_ask("What will happen."),
        ),
    ),
    WHERE,
    Section(
        "What it is for",
        (
            Ask("theme", "Theme", longest=120),
            Ask("focal_question", "The question it asks", longest=500),
            Ask("aims", "Aims", "prose", longest=2000),
            Ask("audience", "Who should come", longest=500),
            Ask("capacity", "Places", "number", width="5"),
            Ask("accessibility_plan", "Access plan", "prose", longest=2000),
            Ask(
                "ask_who",
                "Who to ask about it",
                hint="By role, or by the name they go by at work. Whoever sees the event reads it.",
                longest=120,
            ),
            Ask(
                "ask_how",
                "How to reach them",
                hint="A work number or address that may stand on a poster.",
                longest=200,
            ),
        ),
    ),
    Section(
        "Influence, and what came of it",
        (
            Ask(
                "influence_level",
                "How much people decide",
                "one",
                items=(("", "Not said"), *labels.choices(words.INFLUENCE_LEVELS)),
            ),
            Ask("influence_statement", "What can change", "prose", longest=1000),
            Ask("use_of_input", "How what is said will be used", "prose", longest=1000),
            Ask("tier", "Tier", "one", items=labels.TIERS),
            SCAN,
            Ask("attendance_count", "How many came", "number", width="5"),
            Ask("feedback_due", "Tell people the outcome by", "day"),
        ),
        more=True,
    ),
    COVERS_MORE,
    KEEPING,
)
_HOTSPOT = (
    Section(
        "The concern",
        (
            title_ask("Title", "The place and the concern, such as “Station steps, evenings”."),
            about_ask("What gathers there, and what is known."),
            Ask("period_from", "From", "day", needed=True),
            Ask("period_to", "To", "day", "Left empty: it goes on."),
            Ask("time_band", "Time of day", hint="Such as 18:00 to 23:00.", longest=20, width="20"),
        ),
    ),
    GROUND,
    Section(
        "How it was measured",
        (
            Ask("measure", "Measured by", "one", items=labels.choices(words.MEASURES)),
            Ask("value", "Value", "number", width="10"),
            Ask("rank", "Rank", "number", width="5"),
            Ask("method", "Method", longest=20, width="20"),
            Ask(
                "confidence",
                "How sure we are",
                "one",
                items=labels.choices(words.CONFIDENCE_LEVELS),
            ),
        ),
        more=True,
    ),
    Section("Address", ADDRESS, more=True),
    COVERS_MORE,
    KEEPING,
)
SECTIONS: dict[Kind, tuple[Section, ...]] = {
    Kind.ASSET: _ASSET,
    Kind.GROUP: _GROUP,
    Kind.OFFER: _OFFER,
    Kind.FINDING: _FINDING,
    Kind.WALKABOUT: _WALKABOUT,
    Kind.ENGAGEMENT: _ENGAGEMENT,
    Kind.HOTSPOT: _HOTSPOT,
}
SHAPES: dict[Kind, str] = {Kind.WALKABOUT: "polygon", Kind.HOTSPOT: "polygon"}


def asks(kind: Kind) -> Iterator[Ask]:
    """Every question of a kind's form."""
    for section in SECTIONS[kind]:
        yield from section.asks
