"""Telling the data officers of both bodies that what they agreed to share ends soon."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from assetmap.register import agreements, letters

SUBJECT = "A sharing agreement ends {when}"
MESSAGE = """{title}

{giver} lets {receiver} see what this agreement says until {day:%-d %B %Y}. After that day it opens
nothing any more. If it is still needed, make another from it under Sharing agreements.
"""


def warn(session: Session, today: date) -> Sequence[str]:
    """Write to them 60, 30 and 7 days before; each threshold is told once. Gives a line for each
    agreement, for whoever runs this."""
    said = []
    for agreed, days in agreements.to_warn_of(session, today):
        when = "today" if days == 0 else "tomorrow" if days == 1 else f"in {days} days"
        giver = agreed.giver.name if agreed.giver else agreements.KEEPER
        text = MESSAGE.format(
            title=agreed.title, giver=giver, receiver=agreed.receiver.name, day=agreed.ends_on
        )
        to = agreements.officers_of(session, agreed)
        for one in to:
            letters.write(session, one, SUBJECT.format(when=when), text)
        said.append(f"{agreed.title} ends {when}: {len(to)} told.")
    return said
