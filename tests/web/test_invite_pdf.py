"""Letters and labels of an invite list as a PDF."""

import io
from typing import Any

import pypdf
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from assetmap.models import AuditEntry, Person, Team
from assetmap.web import letter_sheets
from tests.make import commit, make_user
from tests.web.pages import press, sign_in
from tests.web.test_invite_answers import TOLD
from tests.web.test_invite_letters import codes, town


def pages(answer: Any) -> list[str]:
    """The words of each sheet of a PDF."""
    assert answer.status_code == 200
    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.data)).pages]


def written(client: FlaskClient, session: Session) -> str:
    """A list with letters to three, by whoever is signed in after it."""
    olu, at = town(session)
    sign_in(client, olu)
    press(client, f"{at}/letters", f"{at}/letters", whom="all", words="Do come")
    return at


def test_a_pdf_of_letters_says_what_their_page_does_and_is_on_the_account(
    client: FlaskClient, session: Session
) -> None:
    at = written(client, session)
    page = client.get(f"{at}/sheets/letters?who=asked").text
    assert f"{at}/sheets/letters.pdf?who=asked&amp;part=1" in page
    answer = client.get(f"{at}/sheets/letters.pdf?who=asked&part=1")
    assert 'filename="assetmap-letters-' in answer.headers["Content-Disposition"]
    sheets = pages(answer)
    assert len(sheets) == 3
    for sheet, code in zip(sheets, codes(page), strict=True):
        said = " ".join(sheet.split())
        for part in ("Do come", TOLD["aims"], "Will you come?", "1 High Street", f"reply/{code}"):
            assert part in said
    assert any("Dear Siân Ŵyn," in sheet for sheet in sheets)
    left = session.scalars(select(AuditEntry).where(AuditEntry.action == "exported")).all()
    assert [(row.channel, row.subject_count, "reply_link" in row.fields) for row in left] == [
        ("paper", 3, True)
    ] * 2


def test_a_pdf_of_labels_holds_whom_the_page_of_them_does(
    client: FlaskClient, session: Session
) -> None:
    at = written(client, session)
    assert f"{at}/sheets/labels.pdf?who=asked" in client.get(f"{at}/sheets/labels?who=asked").text
    (sheet,) = pages(client.get(f"{at}/sheets/labels.pdf?who=asked"))
    assert [name in sheet for name in ("Siân Ŵyn", "Ben", "Cat", "Dai")] == [
        True,
        True,
        True,
        False,
    ]
    nobody = client.get(f"{at}/sheets/labels.pdf?who=open", follow_redirects=True)
    assert "Nobody on this list agreed to be written to by post" in nobody.text


def test_many_letters_are_several_files(
    client: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = written(client, session)
    monkeypatch.setitem(letter_sheets.IN_A_FILE, "letters", 2)
    page = client.get(f"{at}/sheets/letters?who=asked").text
    assert "PDF of letters 1 to 2" in page
    assert "PDF of letters 3 to 3" in page
    both = [pages(client.get(f"{at}/sheets/letters.pdf?part={part}")) for part in (1, 2)]
    assert [len(sheets) for sheets in both] == [2, 1]
    assert len({code for sheets in both for sheet in sheets for code in sheet.splitlines()[:3]}) > 3
    assert client.get(f"{at}/sheets/letters.pdf?part=3").status_code == 404
    for part in ("0", "101", "x"):
        assert client.get(f"{at}/sheets/letters.pdf?part={part}").status_code == 400


def test_letters_that_a_pdf_cannot_show_are_named_and_printed_from_their_page(
    client: FlaskClient, session: Session
) -> None:
    at = written(client, session)
    session.scalars(select(Person).where(Person.name == "Ben")).one().name = "আদিত্য"
    commit()
    for sheet in ("letters", "labels"):
        page = client.get(f"{at}/sheets/{sheet}?who=asked").text
        assert "cannot show" in page
        assert "Print this page instead" in page
        assert f"{sheet}.pdf" not in page
        refused = client.get(f"{at}/sheets/{sheet}.pdf?who=asked")
        assert refused.status_code == 409
        assert "আ" in refused.text


def test_a_pdf_with_links_to_answer_leaves_with_those_alone_who_may_change_the_list(
    client: FlaskClient, session: Session
) -> None:
    at = written(client, session)
    vera = make_user(session, session.scalars(select(Team)).one(), "viewer", "vera@demo.example")
    commit()
    sign_in(client, vera)
    assert client.get(f"{at}/sheets/letters.pdf").status_code == 403
