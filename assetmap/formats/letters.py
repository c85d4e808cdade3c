"""Letters and labels as a PDF, laid out for printing.

A letter is a sheet of A4; folded in three its address shows in the window of a DL envelope. Labels
are 21 to a sheet, 63.5 by 38.1 mm. Measures are in mm, sizes of letters in points.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import cast

import segno
from fpdf import FPDF
from fpdf.fonts import TTFFont

TYPE = "application/pdf"
FACE = "letters"
FACES = {"": "DejaVuSansCondensed.ttf", "B": "DejaVuSansCondensed-Bold.ttf"}
A4 = 210, 297
TOP, SIDE, FOOT = 15, 20, 10  # the margins of a letter
WIDTH = A4[0] - 2 * SIDE
FOLDS = 99, 198
WINDOW = 22, 50, 76, 31  # the address: left, top, width, height
ADDRESS_SIZES = (10, 8.5, 7)
TEXT_SIZES = (11, 10, 9)  # the largest with which a letter is one sheet, else the first
SMALLER = 1.5  # is what stands at the foot
POINT = 25.4 / 72
FIRST_SHAPED = "\u0590"  # Hebrew, Arabic and what comes after: letters that change beside others
LINE, CLOSE = 1.3, 1.2  # of the size
GAP = 2.6  # after a paragraph
SIGNING = 9  # room for a name by hand
SQUARES, QUIET, BESIDE = 30, 2, 6  # what is scanned: how wide, empty modules around, room beside it
PADDING = 3
ACROSS, DOWN = 3, 7  # labels of a sheet
LABEL = 63.5, 38.1
FIRST_LABEL, NEXT_LABEL = (7.25, 15.1), 66
LABEL_SIDE = 4
LABEL_SIZES = (10, 8.5, 7, 6)

Room = tuple[float, float, float, float]  # left, top, width, height


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, or lines of one that the next goes on with."""

    words: str
    bold: bool = False
    goes_on: bool = False


@dataclass(frozen=True)
class Letter:
    """One letter. to: lines of the address. link: what is scanned, with `beside` at its side, in
    which it is said as it is `typed`."""

    to: Sequence[str]
    before: Sequence[Paragraph]
    link: str
    typed: str
    beside: Sequence[Paragraph]
    after: Sequence[Paragraph]
    sender: str
    foot: str


class _Sheets(FPDF):
    """Sheets of A4 in the faces of letters. fonts: the folder that holds them."""

    def __init__(self, title: str, fonts: Path) -> None:
        super().__init__(unit="mm", format="A4")
        for style, name in FACES.items():
            self.add_font(FACE, style, fonts / name)
        self.set_title(plain(title))
        self.set_lang("en-GB")
        self.alias_nb_pages("")  # else somebody who typed {nb} reads how many pages there are
        self.set_auto_page_break(False)
        self.broken: dict[tuple[str, float, float, bool], list[str]] = {}

    def done(self) -> bytes:
        """The document, with the files of its faces closed."""
        written = bytes(self.output())
        self.close_faces()
        return written

    def close_faces(self) -> None:
        """Close the files of the faces."""
        for face in self.fonts.values():
            cast("TTFFont", face).close()

    def lines(self, words: str, width: float, size: float, *, bold: bool) -> list[str]:
        """Words in lines of a width; most of a letter stands in the others, too."""
        key = (words, width, size, bold)
        if key not in self.broken:
            self.set_font(FACE, "B" if bold else "", size)
            self.set_text_shaping(any(sign >= FIRST_SHAPED for sign in words))
            found = self.multi_cell(
                width, text=plain(words), align="L", dry_run=True, output="LINES"
            )
            self.broken[key] = cast("list[str]", found) or [""]
        return self.broken[key]

    def say(self, paragraph: Paragraph, left: float, width: float, size: float) -> None:
        """A paragraph, on the next sheet where this one ends."""
        high = size * POINT * LINE
        for line in self.lines(paragraph.words, width, size, bold=paragraph.bold):
            if self.y + high > A4[1] - FOOT:
                self.add_page()
                self.set_y(TOP)
            self.put(line, left, size, high, bold=paragraph.bold)
        self.set_y(self.y + (0 if paragraph.goes_on else GAP))

    def put(self, line: str, left: float, size: float, high: float, *, bold: bool) -> None:
        """One line that is not broken any more."""
        self.set_font(FACE, "B" if bold else "", size)
        self.set_text_shaping(any(sign >= FIRST_SHAPED for sign in line))
        top = self.y
        self.set_xy(left, top)
        self.cell(A4[0] - left, high, line)
        self.set_y(top + high)

    def tall(self, said: Sequence[Paragraph], width: float, size: float) -> float:
        """How tall paragraphs are below each other."""
        high = size * POINT * LINE
        return sum(
            len(self.lines(one.words, width, size, bold=one.bold)) * high
            + (0 if one.goes_on else GAP)
            for one in said
        )


