"""Letters and labels as a PDF: what is on which sheet, and where on it."""

import io
from collections.abc import Sequence
from pathlib import Path

import pypdf
from hypothesis import given, settings
from hypothesis import strategies as st

from assetmap.formats import letters
from assetmap.formats.letters import Letter, Paragraph

FONTS = Path(__file__).parents[2] / "static" / "vendor" / "dejavu-fonts-ttf-2.37.3"
MM = 72 / 25.4  # of a PDF's units
WINDOW = (20, 46, 110, 92)  # left, top, right, foot: wherever the sheet lies in the envelope
LINK = "https://assetmap.example/reply/abcd-efgh-jkmn-pqrs"
Placed = tuple[str, float, float]  # words, mm from the left, mm from the top of the sheet


def letter(
    name: str = "Zoë Łukasiewicz",
    to: Sequence[str] = ("Canal Friends", "12 Mill Lane", "HX1 1AA"),
    words: str = "Do come.",
    count: int = 1,
) -> Letter:
    return Letter(
        [name, *to],
        [Paragraph(f"Dear {name},"), *[Paragraph(words)] * count],
        LINK,
        LINK.partition("://")[2],
        [Paragraph("Will you come?", bold=True), Paragraph(LINK.partition("://")[2], bold=True)],
        [Paragraph("Ask Jo"), Paragraph("Yours,")],
        "Alderbrook team",
        "We write because you agreed.",
    )


def sheets(of: Sequence[Letter]) -> list[list[Placed]]:
    """The words of each sheet and where they stand."""
    written = letters.letters(of, title="Letters", day="3 May 2026", fonts=FONTS)
    return read(written)


def read(written: bytes) -> list[list[Placed]]:
    found = []
    for page in pypdf.PdfReader(io.BytesIO(written)).pages:
        assert [round(float(edge)) for edge in page.mediabox[2:]] == [595, 842]
        placed = list[Placed]()

        def take(
            words: str, cm: list[float], tm: list[float], *_: object, to: list[Placed] = placed
        ) -> None:
            if words.strip():
                to.append((words.strip(), tm[4] / MM, 297 - tm[5] / MM))

        page.extract_text(visitor_text=take)
        found.append(placed)
    return found


def said(sheet: Sequence[Placed]) -> str:
    return " ".join(words for words, *_ in sheet)


def test_a_letter_is_one_sheet_with_its_address_alone_in_the_window() -> None:
    far = letter("Hildegard " * 6, ["Friends of the Canal " * 5, "Mill " * 30, "HX1 1AA"])
    for sheet in sheets([letter(), far, letter(words="We would like to see you. " * 40)]):
        left, top, right, foot = WINDOW
        inside = [one for one in sheet if top < one[2] < foot]
        assert "HX1 1AA" in said(inside)
        assert all(left < one[1] < right for one in inside)
        assert "Dear" not in said(inside)
        assert "We write because you agreed." in said(sheet)
        assert all(one[2] < 297 - 10 for one in sheet)


def test_a_letter_with_more_than_a_sheet_goes_on_and_nothing_of_it_is_lost() -> None:
    for count in range(14, 30):
        found = sheets([letter(words="A line that is there.", count=count * 2), letter("Next")])
        whole = " ".join(map(said, found))
        assert whole.count("A line that is there.") == count * 2
        assert whole.count("reply/abcd-efgh-jkmn-pqrs") == 2
        assert said(found[-1]).count("Next") == 2  # the next begins a sheet of its own
        assert all(one[2] < 297 - 9 for sheet in found for one in sheet)


def test_what_somebody_typed_is_no_mark_of_a_document() -> None:
    typed = "**bold** __under__ <b>b</b> (a) \\ {{nb}} %PDF endstream {nb}"
    assert typed in said(sheets([letter(words=typed)])[0])


def test_signs_that_turn_what_comes_after_are_left_out() -> None:
    assert "abcdef" in said(sheets([letter(words="abc\u202edef\u0000\u200f")])[0])


def test_what_the_faces_of_letters_cannot_show_is_told() -> None:
    assert letters.lacking(["Zoë Łukasiewicz", "Αθηνά", "Олена", "محمد"], fonts=FONTS) == []
    assert letters.lacking(["আ आ", "a\u202e आ"], fonts=FONTS) == ["आ", "আ"]


def test_labels_are_twenty_one_to_a_sheet_and_each_stays_on_its_own() -> None:
    names = [f"Name{number:02}" for number in range(23)]
    made = [[name, *(["Long " * 60] if name == "Name04" else ["1 High Street"])] for name in names]
    first, second = read(letters.labels(made, title="Labels", fonts=FONTS))
    at = {words: (left, top) for words, left, top in [*first, *second] if words in names}
    assert sorted(at) == names
    assert {words for words, *_ in second if words in names} == {"Name21", "Name22"}
    for number, name in enumerate(names):
        down, across = divmod(number % 21, 3)
        left, top = at[name]
        assert 7.25 + 66 * across < left < 7.25 + 66 * across + 63.5
        assert 15.1 + 38.1 * down < top < 15.1 + 38.1 * (down + 1)
    for _, left, top in first:
        assert 7.25 < left < 7.25 + 132 + 63.5
        assert 15.1 < top < 15.1 + 7 * 38.1


@settings(max_examples=30)
@given(st.lists(st.text(max_size=200), min_size=1, max_size=6), st.text(max_size=80))
def test_any_words_make_letters_and_labels(lines: list[str], name: str) -> None:
    assert read(letters.labels([lines], title=name, fonts=FONTS))
    given_words = letter(name, lines, "\n".join(lines))
    assert sheets([given_words])
