"""Whatever the network does, nothing a phone queued is lost or doubled, and conflicts show.

`ASSETMAP_PHONES=10000 pytest tests/api/test_phones.py` walks that many phones; with
`ASSETMAP_FIRST_PHONE=500` the 501st and those after it.
"""

import os
import random
from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.models import Entry, History, Link, Proposal, Receipt, User
from tests.api.conftest import Place
from tests.api.phones import Job, Phone
from tests.make import commit

PHONES = int(os.environ.get("ASSETMAP_PHONES", "12"))
FIRST = int(os.environ.get("ASSETMAP_FIRST_PHONE", "0"))
SIZES = (1, 2, 3, 4, 9)  # of queues


def test_phones_on_a_bad_day_lose_nothing_double_nothing_and_hide_no_conflict(
    place: Place, session: Session
) -> None:
    there = session.scalar(select(func.count()).select_from(Entry))
    assert session.scalar(select(func.count()).select_from(User)) == 2
    phones = []
    for seed in range(FIRST, FIRST + PHONES):
        draw = random.Random(seed)  # noqa: S311  # a day, no secret
        phone = Phone(place.ours, place.entries["walkabout"], draw)
        phone.fill(draw.choice(SIZES))

        def desk(job: Job, draw: random.Random = draw) -> None:
            """Somebody changes the same entry, the same field or another, from what is there."""
            address = f"/api/{job.kind}s/{job.uid}"
            now = place.ours.get(address)
            name = draw.choice(("description", "address"))
            said = {name: f"desk {draw.random()}"}
            done = place.ours.ask(
                "PATCH", address, json=said, headers={"If-Match": now.headers["ETag"]}
            )
            assert done.status_code == 200, done.get_json()

        phone.walk(desk)
        phones.append(phone)
    commit()

    jobs = {(phone.device, job.number): job for phone in phones for job in phone.jobs}
    receipts = {(str(one.device), one.number) for one in session.scalars(select(Receipt))}
    assert receipts == set(jobs)
    for phone in phones[:3]:
        said = place.ours.get(f"/api/walk/receipts/{phone.device}").get_json()
        count = len(phone.jobs)
        assert said == {"count": count, "highest": count, "missing": []}

    puts = [job for job in jobs.values() if job.what == "put"]
    changes = [job for job in jobs.values() if job.what == "change"]
    made = session.scalar(select(func.count()).select_from(Entry))
    assert made == (there or 0) + len(puts)
    tied = select(func.count()).select_from(Link).where(Link.relation == "found_on")
    assert session.scalar(tied) == len(puts) + 1  # the place's own

    written = Counter(
        row.changes["description"][1]
        for row in session.scalars(select(History))
        if "description" in row.changes
    )
    kept = Counter(one.changes["description"] for one in session.scalars(select(Proposal)))
    for job in changes:  # each is in the entry's history or waits for a person, and only once
        assert written[job.value] + kept[job.value] == 1, job
        if {202, 409} & set(job.answers):
            assert kept[job.value] == 1, job
    assert sum(kept.values()) == session.scalar(select(func.count()).select_from(Proposal))
    assert {status for job in jobs.values() for status in job.answers} <= {200, 201, 202, 409}
    looked_at = select(History.entry_id).where(History.verb == "checked").distinct()
    seen = {job.uid for job in jobs.values() if job.what == "check"}
    assert len(session.scalars(looked_at).all()) == len(seen)
