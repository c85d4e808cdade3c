"""Rich pictures of an event on their pages."""

import io

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.access import PUBLIC
from assetmap.models import Attachment, Engagement, Entry, Link, PictureRegion, RichPicture, Team
from assetmap.register import attachments
from tests.make import commit, make_category, make_entry, make_team, make_user
from tests.queries import MOST_ON_A_PAGE, counted, questions
from tests.web.pages import press, sign_in, token
from tests.web.uploads import jpeg

CHILDREN = {"under_18": "true"}
SCHOOL = {"agreed_by": "school", "agreed_as": "Head teacher", "agreed_on": "2026-03-01"}


@pytest.fixture
def team(session: Session) -> Team:
    return make_team(session)


@pytest.fixture
def event(session: Session, client: FlaskClient, team: Team) -> Engagement:
    olu = make_user(session, team, "organiser", "olu@demo.example")
    made = make_entry(session, "engagement", team, title="Canal hub", visibility="public")
    assert isinstance(made, Engagement)
    commit()
    sign_in(client, olu)
    return made


def add(
    client: FlaskClient, event: Engagement, file: io.BytesIO | None = None, **more: object
) -> TestResponse:
    at = f"{event.path}/pictures/"
    page = client.get(at).text
    uid = page.partition('name="uid" value="')[2].partition('"')[0]
    said: dict[str, object] = {
        "csrf_token": token(client, at),
        "uid": uid,
        "title": "The <towpath>",
        "alt_text": "A dark bridge and a lamp",
        "shows": "problem",
        "scope": "internal",
    }
    if file is not None:
        said["photo"] = (file, "drawing.jpg")
    return client.post(at, data=said | more, content_type="multipart/form-data")


