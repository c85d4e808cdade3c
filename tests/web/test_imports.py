"""Importing a file in the browser, from the upload to taking it back."""

import io
import json
import re
import uuid
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from assetmap.db import db
from assetmap.models import Entry, Import, Team, User
from assetmap.outside.import_folder import ImportFolder
from tests.make import make_team, make_user
from tests.web.pages import press, sign_in
from tests.web.uploads import (
    CHOICES,
    ROWS,
    as_guessed,
    count,
    previewed,
    ready,
    started,
    upload,
    written,
)

__all__ = ["ready"]


@pytest.mark.usefixtures("ready")
def test_a_file_is_uploaded_matched_previewed_imported_and_taken_back(client: FlaskClient) -> None:
    where = started(client)
    page = client.get(f"{where}/columns").text
    assert "What is in each column?" in page
    assert "Reading place" in page
    fields = as_guessed(client, where)
    assert "title" in fields.values()
    (reading,) = [name for name, code in fields.items() if name.startswith("value") and not code]
    press(client, f"{where}/columns", **(fields | CHOICES | {reading: "lyp_libr"}))
    preview = client.get(where).text
    assert "Import 2 rows" in preview
    assert "A position of 0, 0" in preview
    assert count() == 0
    press(client, f"{where}/go")
    result = client.get(where).text
    assert "Take the whole import back" in result
    assert count() == 2
    assert {one.licence for one in db.session.scalars(select(Entry))} == {"OGL v3"}
    db.session.rollback()
    press(client, f"{where}/undo")
    assert "Taken back" in client.get(where).text
    assert "Taken back" in client.get("/imports/").text
    gone = select(func.count()).select_from(Entry).where(Entry.withdrawn_at.is_not(None))
    assert db.session.scalar(gone) == 2


@pytest.mark.usefixtures("ready")
def test_text_from_a_file_is_shown_as_text(client: FlaskClient) -> None:
    where = previewed(client)
    for page in (where, f"{where}/columns"):
        text = client.get(page).text
        assert "<b>bold</b>" not in text
        assert "Hall &lt;b&gt;bold" in text


@pytest.mark.usefixtures("ready")
def test_refused_rows_can_be_downloaded_with_their_reasons(client: FlaskClient) -> None:
    where = previewed(client, default_category="pla_hall")
    answer = client.get(f"{where}/refused.csv")
    assert answer.mimetype == "text/csv"
    assert answer.data.decode("utf-8-sig").splitlines()[1].startswith("4,")
    answer.close()
    name = answer.headers["Content-Disposition"].partition("filename=")[2]
    mended = upload(client, "row,reason,id,name\n4,x,a3,Ship\n", name).location
    assert 'name="source" type="text" value="council"' in client.get(mended).text
    assert client.get(f"{where}/duplicates.csv").status_code == 404
    assert client.get(f"{where}/rows.csv").status_code == 404


@pytest.mark.usefixtures("ready")
def test_a_preview_says_that_the_others_can_be_imported_only_when_there_are_others(
    client: FlaskClient,
) -> None:
    some = client.get(previewed(client, default_category="pla_hall")).text
    assert "The others can: import them" in some
    rows = f"{ROWS.splitlines()[0]}\na3,Ship,pla_hall,0,0\n"
    every = client.get(previewed(client, rows)).text
    assert "There is nothing to import" in every
    assert "Mend them in the file below" in every
    assert "The others can" not in every


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize("ending", ["json", "toml"])
def test_a_mapping_is_kept_as_a_file_and_used_again(client: FlaskClient, ending: str) -> None:
    where = previewed(client, default_category="lyp_libr")
    kept = client.get(f"{where}/mapping.{ending}").data
    other = started(client)
    file = (io.BytesIO(kept), f"mine.{ending}")
    answer = press(client, f"{other}/mapping", mapping=file)
    assert answer.status_code == 303, answer.text
    page = client.get(f"{other}/columns").text
    assert re.search(r'value="lyp_libr"\s+selected', page)


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not a mapping"),
        ("\udcff", "mine.json is not a mapping: it is no text."),
        ("[]", "mine.json is not a mapping: it names no columns."),
        ('{"colums": {}}', "There is no such field"),
        ('{"columns": {"title": "nmae"}}', "no column"),
        ('{"columns": {"tilte": "name"}}', "There is no field"),
    ],
)
def test_a_wrong_mapping_file_is_refused_in_words(
    client: FlaskClient, content: str, said: str
) -> None:
    where = started(client)
    file = (io.BytesIO(content.encode(errors="surrogateescape")), "mine.json")
    answer = press(client, f"{where}/mapping", mapping=file)
    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.usefixtures("ready")
