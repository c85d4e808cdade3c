"""Phones on a bad day, made up from a number: what they queue, and what the network does to it."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.api.callers import Caller
from tests.make import CATEGORIES, point

Answer = tuple[int, Any, str | None]
KINDS = ("asset", "offer", "finding")


@dataclass
class Job:
    """One delivery. value: words that nothing else on the register has."""

    number: int
    what: str
    kind: str
    uid: str
    value: str
    base: int | None = None
    answers: list[int] = field(default_factory=list)


@dataclass
class Phone:
    """A queue of one person's phone; it sends an entry's deliveries in their order."""

    caller: Caller
    walkabout: str
    draw: random.Random
    device: str = field(default_factory=lambda: str(uuid.uuid4()))
    jobs: list[Job] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    sent: list[Job] = field(default_factory=list)  # deliveries that may come again, much later

    def fill(self, count: int) -> None:
        """Queue so many deliveries: new entries, changes of them, checks."""
        made: list[tuple[str, str]] = []
        for number in range(1, count + 1):
            what = self.draw.choice(("put", "change", "change", "check")) if made else "put"
            kind, uid = self.draw.choice(made) if made else ("", "")
            if what == "put":
                kind, uid = self.draw.choice(KINDS), str(uuid.uuid4())
                made.append((kind, uid))
            self.jobs.append(Job(number, what, kind, uid, f"{self.device[:8]} {number}"))

    def walk(self, desk: Callable[[Job], None]) -> None:
        """Deliver everything over a network that loses, doubles and delays, while a desk works."""
        waiting = list(self.jobs)
        while waiting:
            first = {job.uid: job for job in reversed(waiting)}  # the earliest of each entry
            job = self.draw.choice(sorted(first.values(), key=lambda one: one.number))
            if self.sent and self.draw.random() < 0.2:
                self._request(self.draw.choice(self.sent))  # an old copy that was under way
            if self.draw.random() < 0.15:
                continue  # lost on its way there
            status, body, etag = self._request(job)
            self.sent.append(job)
            if self.draw.random() < 0.25:
                continue  # done, but its answer is lost
            job.answers.append(status)
            if etag and status < 300:
                self.versions[job.uid] = int(etag.strip('"'))
            elif status == 200 and body.get("properties"):
                self.versions[job.uid] = body["properties"]["version"]
            waiting.remove(job)
            if self.draw.random() < 0.4:
                desk(self.draw.choice(self.sent))

    def _request(self, job: Job) -> Answer:
        headers = {"X-Device": self.device, "X-Number": str(job.number)}
        address = f"/api/{job.kind}s/{job.uid}"
        if job.what == "put":
            sent = draft(job) | {"found_on": self.walkabout}
            answer = self.caller.put(address, sent, headers=headers)
        elif job.what == "check":
            body = {"found": "here", "on": "2026-11-01"}
            answer = self.caller.post(f"/api/entries/{job.uid}/check", body, headers=headers)
        else:
            if job.base is None:  # frozen at the first attempt
                job.base = self.versions[job.uid]
            headers["If-Match"] = f'"{job.base}"'
            body = {"description": job.value}
            answer = self.caller.ask("PATCH", address, json=body, headers=headers)
        return answer.status_code, answer.get_json(silent=True), answer.headers.get("ETag")


def draft(job: Job) -> dict[str, Any]:
    """A new entry whose title nothing else has."""
    said = {"title": job.value, "category": CATEGORIES[job.kind], "geometry": point()}
    return said | ({"person_role": "Cook"} if job.kind == "offer" else {})