def test_a_picture_is_kept_marked_and_what_it_tells_becomes_a_finding_once(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    make_category(session, "finding", "env_ligh")
    commit()
    lacks = add(client, event)
    assert lacks.status_code == 422
    assert "Choose a photo of the picture." in lacks.text
    assert 'value="The &lt;towpath&gt;"' in lacks.text
    at = add(client, event, jpeg()).location
    for wrong, box in (
        ({"insight": "Dark"}, "left"),
        ({"insight": "Dark", "corners": "1,1 2"}, "corners"),
        ({"insight": "Dark", "corners": "1,1 2,2"}, "corners"),
        ({"insight": "Ring 07700 900123", "corners": "1,1 9,1 9,9"}, "insight"),
    ):
        answer = press(client, f"{at}/regions", at, uid=str(event.uid), **wrong)
        assert answer.status_code == 422
        assert f'href="#{box}"' in answer.text
    uid = "019a0000-0000-7000-8000-000000000001"
    typed = {"uid": uid, "left": "90", "top": "10", "width": "20", "height": "30.55"}
    for _ in range(2):
        marked = press(client, f"{at}/regions", at, insight="It is <dark> here", **typed)
        assert marked.status_code == 303
    part = session.scalars(select(PictureRegion)).one()
    assert part.corners == [[90, 10], [100, 10], [100, 40.5], [90, 40.5]]
    page = client.get(at).text
    assert 'points="90,10 100,10 100,40.5 90,40.5"' in page
    assert "It is &lt;dark&gt; here" in page
    assert "90 to 100 from the left, 10 to 40.5 from the top" in page
    finding = f"{at}/regions/{uid}/finding"
    assert press(client, finding, at, category="").status_code == 422
    for _ in range(2):
        assert press(client, finding, at, category="env_ligh").status_code == 303
    logged = session.scalars(select(Entry).where(Entry.kind == "finding")).one()
    assert (str(logged.uid), logged.title) == (uid, "It is <dark> here")
    tied = session.scalars(select(Link.to_id).where(Link.from_id == logged.id)).all()
    assert tied == [event.id]
    assert logged.ref in client.get(at).text
    assert press(client, f"{at}/regions/{uid}/remove", at).status_code == 303
    assert "Nothing is marked yet" in client.get(at).text


def test_a_childrens_picture_is_for_the_team_until_publishing_is_agreed_to_and_gone_once_withdrawn(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    def is_public() -> bool:
        session.expire_all()
        return bool(attachments.of(session, event, viewer=PUBLIC))

    for wrong, box in (
        ({"uses": "publish", **SCHOOL}, "under_18"),
        ({**CHILDREN, "scope": "public"}, "scope"),
        ({**CHILDREN, "uses": "publish"}, "agreed_by"),
        ({**CHILDREN, "agreed_by": "school", "uses": "publish"}, "agreed_on"),
        ({**CHILDREN, **SCHOOL}, "uses"),
        ({**CHILDREN, **SCHOOL, "uses": "publish", "agreed_on": "2999-01-01"}, "agreed_on"),
    ):
        refused = add(client, event, jpeg(), **wrong)
        assert refused.status_code == 422, wrong
        assert f'href="#{box}"' in refused.text, wrong
    at = add(client, event, jpeg(), **CHILDREN).location
    assert "nobody has agreed" in client.get(at).text
    assert not is_public()
    said = {"title": "Ours", "alt_text": "A bridge", "shows": "problem", "scope": "internal"}
    said |= CHILDREN | SCHOOL
    assert press(client, at, at, version="1", uses="report", **said).status_code == 303
    assert not is_public()
    assert press(client, at, at, version="2", uses="publish", **said).status_code == 303
    assert is_public()
    stale = press(client, at, at, version="2", uses="display", **said)
    assert stale.status_code == 409
    photo = session.scalars(select(Attachment)).one().uid
    assert press(client, f"{at}/withdraw", at).status_code == 303
    assert not is_public()
    assert client.get(f"/photos/{photo}.jpg").status_code == 404
    assert "Withdrawn: nobody is shown it" in client.get(f"{event.path}/pictures/").text
    again = add(client, event, jpeg(), scope="public")
    assert again.status_code == 422
    assert "This picture was withdrawn." in again.text
    assert session.scalars(select(RichPicture.uses)).all() == [[]]


def test_a_childrens_picture_is_open_to_nobody_by_way_of_the_same_photo_at_another_entry(
    client: FlaskClient, session: Session, event: Engagement, team: Team
) -> None:
    drawn = jpeg().getvalue()
    hall = make_entry(session, "asset", team, title="Hall", visibility="public")
    commit()

    def attach(entry: Entry, scope: str) -> TestResponse:
        at = f"{entry.path}/photos"
        said = {"csrf_token": token(client, at), "alt_text": "Ours", "consent_scope": scope}
        sent = said | {"photo": (io.BytesIO(drawn), "d.jpg")}
        return client.post(at, data=sent, content_type="multipart/form-data")

    def is_public() -> bool:
        session.expire_all()
        shown = [attachments.of(session, one, viewer=PUBLIC) for one in (event, hall)]
        return any(shown)

    assert attach(hall, "public").status_code == 303
    at_hall = f"/photos/{session.scalars(select(Attachment.uid)).one()}.jpg"
    kept = {"If-None-Match": client.get(at_hall).headers["ETag"]}
    same = client.get(at_hall, headers=kept)
    assert (same.status_code, same.headers["Cache-Control"]) == (304, "private, no-cache")
    at = add(client, event, io.BytesIO(drawn), **CHILDREN).location
    assert not is_public()
    photos = select(Attachment.uid).where(Attachment.entry_id == event.id)
    away = f"{event.path}/photos/{session.scalars(photos).one()}/remove"
    assert press(client, away, f"{event.path}/photos").status_code == 303
    refused = attach(event, "public")
    assert refused.status_code == 422
    assert "nobody has agreed" in refused.text
    assert attach(event, "internal").status_code == 303
    assert not is_public()
    assert press(client, f"{at}/withdraw", at).status_code == 303
    assert client.get(at_hall, headers=kept).status_code == 404
    refused = attach(hall, "internal")
    assert refused.status_code == 422
    assert "This picture was withdrawn." in refused.text


def test_pages_of_pictures_send_eight_queries_at_most(
    client: FlaskClient, session: Session, event: Engagement
) -> None:
    at = add(client, event, jpeg()).location
    press(client, f"{at}/regions", at, uid=str(event.uid), insight="Dark", corners="1,1 9,1 9,9")
    for path in (at, f"{event.path}/pictures/"):
        with counted() as queries:
            assert client.get(path).status_code == 200
        assert len(questions(queries)) <= MOST_ON_A_PAGE, path