def test_reloading_what_a_form_answered_leads_to_the_page_above_it(client: FlaskClient) -> None:
    where = started(client)
    for form in ("mapping", "go", "undo"):
        answer = client.get(f"{where}/{form}")
        assert (answer.status_code, answer.location) == (303, where)
    assert client.get(where).status_code in (200, 303)
    assert client.get("/sign-out").status_code == 405  # nothing is above it


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("%PDF-1.7", "places.csv", "is a PDF"),
        ("", "places.csv", "is empty"),
        ("", "", "Choose a file"),
        ("{}", "places.geojson", "not a GeoJSON"),
    ],
)
def test_a_file_that_is_no_table_is_refused_and_not_kept(
    app: Flask, client: FlaskClient, content: str, name: str, said: str
) -> None:
    answer = upload(client, content, name)
    assert answer.status_code == 422
    assert said in answer.text
    kept = app.extensions["settings"].instance / "imports"
    assert not kept.exists() or not list(kept.iterdir())


@pytest.mark.usefixtures("ready")
def test_columns_left_out_are_open_to_see_while_none_of_them_is_known_to_be_the_name(
    client: FlaskClient,
) -> None:
    strange = client.get(f"{started(client, ROWS.replace('name', 'Naam', 1))}/columns").text
    assert "could not tell which column holds the name" in strange
    assert re.search(r'<details class="govuk-details" open>', strange)
    known = client.get(f"{started(client, ROWS.replace('id,', 'zz,', 1))}/columns").text
    assert "could not tell" not in known
    assert re.search(r'<details class="govuk-details">', known)


def test_a_file_with_a_nul_in_its_name_is_refused_in_words(
    client: FlaskClient, editor: User
) -> None:
    refused = upload(client, name="pla\0ces.csv")
    assert refused.status_code == 422
    assert "file: Take out the NUL character." in refused.text


@pytest.mark.usefixtures("ready")
def test_categories_named_as_ours_are_shown_once_their_column_is_chosen_by_hand(
    client: FlaskClient,
) -> None:
    rows = ROWS.replace("category", "Sort of thing", 1)
    where = started(client, rows)
    fields = as_guessed(client, where)
    column = rows.splitlines()[0].split(",").index("Sort of thing")
    assert not any(name.startswith("value") for name in fields)
    press(client, f"{where}/columns", **(fields | CHOICES | {f"column-{column}": "category"}))
    shown = as_guessed(client, where)
    assert "pla_hall" in {code for name, code in shown.items() if name.startswith("value")}


@pytest.mark.usefixtures("ready")
def test_which_number_of_a_place_in_one_column_comes_first_is_chosen(client: FlaskClient) -> None:
    rows = 'id,name,category,there\na1,Hall,pla_hall,"-1.92,53.735"\n'
    where = started(client, rows)
    fields = as_guessed(client, where) | CHOICES | {"column-3": "pair"}
    page = client.get(f"{where}/columns").text
    orders = re.findall(r'name="pair_order"[^>]*value="([^"]*)"', page)
    found = {}
    for order in orders:
        press(client, f"{where}/columns", **fields, pair_order=order)
        found[order] = "look swapped" in client.get(where).text
    assert found == {"lat,lon": True, "lon,lat": False}


