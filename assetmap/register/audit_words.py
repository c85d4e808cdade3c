"""A row of the audit as a sentence that somebody reads."""

from assetmap.models import AuditEntry
from assetmap.register import audit_said
from assetmap.register.audit_reading import MOST_NAMED, Line
from assetmap.vocabulary import PURPOSES, ROLE_LABELS, ActorKind, AuditAction, Channel

LABELS = {
    AuditAction.CREATED: "added",
    AuditAction.CHANGED: "changed",
    AuditAction.CHECKED: "checked",
    AuditAction.WITHDRAWN: "withdrew",
    AuditAction.BROUGHT_BACK: "brought back",
    AuditAction.MERGED: "merged",
    AuditAction.UNMERGED: "took apart a merge of",
    AuditAction.LINKED: "linked",
    AuditAction.UNLINKED: "unlinked",
    AuditAction.PHOTO_ADDED: "added a photo of",
    AuditAction.PHOTO_REMOVED: "removed a photo of",
    AuditAction.VOICE_NOTE_ADDED: "added a voice note of",
    AuditAction.VOICE_NOTE_REMOVED: "removed a voice note of",
    AuditAction.IMPORTED: "imported",
    AuditAction.IMPORT_UNDONE: "took back the import of",
    AuditAction.RECATEGORISED: "gave another category to",
    AuditAction.LOADED: "loaded",
    AuditAction.READ: "read",
    AuditAction.EXPORTED: "downloaded",
    AuditAction.SHARED: "shared",
    AuditAction.SIGNED_IN: "signed in",
    AuditAction.SIGNED_OUT: "signed out",
    AuditAction.LINK_SENT: "asked for a link to sign in",
    AuditAction.SIGN_IN_FAILED: "tried to sign in and could not",
    AuditAction.ROLE_CHANGED: "changed the role of",
    AuditAction.TOKEN_MADE: "made a token for",
    AuditAction.TOKEN_REVOKED: "revoked a token of",
    AuditAction.APPROVED: "approved",
    AuditAction.REFUSED: "refused",
    AuditAction.CONSENT_GIVEN: "kept what was agreed by",
    AuditAction.CONSENT_WITHDRAWN: "kept a withdrawal by",
    AuditAction.SUPPRESSED: "changed whether anything may be sent to",
    AuditAction.PROPOSED: "suggested a change to",
    AuditAction.PROPOSAL_ACCEPTED: "accepted what was suggested about",
    AuditAction.PROPOSAL_REFUSED: "refused what was suggested about",
    AuditAction.PROPOSAL_WITHDRAWN: "took back what they suggested about",
    AuditAction.INVITED: "kept that they had invited",
    AuditAction.ASKED_HELP: "asked for the help of",
    AuditAction.OWNER_INVITED: "invited the owner of",
    AuditAction.CLAIMED: "took up the invitation to keep",
    AuditAction.CLAIM_ENDED: "ended what the owner may suggest of",
    AuditAction.ERASED: "erased",
    AuditAction.ANONYMISED: "anonymised",
    AuditAction.KEPT: "had kept longer",
    AuditAction.PLANNED: "planned to clear",
    AuditAction.SEARCHED: "searched all that is held for",
    AuditAction.TRIMMED: "cut off the oldest rows of the audit",
}
ALONE = frozenset(
    {
        AuditAction.SIGNED_IN,
        AuditAction.SIGNED_OUT,
        AuditAction.LINK_SENT,
        AuditAction.SIGN_IN_FAILED,
        AuditAction.TRIMMED,
    }
)
_AS = {
    Channel.CSV: "as CSV",
    Channel.GEOJSON: "as GeoJSON",
    Channel.GEOPACKAGE: "as GeoPackage",
    Channel.GPX: "as GPX",
    Channel.PAPER: "as a paper pack",
    Channel.DOCUMENT: "as a document",
    Channel.JSON: "by the API",
    Channel.CLI: "on the command line",
    Channel.JOB: "in the background",
}
_THINGS = {
    "import": "an import",
    "category": "a category",
    "partner": "a partner",
    "team": "a team",
    "area": "areas",
    "postcode": "postcodes",
    "population": "how many people live where",
    "user": "a person",
    "audit": "the audit",
    "person": "a contact",
    "agreement": "a sharing agreement",
    "subject_request": "a request about somebody’s own details",
    "retention": "what was kept long enough",
    "retention_rule": "how long something is kept",
    "referral": "a referral",
    "proposal": "something new",
    "claim": "a listing",
    "invite_list": "an invite list",
    "saved_search": "a saved search",
    "collection": "a collection",
    "help_request": "a request for help",
}
_SAY_HOW = frozenset({AuditAction.READ, AuditAction.EXPORTED, AuditAction.SHARED})


