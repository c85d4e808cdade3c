"""An entry's own fields as rows of words, in the order people ask for them."""

from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from assetmap import access
from assetmap.access import Viewer
from assetmap.errors import Invalid
from assetmap.formats import recurrence
from assetmap.models import Asset, Engagement, Finding, Group, Hotspot, Offer, Walkabout
from assetmap.register.stories import AreaName, Story
from assetmap.vocabulary import SharedField
from assetmap.web import labels

Row = tuple[str, Any]


def of(story: Story, *, viewer: Viewer) -> list[Row]:
    """The rows of a story's entry; rows without a value are left for the template to drop."""
    entry = story.entry
    own: list[Row] = []
    match entry:
        case Offer():
            own = _offer(entry, story)
        case Finding():
            own = _finding(entry)
        case Group():
            own = [*_group(entry), *_place(entry, story)]
        case Asset():
            own = _place(entry, story)
        case Walkabout():
            own = [*_walkabout(entry), *_scan(entry, story, viewer)]
        case Engagement():
            own = [*_engagement(entry), *_scan(entry, story, viewer)]
        case Hotspot():
            own = _hotspot(entry)
    rows = [*own, *_where(story), *_keeping(story, viewer)]
    return [(label, _in_lines(value)) for label, value in rows]


def _in_lines(value: Any) -> Any:
    """Text that somebody wrote in several lines is shown so."""
    plain = isinstance(value, str) and not isinstance(value, Markup)
    if not plain or "\n" not in value:
        return value
    return Markup('<span class="lines">{}</span>').format(value)


def repeats(rule: str) -> str:
    """A recurrence in plain English; the rule itself when there is no saying it."""
    if not rule:
        return ""
    try:
        return recurrence.describe(rule)
    except Invalid:
        return rule


def _offer(offer: Offer, story: Story) -> list[Row]:
    amount = f"{offer.quantity.normalize():f}" if offer.quantity is not None else ""
    unit = "" if offer.unit in (None, "other") else labels.said(offer.unit).lower()
    checks = labels.listed(offer.checks_needed)
    return [
        ("Offered by", _named(story, offer.group_id or offer.asset_id) or offer.person_role),
        ("How much", f"{amount} {unit}".strip()),
        ("When", repeats(offer.pattern)),
        ("Available", labels.days(offer.available_from, offer.available_to)),
        ("Notice needed", _days(offer.notice_days)),
        ("Cost", labels.pounds(offer.cost_pence)),
        ("Conditions", offer.conditions),
        ("Checks needed", checks),
        ("Checks", labels.said(offer.check_status) if checks else ""),
        ("Ask again by", labels.day(offer.expires_on)),
    ]


def _finding(finding: Finding) -> list[Row]:
    partner = finding.assigned_partner
    when = "" if finding.time_of_day == "any" else labels.said(finding.time_of_day)
    observer = finding.observer_kind
    resolved = labels.moment(finding.resolved_at)
    return [
        ("How bad", dict(labels.SEVERITIES)[str(finding.severity)]),
        ("Sort", dict(labels.DIRECTIONS)[finding.direction]),
        ("Seen", labels.moment(finding.observed_at)),
        ("Time of day", when),
        ("Seen by", "" if observer == "unknown" else labels.said(observer)),
        ("With", partner.name if partner else ""),
        ("Reference elsewhere", finding.external_ref),
        ("What was done", finding.resolution),
        ("Resolved", resolved),
        ("Verified by a resident", "Yes" if finding.verified_by_resident else ""),
    ]


def _group(group: Group) -> list[Row]:
    size = "" if group.size_band == "unknown" else f"{group.size_band} people"
    constituted = {True: "Yes", False: "No", None: ""}[group.constituted]
    return [
        ("Meets", repeats(group.meeting_pattern)),
        ("Also called", ", ".join(group.alt_names)),
        ("Size", size),
        ("Charity number", group.charity_number),
        ("Company number", group.company_number),
        ("Has a constitution", constituted),
        ("Last contacted", labels.day(group.last_contacted_on)),
    ]


def _place(asset: Asset, story: Story) -> list[Row]:
    return [
        ("Run by", _named(story, asset.operator_id)),
        *_contact(asset, story),
        ("Web", _link("", asset.website, asset.website)),
        ("Opening hours", asset.opening_hours),
        ("Facilities", labels.listed(asset.facilities)),
        ("Access", asset.accessibility_note),
        ("Holds", f"{asset.capacity:,} people" if asset.capacity is not None else ""),
        ("Cost", asset.cost_note),
        ("Terms of hire", asset.hire_terms),
        ("For", ", ".join(asset.serves)),
        ("Languages", ", ".join(map(labels.language, asset.languages))),
        ("How we know", labels.said(asset.confidence)),
    ]


def _contact(asset: Asset, story: Story) -> list[Row]:
    if SharedField.CONTACT not in story.reads:
        return [("Phone and e-mail", f"Ask {asset.team.name}")]
    return [
        ("Phone", _link("tel:", asset.phone, "".join(asset.phone.split()))),
        ("E-mail", _link("mailto:", asset.email, asset.email)),
    ]


