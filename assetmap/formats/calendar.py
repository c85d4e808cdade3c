"""Events as an iCalendar file (RFC 5545 and 7986), which phones and mail programs subscribe to."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from icalendar import Calendar, Event, Timezone, vDuration, vText

from assetmap.settings import LOCAL

TYPE = "text/calendar; charset=utf-8"
AGAIN_AFTER = timedelta(hours=6)  # as often programs should look for what is new
CALLED_OFF = "Called off"
# Each change by the clock before it, at one by UTC. Written out, as what icalendar works out has
# the spring one an hour late.
HERE = f"""BEGIN:VTIMEZONE
TZID:{LOCAL}
BEGIN:DAYLIGHT
DTSTART:19960331T010000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZNAME:BST
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZNAME:GMT
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
END:VTIMEZONE
"""


class Dated(NamedTuple):
    """One event. sequence: grows with each change people should hear of. status: CONFIRMED,
    TENTATIVE or CANCELLED. Instants in UTC; they are written by the clock on the wall here, but
    for the hour that the clock shows twice: only UTC says which of both is meant."""

    uid: str
    sequence: int
    status: str
    title: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    where: str = ""
    place: tuple[float, float] | None = None  # longitude, latitude
    url: str = ""
    about: str = ""
    sorts: tuple[str, ...] = ()


def write(name: str, source: str, events: Iterable[Dated], *, method: str = "PUBLISH") -> bytes:
    """A calendar with its time zone. name: as programs list it. source: its own address. method:
    what is to be done with it (RFC 5546): PUBLISH, or CANCEL where its events are called off."""
    calendar = Calendar()
    calendar.add("prodid", "-//Assetmap//Engagements//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    if source:
        calendar.add("source", source, parameters={"VALUE": "URI"})
    again = vDuration(AGAIN_AFTER)
    calendar.add("refresh-interval", again, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vText(again.to_ical().decode()))
    calendar.add_component(Timezone.from_ical(HERE))  # with no event, too: RFC 5545 3.6 wants one
    for one in events:
        calendar.add_component(_event(one))
    return bytes(calendar.to_ical())


def _event(one: Dated) -> Event:
    event = Event()
    event.add("uid", one.uid)
    event.add("sequence", one.sequence)
    event.add("status", one.status)
    event.add("summary", one.title)
    event.add("dtstamp", one.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("last-modified", one.changed_at.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", _on_the_wall(one.starts_at))
    event.add("dtend", _on_the_wall(one.ends_at))
    if one.where:
        event.add("location", one.where)
    if one.place:
        longitude, latitude = one.place
        event.add("geo", (latitude, longitude))
    if one.url:
        event.add("url", one.url)
    if one.about:
        event.add("description", one.about)
    if one.sorts:
        event.add("categories", list(one.sorts))
    return event


def _on_the_wall(at: datetime) -> datetime:
    shown = at.astimezone(LOCAL)
    return at.astimezone(UTC) if shown.fold else shown