def letters(given: Iterable[Letter], *, title: str, day: str, fonts: Path) -> bytes:
    """The letters as a PDF, each on a sheet of its own or more. day: as it stands at their head."""
    pdf = _Sheets(title, fonts)
    pdf.set_margin(0)
    for letter in given:
        pdf.add_page()
        _head(pdf, letter, day)
        _body(pdf, letter)
    return pdf.done()


def labels(given: Iterable[Sequence[str]], *, title: str, fonts: Path) -> bytes:
    """Addresses on sheets of labels, as a PDF; the first line of each is bold."""
    pdf = _Sheets(title, fonts)
    pdf.set_margin(0)
    width, height = LABEL[0] - 2 * LABEL_SIDE, LABEL[1] - 2 * PADDING
    for number, lines in enumerate(given):
        down, across = divmod(number % (ACROSS * DOWN), ACROSS)
        if not down and not across:
            pdf.add_page()
        left = FIRST_LABEL[0] + NEXT_LABEL * across + LABEL_SIDE
        top = FIRST_LABEL[1] + LABEL[1] * down + PADDING
        _address(pdf, lines, (left, top, width, height), LABEL_SIZES, lowered=0.5, bold=True)
    return pdf.done()


def lacking(said: Iterable[str], *, fonts: Path) -> list[str]:
    """The characters that the faces of letters cannot show, each once."""
    known = _shown(fonts)
    wanted = {sign for words in said for sign in plain(words) if not sign.isspace()}
    return sorted(sign for sign in wanted if ord(sign) not in known)


def plain(words: str) -> str:
    """Words without the signs that nobody sees and that steer how others stand."""
    return "".join(
        sign
        for sign in words
        if sign in "\n\u200c\u200d" or unicodedata.category(sign) not in ("Cc", "Cf")
    )


@cache
def _shown(fonts: Path) -> frozenset[int]:
    pdf = _Sheets("", fonts)
    faces = cast("Iterable[TTFFont]", pdf.fonts.values())
    known = frozenset.intersection(*(frozenset(face.cmap) for face in faces))
    pdf.close_faces()
    return known


def _head(pdf: _Sheets, letter: Letter, day: str) -> None:
    pdf.set_draw_color(150)
    pdf.set_line_width(0.2)
    for fold in FOLDS:
        pdf.line(5, fold, 9, fold)
    pdf.set_y(TOP)
    pdf.say(Paragraph(letter.sender, bold=True), SIDE, WIDTH - 55, TEXT_SIZES[0])
    pdf.set_xy(A4[0] - SIDE - 50, TOP)
    pdf.set_font(FACE, "", TEXT_SIZES[0])
    pdf.cell(50, TEXT_SIZES[0] * POINT * LINE, day, align="R")
    _address(pdf, letter.to, WINDOW, ADDRESS_SIZES, lowered=1)
    pdf.set_y(FOLDS[0])


