"""Quotas of a panel from a file and as one, the people to draw from as a file, and bad input."""

import csv
import io
import re
import uuid
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.access import OPERATOR
from assetmap.models import AuditEntry, InvitePanel, Person
from assetmap.register import consents
from assetmap.register.quota_files import features
from assetmap.sortition import panels
from assetmap.sortition.pools import Pool, Quota, counts
from assetmap.vocabulary import ContactChannel, ContactPurpose
from tests.make import commit, make_team, make_user
from tests.web.pages import press, sign_in, token
from tests.web.test_invite_panels import ask, town, wish

FILE = b"feature,value,min,max\nAge,People of 65 or over,2,3\nage,0-15,1,2\n"


def send(client: FlaskClient, path: str, content: bytes, **typed: str) -> TestResponse:
    data = {"csrf_token": token(client), "file": (io.BytesIO(content), "quotas.csv")}
    return client.post(f"{path}/balance/file", data=data | wish(**typed))


def boxes(page: str) -> dict[str, str]:
    """What the hidden fields of the first form with a uid hold."""
    form = next(one for one in page.split("<form")[1:] if 'name="uid"' in one)
    return dict(re.findall(r'name="([\w-]+)"\s+value="([^"]*)"', form))


def holds(page: str, name: str, value: str) -> bool:
    return bool(re.search(rf'name="{name}"[^>]*value="{value}"', page))


def rows_of(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_quotas_from_a_file_are_shown_before_they_replace_what_is_typed_and_leave_again_the_same(
    client: FlaskClient, session: Session
) -> None:
    olu, path = town(session)
    sign_in(client, olu)
    typed = {"why": "Jury", "age-65-least": "1", "sex-female-most": "4"}
    shown = send(client, path, FILE, **typed)
    assert shown.status_code == 200
    said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown.text))
    assert "Age: People of 65 or over at least 1 2 to 3" in said
    assert "Sex: Women and girls at most 4 none" in said
    assert session.scalars(select(InvitePanel)).first() is None
    use = boxes(shown.text)
    assert use["age-0-15-least"] == "1"
    form = press(client, f"{path}/balance/form", **use).text
    assert holds(form, "age-65-least", "2")
    assert holds(form, "why", "Jury")
    assert holds(form, "sex-female-most", "")
    taken = press(client, f"{path}/balance/quotas.csv", **use)
    assert taken.headers["Content-Disposition"] == 'attachment; filename="assetmap-quotas.csv"'
    again = boxes(send(client, path, taken.data, why="Jury", uid=use["uid"]).text)
    given = {name: value for name, value in use.items() if value and name != "csrf_token"}
    assert {name: again[name] for name in given} == given
    page = press(client, f"{path}/balance", **use)
    of_panel = client.get(f"{page.location}/quotas.csv")
    assert of_panel.data == taken.data
    assert f"{page.location}/quotas.csv" in client.get(page.location).text
    other = make_user(session, make_team(session, "Others"), "organiser", "eve@demo.example")
    commit()
    sign_in(client, other)
    assert client.get(f"{page.location}/quotas.csv").status_code == 404
    for door in ("file", "form", "quotas.csv"):
        assert press(client, f"{path}/balance/{door}").status_code == 404


def test_a_file_with_faults_is_refused_with_each_and_what_was_typed_stays(
    client: FlaskClient, session: Session
) -> None:
    olu, path = town(session)
    sign_in(client, olu)
    wrong = b"feature,value,min,max\nHair,Red,1,2\nAge,65,3,2\n"
    for content, said in (
        (wrong, "Row 2, column feature: there is no “Hair”"),
        (wrong, "Row 3, column min: 3 is more than the max, 2."),
        (b"", "quotas.csv is empty"),
    ):
        page = send(client, path, content, **{"age-65-least": "3"}, why="Jury")
        assert page.status_code == 422
        assert 'href="#file"' in page.text
        assert said in page.text
        assert holds(page.text, "age-65-least", "3")
        assert holds(page.text, "why", "Jury")
    none = press(client, f"{path}/balance/file", **wish())
    assert "Choose a CSV file." in none.text
    nothing = press(client, f"{path}/balance/quotas.csv", **wish())
    assert (nothing.status_code, "no quotas to take away" in nothing.text) == (422, True)
    for field, given in (
        ("seats", {"seats": "some", "age-65-least": "2"}),
        ("age-65-least", {"age-65-least": "7"}),
        ("age-65-least", {"age-65-least": "3", "age-65-most": "2"}),
        ("age-65-most", {"age-65-most": "x"}),
    ):
        page = press(client, f"{path}/balance/quotas.csv", **wish(**given))
        assert page.status_code == 422
        assert f'href="#{field}"' in page.text
        assert all(holds(page.text, name, value) for name, value in given.items())


