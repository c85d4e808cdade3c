"""A year of Alderbrook's register, as plain records that a loader can put in the database.

`records(town(), today)` is the same for the same day, and its dates are counted back from it.
"""

from datetime import date

from assetmap.demo.assets import add_assets
from assetmap.demo.fieldwork import add_engagements, add_hotspots, add_walkabouts
from assetmap.demo.findings import add_findings
from assetmap.demo.ledger import Ledger, Record
from assetmap.demo.offers import add_offers
from assetmap.demo.stories import CAME_OF_IT
from assetmap.demo.town import Town

__all__ = ["Record", "records"]


def records(town: Town, today: date) -> list[Record]:
    """Every record of the year that ends today, oldest first, with its links."""
    ledger = Ledger(town, today)
    add_assets(ledger)
    add_hotspots(ledger)
    add_walkabouts(ledger)
    add_engagements(ledger)
    add_findings(ledger)
    add_offers(ledger)
    for start, end in CAME_OF_IT:
        ledger.link(start, "led_to", end)
    _findings_that_led_to_events(ledger)
    return ledger.linked()


def _findings_that_led_to_events(ledger: Ledger) -> None:
    """The gravest findings of a walk led to the first event about the same hotspot after it."""
    events = sorted(ledger.of("engagement"), key=lambda r: r.fields["starts_at"])
    gravest = 3
    for finding in ledger.of("finding"):
        about = [end for name, end in ledger.links.get(finding.key, {}) if name == "about"]
        if not about or finding.fields["severity"] < gravest:
            continue
        for event in events:
            same = ("about", about[0]) in ledger.links.get(event.key, {})
            if same and event.fields["starts_at"] > finding.created_at:
                ledger.link(finding.key, "led_to", event.key)
                break