def who(line: Line) -> str:
    """Whoever did it, with the teams they are in today."""
    row = line.row
    if row.actor_kind == ActorKind.PUBLIC:
        return "Somebody who had not signed in"
    if row.actor_kind == ActorKind.OPERATOR:
        return "The operator of the service"
    if line.person is None:
        return "The service itself" if row.actor_id is None else "Somebody who has left"
    teams = f" ({', '.join(line.teams)})" if line.teams else ""
    whose = f"A program of {line.person.name}" if row.actor_kind == ActorKind.TOKEN else ""
    return f"{whose or line.person.name}{teams}"


def did(line: Line) -> str:
    """What they did, as far as it is said before the records are named."""
    row = line.row
    action = AuditAction(row.action)
    if action in ALONE:
        return LABELS[action]
    return f"{LABELS[action]} {_what(line)}"


def rest(line: Line) -> str:
    """How, which fields, and for what."""
    row = line.row
    said = ""
    if row.action in _SAY_HOW and row.channel in _AS:
        said += f" {_AS[Channel(row.channel)]}"
    if row.fields:
        said += f": {', '.join(name.replace('_', ' ') for name in row.fields)}"
    if filters := row.details.get("filters"):
        said += f" (narrowed by {', '.join(filters)})"
    said += _role(line)
    if row.purpose:
        said += f", for “{purpose(row)}”"
    if row.agreement_id is not None:
        called = f"“{line.agreement}”" if line.agreement else str(row.agreement_id)
        said += f", under agreement {called}"
    return said


def _role(line: Line) -> str:
    """Which role was given, taken or limited."""
    for verb in ("given", "taken", "limited"):
        if role := line.row.details.get(verb):
            return f": {verb} {ROLE_LABELS.get(role, role).lower()}"
    return ": shut out" if line.row.details.get("shut_out") else ""


def sentence(line: Line) -> str:
    """All of it, the records named that may be."""
    names = ", ".join(f"{entry.ref} {entry.title}" for entry in line.named)
    middle = f" ({names})" if names else ""
    return f"{who(line)} {did(line)}{middle}{rest(line)}."


def purpose(row: AuditEntry) -> str:
    """A purpose in words: one to choose from, or what was typed, while that is kept."""
    return audit_said.words_of(row) or PURPOSES.get(row.purpose, row.purpose)


def _what(line: Line) -> str:
    row = line.row
    thing = line.whom or _THINGS.get(row.entity, "")
    if thing and not line.count:
        return thing
    others = 1 if row.uid is not None else 0  # the thing itself is among the subjects
    count = line.count - (others if line.count == row.subject_count else 0)
    if thing and count <= 0:
        return thing
    noun = row.details.get("kind", "entry")
    if count == 1:
        return f"1 {noun}" if not line.named else f"{_article(noun)} {noun}"
    plural = "entries" if noun == "entry" else f"{noun}s"
    part = "" if count + others >= row.subject_count else " of your teams"
    return f"{count:,} {plural}{part}"


def _article(noun: str) -> str:
    return "an" if noun[0] in "aeiou" else "a"


__all__ = ["LABELS", "MOST_NAMED", "did", "purpose", "rest", "sentence", "who"]
