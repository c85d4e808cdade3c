"""Uploading a file to import, and choosing what is in its columns."""

import io
import re

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from assetmap.db import db
from assetmap.models import Entry, Team, User
from tests.make import make_category
from tests.web.pages import press

ROWS = (
    "id,name,category,lon,lat\n"
    "a1,Hall <b>bold</b>,pla_hall,-1.92,53.735\n"
    "a2,Library,Reading place,-1.93,53.73\n"
    "a3,Ship,pla_hall,0,0\n"
)
SELECT = re.compile(r'<select[^>]*name="((?:column|value)-\d+)"[^>]*>(.*?)</select>', re.DOTALL)
CHOICES = {"source": "council", "licence": "OGL v3", "duplicates": "skip"}


def jpeg() -> io.BytesIO:
    made = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(made, "JPEG")
    return io.BytesIO(made.getvalue())


def upload(client: FlaskClient, content: str = ROWS, name: str = "places.csv") -> TestResponse:
    file = (io.BytesIO(content.encode()), name)
    return press(client, "/imports/", kind="asset", file=file)


def started(client: FlaskClient, content: str = ROWS) -> str:
    answer = upload(client, content)
    assert answer.status_code == 303, answer.text
    return answer.location.removesuffix("/columns")


def as_guessed(client: FlaskClient, where: str) -> dict[str, str]:
    """What the page of columns would send if nothing on it were changed."""
    page = client.get(f"{where}/columns").text
    said = {}
    for name, options in SELECT.findall(page):
        found = re.search(r'value="([^"]*)"\s+selected', options)
        said[name] = found[1] if found else ""
    return said


def previewed(client: FlaskClient, content: str = ROWS, **more: str) -> str:
    where = started(client, content)
    fields = as_guessed(client, where) | CHOICES | more
    answer = press(client, f"{where}/columns", **fields)
    assert answer.location == where, answer.text
    return where


def count() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Entry)) or 0


@pytest.fixture
def ready(session: Session, team: Team, editor: User) -> Team:
    """Two categories, and nothing held open."""
    make_category(session, "asset", "pla_hall", "Community hall")
    make_category(session, "asset", "lyp_libr", "Library")
    session.commit()
    return team


def written(page: str) -> set[tuple[str, str]]:
    """What the form on a page of columns would send: texts, choices and ticks."""
    said = set()
    for name, options in SELECT.findall(page):
        said |= {(name, code) for code in re.findall(r'value="([^"]*)"\s+selected', options)}
    for tag in re.findall(r"<input[^>]*>", page):
        given = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if given.get("type") not in ("radio", "checkbox") or re.search(r"\bchecked\b", tag):
            said.add((given.get("name", ""), given.get("value", "")))
    return said
