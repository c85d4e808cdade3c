"""The people met at an event, by programs."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.db import now
from assetmap.models import Engagement
from tests.api.conftest import Place
from tests.make import commit

TOLD = {"purpose": "engagement_invite", "notice_version": "1"}
SAM: dict[str, Any] = {
    "name": "Sam Other",
    "email": "sam@people.example",
    "is_adult": True,
    "no_role_reason": "Lives near by",
    "agreed_to": [TOLD],
    "channels": ["email"],
    "method": "verbal",
}


def test_somebody_met_is_put_once_read_back_and_known_the_second_time(
    place: Place, session: Session
) -> None:
    event = session.scalars(select(Engagement)).one()
    event.starts_at = min(event.starts_at, now())
    commit()
    at = f"/api/engagements/{event.uid}/met"
    first, second = f"{at}/{uuid.uuid4()}", f"{at}/{uuid.uuid4()}"
    made = place.ours.put(first, SAM)
    assert made.status_code == 201, made.get_json()
    assert place.ours.put(first, SAM).status_code == 200
    again = place.ours.put(second, SAM)
    assert again.status_code == 422
    assert list(again.get_json()["problems"]) == ["person"]
    known = {"person": made.get_json()["person"], "agreed_to": [TOLD | {"purpose": "service"}]}
    how = {"channels": ["phone"], "method": "verbal"}
    assert place.ours.put(second, known | how).get_json()["is_new"] is False
    given = place.ours.get(at).get_json()
    assert ([one["name"] for one in given["met"]], given["new_contacts"]) == (["Sam Other"], 1)
    assert place.ours.put(f"{at}/{uuid.uuid4()}", SAM | {"agreed_to": []}).status_code == 422
    assert place.ours.put(f"{at}/{uuid.uuid4()}", SAM | {"religion": "any"}).status_code == 422
    for stranger in (place.theirs, place.public):
        assert stranger.get(at).status_code in (401, 403)
        assert stranger.put(second, SAM).status_code in (401, 403)
