"""The closed lists of words that records use, in the order people should meet them."""

import enum


class Kind(enum.StrEnum):
    """What an entry is."""

    ASSET = "asset"
    GROUP = "group"
    OFFER = "offer"
    FINDING = "finding"
    WALKABOUT = "walkabout"
    ENGAGEMENT = "engagement"
    HOTSPOT = "hotspot"

    @property
    def plural(self) -> str:
        """As in addresses: /assets/, /api/groups/…"""
        return f"{self.value}s"

    @property
    def prefix(self) -> str:
        """As in references: AST-000123."""
        return _PREFIXES[self]


_PREFIXES = dict(zip(Kind, ("AST", "GRP", "OFF", "FND", "WLK", "ENG", "HOT"), strict=True))
KIND_OF_PLURAL = {kind.plural: kind for kind in Kind}
KIND_OF_PREFIX = {prefix: kind for kind, prefix in _PREFIXES.items()}


class Visibility(enum.StrEnum):
    """Who may see an entry, from the most to the fewest."""

    PUBLIC = "public"
    PARTNER = "partner"
    TEAM = "team"
    RESTRICTED = "restricted"


class Precision(enum.StrEnum):
    """How closely an entry's place is shown to anyone."""

    EXACT = "exact"
    STREET = "street"
    POSTCODE = "postcode"
    LSOA = "lsoa"
    WARD = "ward"
    NONE = "none"


class LocationMethod(enum.StrEnum):
    """How the place was found."""

    GPS = "gps"
    MAP_CLICK = "map_click"
    ADDRESS = "address"
    POSTCODE = "postcode"
    GRID_REF = "grid_ref"
    AREA_ONLY = "area_only"
    IMPORTED = "imported"


class CheckedHow(enum.StrEnum):
    """How somebody last made sure of an entry."""

    VISIT = "visit"
    PHONE = "phone"
    EMAIL = "email"
    ONLINE = "online"
    TOLD = "told"
    IMPORTED = "imported"


class Relation(enum.StrEnum):
    """How one entry is tied to another; read as "from … relation … to"."""

    FOUND_ON = "found_on"
    RAISED_AT = "raised_at"
    ABOUT = "about"
    OFFERED_BY = "offered_by"
    HELD_AT = "held_at"
    ANSWERS = "answers"
    LED_TO = "led_to"
    SAME_AS = "same_as"


class Role(enum.StrEnum):
    """What a person may do in a team."""

    VIEWER = "viewer"
    LOGGER = "logger"
    EDITOR = "editor"
    ORGANISER = "organiser"
    ANALYST = "analyst"
    APPROVER = "approver"
    DATA_OFFICER = "data_officer"
    AUDITOR = "auditor"
    ADMIN = "admin"


PRIVILEGED = frozenset({Role.APPROVER, Role.DATA_OFFICER, Role.AUDITOR, Role.ADMIN})
ROLE_LABELS = {role.value: role.value.replace("_", " ").capitalize() for role in Role}
ROLE_LABELS |= {Role.ADMIN.value: "Administrator"}


class TokenScope(enum.StrEnum):
    """What a token for the JSON door may do."""

    READ = "read"
    WRITE = "write"


class AreaType(enum.StrEnum):
    """What sort of area."""

    OA = "oa"
    LSOA = "lsoa"
    MSOA = "msoa"
    WARD = "ward"
    PARISH = "parish"
    LAD = "lad"
    CSP = "csp"
    PFA = "pfa"
    BCU = "bcu"
    NEIGHBOURHOOD = "neighbourhood"
    CUSTOM = "custom"


# In which order areas are listed: those that people know by name first, the ones made for
# counting last, from big to small.
AREA_TYPES_AS_KNOWN: tuple[str, ...]
AREA_TYPES_AS_KNOWN = ("neighbourhood", "custom", "ward", "parish", "lad", "csp", "bcu", "pfa")
AREA_TYPES_AS_KNOWN += ("msoa", "lsoa", "oa")

