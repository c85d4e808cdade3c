"""Codes that hang somewhere: made by the team, scanned by anybody, counted and nothing else."""

import re
import uuid
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.db import now
from assetmap.models import AuditEntry, Counter, CounterDay, Engagement
from assetmap.register import counters, merging
from assetmap.schemas.counters import CounterDraft
from tests.make import commit, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web import filled
from tests.web.pages import press, sign_in

TODAY: dict[str, Any] = {"starts_at": now(), "ends_at": now() + timedelta(hours=9)}


def test_a_code_counts_who_scans_is_interested_and_joins_once_a_browser_by_the_day(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    lou = make_user(session, team, "logger", "lou@demo.example")
    events = [
        make_entry(session, "engagement", team, title=title, visibility="public", **TODAY)
        for title in ("Hub <b>", "The same hub")
    ]
    hall = make_entry(session, "asset", team, title="Quiet hall", visibility="team")
    commit()
    sign_in(client, lou)
    at = f"{events[0].path}/codes/"
    form = filled.filled(client.get(at).text, "/codes/")
    sent = [client.post(at, data={**form, "hangs_at": "Shop <x>"}) for _ in range(2)]
    assert [one.status_code for one in sent] == [303, 303]
    for wrong in ({"hangs_at": ""}, {"hangs_at": "a" * 81}, {"hangs_at": "07700 900123"}):
        back = press(client, at, at, uid=str(uuid.uuid4()), **wrong)
        assert back.status_code == 422
    assert filled.send(client, f"{hall.path}/codes/", placeless="", hangs_at="Gate").status_code
    code, quiet = session.scalars(select(Counter.code).order_by(Counter.id)).all()
    before = len(session.scalars(select(AuditEntry.seq)).all())
    phones = [client.application.test_client() for _ in range(3)]
    assert client.application.test_client().head(f"/at/{code}").status_code == 200  # a program's
    for phone in phones:
        assert "Hub &lt;b&gt;" in phone.get(f"/at/{code.upper()}").text
        assert "I am interested" in phone.get(f"/at/{code}").text
    assert "Quiet" not in phones[0].get(f"/at/{quiet}").text
    for step, who in (("interest", phones[:2]), ("joined", phones[:1])):
        for phone in who:
            for _ in range(2):
                sent_on = press(phone, f"/at/{code}", f"/at/{code}", step=step)
                assert (sent_on.status_code, sent_on.location) == (303, f"/at/{code}")
                if step == "joined":
                    break  # there is nothing left to press
    assert "counted as having joined in" in phones[0].get(f"/at/{code}").text
    assert press(phones[2], f"/at/{code}", f"/at/{code}", step="dance").status_code == 400
    session.rollback()
    assert len(session.scalars(select(AuditEntry.seq)).all()) == before
    rows = select(CounterDay.step, CounterDay.times).join(Counter).where(Counter.code == code)
    assert dict(session.execute(rows).all()) == {"scan": 3, "interest": 2, "joined": 1}
    assert set(CounterDay.__table__.columns.keys()) == {"id", "counter_id", "day", "step", "times"}
    with counted() as queries:
        page = client.get(at).text
    assert len(questions(queries)) <= MOST_ON_A_PAGE
    assert "Shop &lt;x&gt;" in page
    assert re.findall(r"<dd>\s*(\d+)\s*</dd>", page)[:3] == ["3", "2", "1"]
    key = session.scalars(select(Counter.uid).where(Counter.code == code)).one()
    assert press(client, f"{at}{key}/down", at).status_code == 303
    assert phones[0].get(f"/at/{code}").status_code == 404
    assert press(client, f"{at}{key}/up", at).status_code == 303
    merging.merge(session, events[1], events[0], viewer=OPERATOR)
    assert counters.at(session, code)[1].title == "The same hub"
    commit()
    other = make_user(session, make_team(session, "Others"), "organiser", "o@demo.example")
    commit()
    sign_in(client, other)
    assert client.get(f"{events[1].path}/codes/").status_code == 403


def test_the_code_of_an_event_says_that_it_is_over_or_called_off_and_asks_no_more(
    client: FlaskClient, session: Session
) -> None:
    team = make_team(session)
    olu = make_user(session, team, "organiser", "olu@demo.example")
    hub = make_entry(session, "engagement", team, visibility="public", **TODAY)
    assert isinstance(hub, Engagement)
    made = CounterDraft(hangs_at="Shop")
    at = f"/at/{counters.add(session, hub, uuid.uuid4(), made, viewer=OPERATOR).code}"
    commit()
    assert "I am interested" in client.get(at).text
    sign_in(client, olu)
    assert f"<p>{hub.title}</p>" in client.get(f"{hub.path}/codes/").text
    hub.starts_at, hub.ends_at = now() - timedelta(hours=2), now() - timedelta(hours=1)
    commit()
    over = client.get(at).text
    assert "It is over." in over
    assert "I am interested" not in over
    hub.status = "cancelled"
    commit()
    assert "does not take place" in (off := client.get(at).text)
    assert "I have joined in" not in off
    assert "It was called off" in client.get(hub.path).text