def test_from_the_files_of_a_list_alone_another_tool_comes_to_the_same_chances(
    client: FlaskClient, session: Session
) -> None:
    olu, path = town(session)
    person = session.scalars(select(Person).where(Person.name == "Cho 0")).one()
    person.name = "=1+1"
    commit()
    sign_in(client, olu)
    page = ask(
        client, path, wish(**{"age-65-least": "3", "age-65-most": "3", "age-0-15-least": "2"})
    )
    people = rows_of(client.get(f"{path}/people.csv?shape=pool"))
    wanted = rows_of(client.get(f"{page.location}/quotas.csv"))
    assert len(people) == 16
    assert "shape=pool" in client.get(f"{path}/take").text
    assert "=1+1" not in str(people)
    assert "@people.example" not in str(people)
    quotas = [
        Quota(one["feature"], one["value"], int(one["min"]), int(one["max"])) for one in wanted
    ]
    sorts = [
        frozenset(n for n, one in enumerate(quotas) if who[one.dimension] == one.category)
        for who in people
    ]
    pool = Pool(quotas, sorts, 6)
    lot = panels.portfolio(pool)
    body = client.get(f"/api{page.location}").get_json()
    assert round(lot.at_best, 6) == round(body["at_best"], 6)
    listed = client.get(f"/api{path}").get_json()["people"]
    assert {
        one["person"]: {(of["dimension"], of["code"]) for of in one["counts_for"]} for one in listed
    } == {
        who["id"]: {key for key, name in features().items() if who[name] == "yes"} for who in people
    }
    ours = {one["person"]: one["chance"] for one in body["people"]}
    theirs = dict(zip((who["id"] for who in people), panels.chances(pool, lot), strict=True))
    assert {one: round(theirs[one], 4) for one in ours} == {
        one: round(chance, 4) for one, chance in ours.items()
    }
    drawn = panels.draw(pool, lot, seed=1).seated
    met = zip(quotas, counts(pool, drawn), strict=True)
    assert all(one.least <= count <= one.most for one, count in met)
    kept = session.scalars(select(AuditEntry).where(AuditEntry.action == "exported")).all()
    assert any(one.details.get("shape") == "pool" for one in kept)
    assert client.get(f"{path}/people.xlsx?shape=pool").status_code == 200
    assert client.get(f"{path}/people.vcf?shape=pool").status_code == 404


def test_quotas_over_the_whole_and_an_empty_pool_are_said_by_field_on_the_page_and_to_programs(
    client: FlaskClient, session: Session
) -> None:
    olu, path = town(session)
    sign_in(client, olu)
    headers = {"X-CSRFToken": token(client)}

    def put(**said: Any) -> dict[str, Any]:
        door = f"/api{path}/panels/{uuid.uuid4()}"
        answer = client.put(door, json={"seats": 6} | said, headers=headers)
        assert answer.status_code == 422
        body: dict[str, Any] = answer.get_json()
        return body

    over = {"age-65-least": "4", "age-0-15-least": "4", "why": "Jury"}
    page = ask(client, path, wish(**over))
    assert page.status_code == 422
    assert "Age: the smallest numbers add up to 8 of 6 seats, 133%." in page.text
    assert all(holds(page.text, name, value) for name, value in over.items())
    quotas = [{"dimension": "age", "code": code, "least": 4} for code in ("65", "0-15")]
    assert "add up to 8 of 6 seats, 133%" in str(put(quotas=quotas))
    assert "age-0-15-least" in str(put(quotas=quotas)["problems"])
    for person in session.scalars(select(Person)).all():
        purpose, channel = ContactPurpose.ENGAGEMENT_INVITE, ContactChannel.EMAIL
        consents.withdraw(session, person, purpose, channel, viewer=OPERATOR)
    commit()
    page = ask(client, path, wish(**{"age-65-least": "3"}, why="Jury"))
    assert page.status_code == 422
    assert "Nobody is there to be drawn: the pool is empty." in page.text
    assert 'href="#seats"' in page.text
    for name, value in {"seats": "6", "age-65-least": "3", "why": "Jury"}.items():
        assert holds(page.text, name, value)
    assert "the pool is empty" in str(put()["problems"])
    assert "Nobody may be asked now" in client.get(f"{path}/balance").text
    assert rows_of(client.get(f"{path}/people.csv?shape=pool")) == []