AREA_TYPE_LABELS = {
    "oa": "Output area",
    "lsoa": "Small area (LSOA)",
    "msoa": "Middle area (MSOA)",
    "ward": "Ward",
    "parish": "Parish",
    "lad": "District",
    "csp": "Community safety partnership",
    "pfa": "Police force area",
    "bcu": "Basic command unit",
    "neighbourhood": "Neighbourhood",
    "custom": "Custom patch",
}
AREA_TYPE_PLURALS = {kind: f"{label}s" for kind, label in AREA_TYPE_LABELS.items()} | {
    "lsoa": "Small areas (LSOA)",
    "msoa": "Middle areas (MSOA)",
    "parish": "Parishes",
    "custom": "Custom patches",
}

FACILITIES = (
    "step_free",
    "hearing_loop",
    "toilets",
    "changing_place",
    "parking",
    "kitchen",
    "wifi",
    "projector",
    "baby_change",
    "prayer_room",
)
CONFIDENCES = ("seen", "told", "desk", "imported")
SIZE_BANDS = ("1-9", "10-49", "50-199", "200+", "unknown")
UNITS = ("hours", "items", "places", "pence", "sessions", "other")
CHECKS = ("dbs", "insurance", "food_hygiene", "driving", "first_aid")
CHECK_STATUSES = ("not_needed", "pending", "passed", "failed", "expired")
DIRECTIONS = ("problem", "strength", "perception", "vulnerability")
TIMES_OF_DAY = ("day", "dusk", "night", "any")
OBSERVERS = ("resident", "officer", "council", "partner", "child_group", "unknown")
SCAN_STATUSES = ("pending", "none", "found", "not_applicable")
LIGHTS = ("day", "dusk", "dark")
ENGAGEMENT_KINDS = (
    "innovation_hub",
    "focus_group",
    "public_meeting",
    "surgery",
    "street_briefing",
    "walkabout_launch",
    "workshop",
    "consultation",
    "survey",
    "policy",
    "advisory_group",
    "beat_meeting",
    "conference",
    "training",
    "other",
)
FORMATS = ("in_person", "virtual", "hybrid")
INFLUENCE_LEVELS = ("inform", "consult", "involve", "collaborate", "empower")
MEASURES = ("count", "harm", "rate", "findings_per_km")
CONFIDENCE_LEVELS = ("high", "medium", "low")
CONTACTS_OPEN_TO = ("public", "partner", "team")


class SharedField(enum.StrEnum):
    """What of an entry fewer people may read than may see the entry."""

    CONTACT = "contact"
    EXACT_LOCATION = "exact_location"
    NOTES = "notes"
    PHOTOS = "photos"


class LawfulBasis(enum.StrEnum):
    """The ground in UK GDPR that people's details are used on."""

    PUBLIC_TASK = "public_task"
    CONSENT = "consent"
    LEGITIMATE_INTERESTS = "legitimate_interests"
    RECOGNISED_LEGITIMATE_INTEREST = "recognised_legitimate_interest"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"


class ContactPurpose(enum.StrEnum):
    """What somebody's details are used for."""

    SERVICE = "service"
    ENGAGEMENT_INVITE = "engagement_invite"
    PROMOTION = "promotion"
    SHARING = "sharing"


class ContactChannel(enum.StrEnum):
    """The way by which somebody is reached."""

    EMAIL = "email"
    PHONE = "phone"
    SMS = "sms"
    POST = "post"
    IN_PERSON = "in_person"


class ConsentMethod(enum.StrEnum):
    """How somebody agreed, or withdrew. A link is one in a message; a merge keeps the stricter."""

    WEB = "web"
    PAPER = "paper"
    VERBAL = "verbal"
    LINK = "link"
    MERGE = "merge"


class GivenBy(enum.StrEnum):
    """Whose word it was: their own, or that of somebody who may speak for them."""

    SELF = "self"
    ON_BEHALF = "on_behalf"


class SuppressionReason(enum.StrEnum):
    """Why nothing goes to an address."""

    WITHDRAWN = "withdrawn"
    OBJECTION = "objection"
    BOUNCE = "bounce"
    ERASED = "erased"