def _walkabout(walk: Walkabout) -> list[Row]:
    return [
        ("When", labels.span(walk.starts_at, walk.ends_at)),
        ("Streets and stops", _in_order([one["name"] for one in walk.stops])),
        ("Who walked", labels.party(walk.participants)),
        ("Aims", walk.aims),
        ("Summary", walk.summary),
        ("Weather", walk.weather),
        ("Light", labels.said(walk.light)),
    ]


def _in_order(names: list[str]) -> str:
    if not names:
        return ""
    lines = Markup("").join(Markup("<li>{}</li>").format(name) for name in names)
    return Markup('<ol class="stops">{}</ol>').format(lines)


def _engagement(event: Engagement) -> list[Row]:
    came = event.attendance_count
    return [
        ("When", labels.span(event.starts_at, event.ends_at)),
        ("Kind of event", labels.said(event.engagement_kind)),
        ("Taking part", labels.said(event.format)),
        ("Join online", _link("", event.joined_at, event.joined_at)),
        ("Theme", event.theme),
        ("The question", event.focal_question),
        ("Aims", event.aims),
        ("Who should come", event.audience),
        ("Places", f"{event.capacity:,}" if event.capacity is not None else ""),
        ("How many came", f"{came:,}" if came is not None else ""),
        ("How much people decide", labels.said(event.influence_level)),
        ("What can change", event.influence_statement),
        ("How it will be used", event.use_of_input),
        ("Access", event.accessibility_plan),
        ("Who to ask", ", ".join(part for part in (event.ask_who, event.ask_how) if part)),
        ("Tier", dict(labels.TIERS)[str(event.tier)]),
        ("Outcome told by", labels.day(event.feedback_due)),
    ]


def _scan(entry: Walkabout | Engagement, story: Story, viewer: Viewer) -> list[Row]:
    """Whether it led to intelligence, which only its own team may know; who said so, and when."""
    if not access.sees_exactly(viewer, entry.team_id):
        return []
    said = {"none": "Nothing found", "found": "Found, and passed on"}.get(entry.scan_status)
    said = said or labels.said(entry.scan_status)
    answered = next((row for row in story.history if "scan_status" in row.changes), None)
    if entry.scanned_at is not None:
        said += f" ({labels.moment(entry.scanned_at)}"
        said += f", {answered.by.name})" if answered and answered.by else ")"
    return [("Intelligence scan", said)]


def _hotspot(spot: Hotspot) -> list[Row]:
    measured = "" if spot.value is None else f"{spot.value.normalize():f}"
    return [
        ("Period", labels.days(spot.period_from, spot.period_to)),
        ("Time of day", spot.time_band),
        ("Measured by", f"{labels.said(spot.measure)} {measured}".strip()),
        ("Rank", spot.rank),
        ("How sure we are", labels.said(spot.confidence)),
        ("Method", labels.said(spot.method)),
    ]


def _where(story: Story) -> list[Row]:
    entry = story.entry
    address = ", ".join(part for part in (entry.shown_address, entry.shown_postcode) if part)
    shown = [area for area in story.lies_in if area.type not in ("oa", "lsoa", "msoa")]
    radius = f"{entry.radius_m:,} m around" if entry.radius_m else ""
    covers = Markup("; ").join(part for part in (_areas(story.covers), radius) if part)
    accuracy = entry.accuracy_m
    return [
        ("Address", address),
        ("Lies in", _areas(shown)),
        ("Covers", covers),
        ("Place", labels.PRECISION_NOTES.get(entry.precision, "")),
        ("Placed by", labels.said(entry.location_method)),
        ("Accurate to", f"about {accuracy:,.0f} m" if accuracy else ""),
    ]


def _keeping(story: Story, viewer: Viewer) -> list[Row]:
    entry = story.entry
    seen_by = dict(labels.VISIBILITIES)[entry.visibility] if viewer.is_signed_in else ""
    return [
        ("Team notes", entry.notes if SharedField.NOTES in story.reads else ""),
        ("Tags", ", ".join(entry.tags)),
        ("Kept by", entry.team.name),
        ("Open to", seen_by),
        ("Check again by", labels.day(entry.review_due)),
        ("Source", ", ".join(part for part in (entry.source, entry.licence) if part)),
    ]


def _areas(areas: list[AreaName]) -> Markup:
    shown = (
        Markup('<a href="{}">{}</a> ({})').format(
            f"/areas/{quote(area.code, safe='')}?{urlencode({'type': area.type})}",
            area.name,
            labels.area_type(area.type).lower(),
        )
        for area in areas
    )
    return Markup(", ").join(shown)


def _named(story: Story, key: int | None) -> Markup | str:
    entry = story.around.get(key) if key is not None else None
    if entry is None:
        return "" if key is None else "A group or place that is not open to you"
    return Markup('<a href="{}">{}</a>').format(entry.path, entry.title)


def _link(scheme: str, said: str, target: str) -> Markup | str:
    if not said:
        return ""
    return Markup('<a href="{}{}" rel="nofollow noopener">{}</a>').format(
        scheme, target, escape(said)
    )


def _days(number: int | None) -> str:
    if number is None:
        return ""
    return "None" if number == 0 else f"{number} day{'' if number == 1 else 's'}"