def _body(pdf: _Sheets, letter: Letter) -> None:
    size = next((one for one in TEXT_SIZES if _is_one_sheet(pdf, letter, one)), TEXT_SIZES[0])
    for paragraph in letter.before:
        pdf.say(paragraph, SIDE, WIDTH, size)
    _answer(pdf, letter, size)
    *said, last = letter.after
    for paragraph in said:
        pdf.say(paragraph, SIDE, WIDTH, size)
    closing = [last, Paragraph(letter.sender)]
    if pdf.y + pdf.tall(closing, WIDTH, size) + SIGNING > A4[1] - FOOT:
        pdf.add_page()
        pdf.set_y(TOP)
    pdf.say(last, SIDE, WIDTH, size)
    pdf.set_y(pdf.y + SIGNING)
    pdf.say(closing[1], SIDE, WIDTH, size)
    pdf.set_text_color(70)
    pdf.say(Paragraph(letter.foot), SIDE, WIDTH, size - SMALLER)
    pdf.set_text_color(0)


def _is_one_sheet(pdf: _Sheets, letter: Letter, size: float) -> bool:
    said = [*letter.before, *letter.after, Paragraph(letter.sender)]
    foot = pdf.tall([Paragraph(letter.foot)], WIDTH, size - SMALLER) - GAP
    box = _box_height(pdf, letter, size) + GAP
    return FOLDS[0] + pdf.tall(said, WIDTH, size) + box + SIGNING + foot <= A4[1] - FOOT


def _answer(pdf: _Sheets, letter: Letter, size: float) -> None:
    """What is scanned, and beside it what to do with it, in a frame that no sheet's end cuts."""
    tall = _box_height(pdf, letter, size)
    if pdf.y + tall > A4[1] - FOOT:
        pdf.add_page()
        pdf.set_y(TOP)
    top = pdf.y
    pdf.set_draw_color(0)
    pdf.set_line_width(0.3)
    pdf.rect(SIDE, top, WIDTH, tall, round_corners=True, corner_radius=2)
    _squares(pdf, letter.link, SIDE + PADDING, top + (tall - SQUARES) / 2)
    pdf.set_y(top + (tall - pdf.tall(letter.beside, _beside(), size) + GAP) / 2)
    for paragraph in letter.beside:
        pdf.say(paragraph, A4[0] - SIDE - PADDING - _beside(), _beside(), size)
    pdf.set_y(top + tall + GAP)


def _box_height(pdf: _Sheets, letter: Letter, size: float) -> float:
    return max(SQUARES, pdf.tall(letter.beside, _beside(), size) - GAP) + 2 * PADDING


def _beside() -> float:
    """The room beside what is scanned."""
    return WIDTH - SQUARES - BESIDE - 2 * PADDING


def _squares(pdf: _Sheets, link: str, left: float, top: float) -> None:
    """A link as squares that a phone reads; those beside each other are drawn as one."""
    rows = [list(row) for row in segno.make(link, error="m").matrix_iter(border=QUIET)]
    module = SQUARES / len(rows)
    pdf.set_fill_color(0)
    for down, modules in enumerate(rows):
        across = 0
        for is_dark, some in groupby(modules):
            count = len(list(some))
            if is_dark:
                where = left + across * module, top + down * module
                pdf.rect(*where, count * module, module, style="F")
            across += count


def _address(
    pdf: _Sheets,
    said: Sequence[str],
    room: Room,
    sizes: Sequence[float],
    *,
    lowered: float,
    bold: bool = False,
) -> None:
    """Lines of an address in the largest size with which they fit a room; what is more is not
    shown. lowered: how much of the room that is left is above them. bold: the first line is."""
    left, top, width, height = room
    for size in sizes:
        high = size * POINT * CLOSE
        lines = [
            (line, bold and not number)
            for number, words in enumerate(said)
            for line in pdf.lines(words, width, size, bold=bold and not number)
        ]
        if len(lines) * high <= height:
            break
    lines = lines[: int(height / high)]
    pdf.set_y(top + lowered * (height - len(lines) * high))
    for line, is_bold in lines:
        pdf.put(line, left, size, high, bold=is_bold)