PARTNER_KIND_LABELS = {
    "police": "Police",
    "council": "Council",
    "fire": "Fire and rescue",
    "health": "Health",
    "housing": "Housing",
    "education": "Education",
    "vcs": "Voluntary and community sector",
    "business": "Business",
    "community": "Community group",
    "other": "Other",
}
PARTNER_KINDS = tuple(PARTNER_KIND_LABELS)


class ActorKind(enum.StrEnum):
    """Who did something that the audit tells of."""

    PERSON = "person"
    TOKEN = "token"  # noqa: S105
    OPERATOR = "operator"
    PUBLIC = "public"
    JOB = "job"


class AuditAction(enum.StrEnum):
    """What was done, as the audit has it."""

    CREATED = "created"
    CHANGED = "changed"
    CHECKED = "checked"
    WITHDRAWN = "withdrawn"
    BROUGHT_BACK = "brought_back"
    MERGED = "merged"
    UNMERGED = "unmerged"
    LINKED = "linked"
    UNLINKED = "unlinked"
    PHOTO_ADDED = "photo_added"
    PHOTO_REMOVED = "photo_removed"
    VOICE_NOTE_ADDED = "voice_note_added"
    VOICE_NOTE_REMOVED = "voice_note_removed"
    IMPORTED = "imported"
    IMPORT_UNDONE = "import_undone"
    RECATEGORISED = "recategorised"
    LOADED = "loaded"
    READ = "read"
    EXPORTED = "exported"
    SHARED = "shared"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    LINK_SENT = "link_sent"
    SIGN_IN_FAILED = "sign_in_failed"
    ROLE_CHANGED = "role_changed"
    TOKEN_MADE = "token_made"  # noqa: S105
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    APPROVED = "approved"
    REFUSED = "refused"
    CONSENT_GIVEN = "consent_given"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    SUPPRESSED = "suppressed"
    PROPOSED = "proposed"
    PROPOSAL_ACCEPTED = "proposal_accepted"
    PROPOSAL_REFUSED = "proposal_refused"
    PROPOSAL_WITHDRAWN = "proposal_withdrawn"
    INVITED = "invited"
    ASKED_HELP = "asked_help"
    OWNER_INVITED = "owner_invited"
    CLAIMED = "claimed"
    CLAIM_ENDED = "claim_ended"
    ERASED = "erased"
    ANONYMISED = "anonymised"
    KEPT = "kept"
    PLANNED = "planned"
    SEARCHED = "searched"
    TRIMMED = "trimmed"


class Channel(enum.StrEnum):
    """The way by which something left or came."""

    PAGE = "page"
    JSON = "json"
    CSV = "csv"
    GEOJSON = "geojson"
    GEOPACKAGE = "gpkg"
    GPX = "gpx"
    PAPER = "paper"
    DOCUMENT = "document"
    CLI = "cli"
    JOB = "job"


PURPOSES = {
    "finding_help": "Finding help for a resident or a group",
    "planning": "Planning an event, a walkabout or who to invite",
    "keeping": "Keeping the register right",
    "sharing": "Sharing under an agreement",
    "rights": "Answering somebody who asked about their own details",
    "other": "Something else",
}


class ReferralCategory(enum.StrEnum):
    """What is passed on instead of being written on the register."""

    CRIME_IN_ACTION = "crime_in_action"
    SAFEGUARDING_ADULT = "safeguarding_adult"
    SAFEGUARDING_CHILD = "safeguarding_child"
    INTELLIGENCE = "intelligence"
    HATE = "hate"
    TERRORISM = "terrorism"
    MODERN_SLAVERY = "modern_slavery"


REFERRAL_LABELS = {
    "crime_in_action": "A crime that is happening",
    "safeguarding_adult": "An adult at risk",
    "safeguarding_child": "A child at risk",
    "intelligence": "Something the police should know",
    "hate": "Hate",
    "terrorism": "Terrorism or extremism",
    "modern_slavery": "Modern slavery",
}
REFERRAL_STATES = ("raised", "sent", "acknowledged", "returned", "purged")
URGENCIES = ("immediate", "same_day", "routine")
RETURNED_WHY = ("not_theirs", "other_office", "known_already", "not_needed")
