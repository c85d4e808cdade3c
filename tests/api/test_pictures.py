"""Rich pictures of an event, for programs."""

import uuid

from sqlalchemy.orm import Session

from assetmap.access import OPERATOR
from assetmap.models import Engagement, Entry
from assetmap.register import attachments
from assetmap.schemas.attachments import PhotoDetails
from tests.api.conftest import Place, tagged
from tests.make import commit, make_category
from tests.web.uploads import jpeg


def test_a_program_keeps_a_picture_marks_it_makes_a_finding_and_withdraws_it(
    session: Session, place: Place
) -> None:
    uid = uuid.UUID(str(place.entries["engagement"]))
    event = session.query(Entry).filter_by(uid=uid).one()
    assert isinstance(event, Engagement)
    details = PhotoDetails(alt_text="A bridge")
    photo = attachments.attach(session, event, jpeg().read(), details, viewer=OPERATOR)
    make_category(session, "finding", "env_ligh")
    session.flush()
    said = {"photo": str(photo.uid), "title": "Ours", "alt_text": "A bridge", "under_18": True}
    commit()
    at = f"/api/engagements/{uid}/pictures"
    one, part = f"{at}/{uuid.uuid4()}", uuid.uuid4()
    made = place.ours.put(one, said)
    assert (made.status_code, made.headers["ETag"]) == (200, '"1"')
    assert place.ours.put(one, said | {"scope": "public"}, headers=tagged(1)).status_code == 422
    agreed = {"agreed_by": "guardians", "agreed_on": "2026-03-01", "uses": ["publish"]}
    assert place.ours.put(one, said | agreed).status_code in (409, 412)
    assert place.ours.put(one, said | agreed, headers=tagged(1)).status_code == 200
    where = {"corners": [[1, 1], [9, 1], [9, 9]]}
    told = {"insight": "It is dark"} | where
    marked, again = (place.ours.put(f"{one}/parts/{part}", told) for _ in range(2))
    assert marked.get_json() == again.get_json()
    assert marked.get_json()["corners"] == where["corners"]
    finding = f"{one}/parts/{part}/finding"
    assert place.ours.put(finding, {"category": "env_ligh"}).get_json()["uid"] == str(part)
    assert place.theirs.get(at).status_code == 403
    (found,) = place.ours.get(at).get_json()["pictures"]
    assert (found["uses"], found["parts"][0]["is_finding"]) == (["publish"], True)
    assert place.ours.delete(one).get_json()["is_withdrawn"] is True
    assert place.ours.get(at).get_json()["pictures"][0]["photo"] is None
    assert place.theirs.delete(one).status_code == 403
