"""Where the register may hold something of a person: every column of text, searched or not.

A test walks all tables: a column of text that is in neither list, or in both, fails it. So
whoever adds a table says whether a person's name can get into it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Column, Table

from assetmap.db import Model


@dataclass(frozen=True)
class Place:
    """Columns of a table that a search for somebody reads.

    called: what a row is, to a reader. entry: the column that says which entry it belongs to.
    is_record: the row as a whole is about whoever these columns name. stays: why it can not be
    erased, where it can not.
    """

    table_name: str
    columns: tuple[str, ...]
    called: str
    entry: str = ""
    is_record: bool = False
    stays: str = ""

    @property
    def table(self) -> Table:
        """The table itself."""
        return Model.metadata.tables[self.table_name]

    @property
    def key(self) -> Column[int]:
        """The number of a row."""
        (only,) = self.table.primary_key.columns
        return only


ON_THE_AUDIT = "The account is never changed; its oldest rows are cut off after six years."
SEARCHED = (
    Place("app_user", ("name", "email"), "An account", is_record=True),
    Place("person", ("name", "display_name", "email", "phone"), "A contact", is_record=True),
    Place("person", ("notes", "no_role_reason", "withdrawn_why"), "Notes on a contact"),
    Place("person_role", ("title",), "A contact’s role", entry="entry_id"),
    Place(
        "entry",
        (
            *("title", "description", "notes", "address", "tags", "withdrawn_why"),
            *("source", "external_id", "licence"),
        ),
        "An entry",
        entry="id",
    ),
    Place(
        "asset",
        (
            *("email", "phone", "website", "opening_hours", "hire_terms"),
            *("cost_note", "accessibility_note"),
        ),
        "A place or group",
        entry="id",
    ),
    Place("community_group", ("alt_names",), "A group", entry="id"),
    Place("offer", ("person_role", "conditions"), "An offer", entry="id"),
    Place("finding", ("resolution", "external_ref"), "A finding", entry="id"),
    Place("walkabout", ("aims", "summary", "weather", "stops"), "A walkabout", entry="id"),
    Place(
        "engagement",
        (
            *("theme", "focal_question", "aims", "audience"),
            *("influence_statement", "use_of_input", "accessibility_plan"),
            *("ask_who", "ask_how", "join_link"),
        ),
        "An event",
        entry="id",
    ),
    Place(
        "action",
        ("theme", "you_said", "decision", "owner", "we_did", "why_not"),
        "What was said at an event",
        entry="engagement_id",
    ),
    Place("plan_item", ("note", "owner"), "The plan of an event", entry="engagement_id"),
    Place("event_note", ("text",), "A note of an event", entry="engagement_id"),
    Place("event_cost", ("what",), "What an event costs", entry="engagement_id"),
    Place("event_paper", ("what", "kept_at", "owner"), "An event’s papers", entry="engagement_id"),
    Place(
        "event_table",
        ("theme", "facilitator", "note_taker"),
        "A table at an event",
        entry="engagement_id",
    ),
    Place(
        "rich_picture",
        ("title", "made_by", "agreed_as"),
        "A rich picture of an event",
        entry="engagement_id",
    ),
    Place("picture_region", ("insight",), "What a rich picture tells"),
    Place(
        "event_part",
        ("title", "question", "target", "lead"),
        "The running order of an event",
        entry="engagement_id",
    ),
    Place("invite_list", ("name", "criteria", "words"), "An invite list"),
    Place("invite_reply", ("words",), "Words that went with an invitation"),
    Place("invite_act", ("reason",), "Somebody added to an invite list or taken off"),
    Place("invite_approval", ("words", "reason"), "Approval of an invite list"),
    Place("invite_panel", ("why",), "A panel drawn from an invite list"),
    Place(
        "help_request",
        ("title", "words", "place", "ask_who", "ask_how"),
        "Help that was asked for",
        entry="need_id",
    ),
    Place(
        "help_ask",
        ("words", "used_words", "thanks"),
        "What came of asking for help",
        entry="offer_id",
    ),
    Place("saved_search", ("name", "criteria"), "A saved search"),
    Place("collection", ("name",), "A collection"),
    Place("survey", ("questions",), "What is asked at an event", entry="engagement_id"),
    Place("counter", ("hangs_at",), "Where a code hangs", entry="leads_to_id"),
    Place("poll", ("asks", "options"), "What is asked at an event", entry="engagement_id"),
    Place("action_report", ("words",), "How a promise goes"),
    Place("telling", ("words",), "What people were told", entry="engagement_id"),
    Place(
        "attachment",
        ("alt_text", "caption", "transcript"),
        "A photo’s caption, or what a voice note says",
        entry="entry_id",
    ),
    Place("history", ("why", "changes"), "An entry’s history", entry="entry_id"),
    Place("merge", ("why", "moved"), "A merge of entries", entry="kept_id"),
    Place("import", ("filename", "problem", "source", "licence"), "An import"),
    Place("category", ("label", "scope_note"), "A category"),
    Place("category_change", ("why", "changes"), "A change of a category"),
    Place(
        "sharing_agreement",
        ("title", "purpose", "gateway", "terms", "ended_why"),
        "A sharing agreement",
    ),
    Place("partner", ("name",), "A body"),
    Place("team", ("name",), "A team"),
    Place("api_token", ("name",), "A token’s name"),
    Place("proposal", ("note", "changes", "reply_to", "answer"), "A suggestion", entry="entry_id"),
    Place("claim", ("email",), "An invitation to look after an entry", entry="entry_id"),
    Place("referral", ("sent_to", "force_reference"), "Something that was passed on"),
    Place("retention_run", ("reason",), "Why something was cleared"),
    Place("retention_decision", ("because",), "Why something was kept"),
    Place(
        "subject_request",
        ("name", "email", "phone", "words", "identity_how", "extended_why", "outcome"),
        "An earlier request",
    ),
    Place("audit_said", ("words",), "What somebody said it was for"),
    Place("audit_entry", ("purpose", "details"), "The account", stays=ON_THE_AUDIT),
)
_CLOSED = "one of a closed list of words"
_HASH = "a hash, a seal or a random key"
_CODE = "a code, a checksum or a version, none of them a person’s"
_DERIVED = "made from a column that is searched, and made anew when that changes"
_PLACES = "names of places, from published files"
_OWN = "what this search found, until its request is closed; or words we wrote"
_SEALED = "enciphered, and cleared within days of being handed over; whoever received it is asked"
_ON_ITS_WAY = "on its way to whoever it names, and let go of once it is mailed, or in three days"
_GIVEN = "a wording given to everybody, and bodies by name; it never names who agreed"
_BY_REASON: Mapping[str, tuple[str, ...]] = {
    _CLOSED: (
        *(
            "survey.open_for",
            "survey.shown",
            "survey_answer.phase",
            "survey_answer.given",
            "action_report.how_far",
            "poll.kind",
            "counter_day.step",
            "monitoring_count.dimension",
            "monitoring_count.category",
            "plan_item.status",
            "event_part.kind",
            "event_note.kind",
            *("rich_picture.shows", "rich_picture.scope", "rich_picture.agreed_by"),
            *("rich_picture.uses", "picture_region.corners"),
            "event_helper.job",
            "event_cost.kind",
            "event_paper.kind",
            "action.status",
            "telling.told_by",
            "telling.told_to",
            *("invitation.channel", "invite_act.verb", "invite_reply.state"),
            *("invite_reply.answered_by", "invite_reply.mail", "invite_reply.mail_kind"),
            *("invite_reply.mail_why", "invite_panel.state", "invite_place.state"),
            "invite_approval.state",
            *("help_request.role", "help_ask.channel", "help_ask.state", "help_ask.answered_by"),
            *("help_ask.mail", "help_ask.mail_why", "help_ask.thanked_by"),
        ),
        "receipt.what",
        "search_alert.every",
        *("map_cell.kind", "map_cell.status", "map_cell.visibility"),
        *("api_token.scope", "asset.confidence", "asset.facilities", "attachment.consent_scope"),
        *("attachment.mime", "referral_photo.mime"),
        *("audit_entry.action", "audit_entry.actor_kind", "audit_entry.channel"),
        *("audit_entry.entity", "audit_entry.fields", "category.default_visibility"),
        *("category.scheme", "category_change.verb", "community_group.size_band"),
        *("consent.channel", "consent.given_by", "consent.lawful_basis", "consent.method"),
        *("consent.purpose", "engagement.engagement_kind", "engagement.format"),
        *("engagement.influence_level", "engagement.scan_status", "entry.checked_how"),
        *("entry.contact_visibility", "entry.kind", "entry.location_method", "entry.precision"),
        *("entry.status", "entry.visibility", "finding.direction", "finding.observer_kind"),
        *("finding.time_of_day", "history.verb", "hotspot.confidence", "hotspot.measure"),
        *("import.kind", "import.status", "link.relation", "membership.role", "notice.purpose"),
        *("offer.check_status", "offer.checks_needed", "offer.unit", "partner.kind"),
        *("proposal.about", "proposal.accepted", "proposal.kind", "proposal.state"),
        *("referral.category", "referral.returned_why", "referral.status", "referral.urgency"),
        *(
            "person.preferred_channel",
            "person.got_from",
            "retention_decision.entity",
            "retention_item.status",
        ),
        *("retention_rule.action", "retention_rule.entity", "retention_rule.trigger"),
        *("retention_run.action", "retention_run.entity", "retention_run.status"),
        *("retention_run.trigger", "sharing_agreement.fields", "sharing_agreement.kinds"),
        *("sharing_agreement.lawful_basis", "subject_hit.decision", "subject_request.came_by"),
        *("subject_request.kind", "subject_request.paused_for", "subject_request.status"),
        *("suppression.channel", "suppression.purpose", "suppression.reason"),
        *("user_session.agent", "walkabout.light", "walkabout.participants"),
        *("walkabout.scan_status", "asset.serves"),
    ),
    _HASH: (
        *("survey.code", "survey_answer.pair", "poll.code", "poll_answer.voter"),
        *(
            "counter.code",
            "feed_address.secret_hash",
            "search_feed.secret_hash",
            "invite_reply.token_hash",
            "invite_approval.told_hash",
            "help_ask.token_hash",
        ),
        *("monitoring.code", "monitoring_sheet.sheet"),
        *("api_token.token_hash", "audit_anchor.hash", "audit_entry.hash", "audit_entry.ip_hash"),
        *(
            "audit_entry.prev_hash",
            "audit_said.salt",
            "audit_entry.request_id",
            "audit_entry.subject_hash",
        ),
        *(
            "audit_head.hash",
            "claim.token_hash",
            "proposal.digest",
            "authenticator.sealed_key",
            "recovery_code.code_hash",
        ),
        *("retention_run.proof", "sign_in_link.token_hash", "suppression.address_hash"),
        *("user_session.secret_hash", "work_account.account_hash"),
    ),
    _CODE: (
        *("asset.languages", "attachment.sha256", "category.code", "category_mapping.value"),
        *("category_mapping.vocabulary", "community_group.charity_number", "entry.postcode"),
        *("community_group.company_number", "community_group.meeting_pattern"),
        *("hotspot.method", "hotspot.time_band", "import.counts", "import.file_sha256"),
        *("import.mapping", "membership.areas", "membership.categories", "notice.language"),
        *("notice.version", "offer.pattern", "person.home_area_code", "person.language"),
        "referral.lsoa",
        *("sharing_agreement.areas", "sharing_agreement.categories"),
    ),
    _DERIVED: (
        *("asset.phone_digits", "entry.title_folded", "person.phone_digits"),
        *("search_word.word", "search_word_cut.cut", "search_word_cut.word"),
    ),
    "where people walked, without times, names or ends": ("track.lines",),
    "enciphered; read out with the contact it is of": ("invite_reply.needs_sealed",),
    "keys of the entries on a sheet of paper": ("paper_pack.entries",),
    "keys of people": ("invite_approval.people",),
    "keys of people and groups, and names of places": ("invite_snapshot.held",),
    "sections of a population and keys of groups, with numbers": (
        *("invite_panel.quotas", "invite_panel.eased", "invite_place.counts_for"),
    ),
    "how a lot was drawn, in words of its own": ("invite_panel.method", "invite_panel.problem"),
    _PLACES: (
        *("area.code", "area.name", "area.name_folded", "area.source", "area.type"),
        *("area.vintage", "postcode.introduced", "postcode.lad", "postcode.lsoa"),
        *("postcode.pcds", "postcode.release", "postcode.terminated", "postcode.ward"),
        *("population.area_code", "population.people", "population_profile.area_type"),
        *("population_profile.area_vintage", "population_profile.dimension"),
        *("population_profile.source", "population_profile.year"),
    ),
    _OWN: (
        *("subject_hit.hidden", "subject_hit.place", "subject_hit.ref", "subject_hit.spans"),
        *("subject_hit.text", "subject_hit.url", "subject_hit.why"),
    ),
    _SEALED: ("referral.sealed",),
    _ON_ITS_WAY: ("letter.email", "letter.subject", "letter.text", "letter.stop_at"),
    _GIVEN: (
        *("consent.controllers", "consent.notice_text", "consent.notice_version", "notice.text"),
    ),
}
NEVER: Mapping[str, str] = {
    column: reason for reason, columns in _BY_REASON.items() for column in columns
}