@pytest.mark.usefixtures("ready")
def test_two_columns_of_one_field_are_refused_and_the_choice_is_asked_again(
    client: FlaskClient,
) -> None:
    where = started(client)
    fields = as_guessed(client, where) | CHOICES | {"column-3": "latitude"}
    answer = press(client, f"{where}/columns", **fields)
    assert answer.status_code == 422
    assert "Two columns are set to" in answer.text


@pytest.mark.usefixtures("ready")
@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"epsg": "99x"}, "epsg"),
        ({"licence": "L" * 81}, "licence"),
        ({"column-1": ""}, "columns"),
        ({"column-1": "address", "column-3": "latitude"}, "columns"),
    ],
)
def test_choices_that_are_refused_are_named_and_none_of_them_is_lost(
    client: FlaskClient, wrong: dict[str, str], named: str
) -> None:
    where = started(client)
    guessed = as_guessed(client, where)
    (reading,) = [name for name, code in guessed.items() if name.startswith("value") and not code]
    mine = {reading: "lyp_libr", "source": "Mine", "licence": "OGL v3", "column-0": "phone"}
    mine |= {"duplicates": "add", "pair_order": "lon,lat", "keep_without_place": "1"} | wrong
    answer = press(client, f"{where}/columns", **(guessed | mine))
    assert answer.status_code == 422
    assert f'href="#{named}"' in answer.text
    assert written(answer.text) >= {(name, said) for name, said in mine.items() if said}
    if not wrong.get("column-1", "kept"):
        assert ("column-1", "title") not in written(answer.text)


def test_the_public_and_people_who_only_read_may_not_import(
    session: Session, client: FlaskClient
) -> None:
    assert client.get("/imports/").status_code == 401
    sign_in(client, make_user(session, make_team(session), role="viewer"))
    session.commit()
    assert client.get("/imports/").status_code == 403


@pytest.mark.usefixtures("ready")
def test_another_team_does_not_see_an_import(session: Session, client: FlaskClient) -> None:
    where = previewed(client)
    other = make_user(session, make_team(session, "Another"), email="other@demo.example")
    session.commit()
    sign_in(client, other)
    for page in ("", "/columns", "/progress", "/refused.csv", "/mapping.json"):
        assert client.get(where + page).status_code == 404
    assert "places.csv" not in client.get("/imports/").text


def test_who_takes_an_import_back_need_not_be_who_began_it(
    client: FlaskClient, session: Session, ready: Team, editor: User
) -> None:
    where = previewed(client, default_category="pla_hall")
    press(client, f"{where}/go")
    session.rollback()
    other = make_user(session, ready, email="other@demo.example")
    session.get_one(User, editor.id).is_active = False  # has left
    other_id = other.id
    session.commit()
    sign_in(client, other)
    press(client, f"{where}/undo")
    session.rollback()
    gone = session.scalars(select(Entry)).all()
    assert {(one.withdrawn_why, one.withdrawn_by_id) for one in gone} == {
        ("Import undone", other_id)
    }


def test_an_upload_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise OSError(28, "No space left on device")

    folder = ImportFolder.of(tmp_path, uuid.uuid4())
    with pytest.raises(OSError, match="No space"):
        folder.keep(Full())
    assert not folder.path.exists()
    folder.keep(io.BytesIO(b"whole"))
    assert folder.upload.read_bytes() == b"whole"


@pytest.mark.usefixtures("ready")
def test_what_an_import_kept_of_its_choices_is_used_by_the_job(client: FlaskClient) -> None:
    where = previewed(client, default_category="pla_hall")
    uid = uuid.UUID(where.rpartition("/")[2])
    kept = db.session.scalars(select(Import).where(Import.uid == uid)).one()
    said = json.loads(json.dumps(kept.mapping))
    assert said["options"]["source"] == "council"
    assert said["mapping"]["default_category"] == "pla_hall"
