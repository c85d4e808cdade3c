"""A report in parts, and the same as a document for a word processor (Office Open XML, .docx).

What people wrote goes in as text and nothing else: no fields, no links, no formulas.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Mm, Pt

TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
A4 = Mm(210), Mm(297)
LANGUAGE = "en-GB"
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Words:
    """A paragraph. is_own: as somebody wrote it, with its lines. is_note: it explains the rest."""

    said: str
    is_own: bool = False
    is_note: bool = False


@dataclass(frozen=True)
class Points:
    """Short points below each other."""

    said: Sequence[str]


@dataclass(frozen=True)
class Facts:
    """Terms with what is to be said of each, as somebody wrote it."""

    said: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Tag:
    """A state in one or two words. tone: how a page colours it."""

    said: str
    tone: str


Cell = str | Sequence[Tag]


@dataclass(frozen=True)
class Table:
    """title: above it. caption: what it holds, for who does not see it. The first cell of each row
    says what the row is about. is_small: may stand beside others."""

    title: str
    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    is_small: bool = False


Block = Words | Points | Facts | Table


@dataclass(frozen=True)
class Part:
    """A heading, and what stands below it. name: how an address finds it on a page."""

    name: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Report:
    """title: of the whole. lead: the line below it. drawn_at: when it was drawn from the record.
    marking: how it is classified, above every sheet; may be ""."""

    title: str
    lead: str
    parts: Sequence[Part]
    drawn_at: datetime
    marking: str = ""


def write(report: Report) -> bytes:
    """The whole report as one .docx of A4 sheets."""
    made = docx.Document()
    _set_up(made, report)
    made.add_heading(_text(report.title), level=0)
    if report.lead:
        made.add_paragraph(_text(report.lead), style="Subtitle")
    for part in report.parts:
        if part.title:
            made.add_heading(_text(part.title), level=1)
        for block in part.blocks:
            _put(made, block)
    kept = io.BytesIO()
    made.save(kept)
    return kept.getvalue()


def _set_up(made: Any, report: Report) -> None:
    sheet = made.sections[0]
    sheet.page_width, sheet.page_height = A4
    sheet.left_margin = sheet.right_margin = sheet.top_margin = sheet.bottom_margin = Mm(22)
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(11)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), LANGUAGE)
    normal.element.get_or_add_rPr().append(language)
    about = made.core_properties
    about.title, about.language, about.author = _text(report.title)[:255], LANGUAGE, "Assetmap"
    about.comments = ""
    about.created = about.modified = report.drawn_at.replace(tzinfo=None)
    if report.marking:
        for edge in (sheet.header, sheet.footer):
            line = edge.paragraphs[0]
            line.alignment = WD_ALIGN_PARAGRAPH.CENTER
            line.add_run(_text(report.marking)).bold = True


def _put(made: Any, block: Block) -> None:
    match block:
        case Words():
            line = made.add_paragraph().add_run(_text(block.said))
            line.italic = block.is_note
        case Points():
            for one in block.said:
                made.add_paragraph(_text(one), style="List Bullet")
        case Facts():
            for term, said in block.said:
                line = made.add_paragraph()
                line.add_run(f"{_text(term)}: ").bold = True
                line.add_run(_text(said))
        case Table():
            _put_table(made, block)


def _put_table(made: Any, block: Table) -> None:
    made.add_heading(_text(block.title), level=2)
    table = made.add_table(rows=1, cols=len(block.heads), style="Table Grid")
    for cell, head in zip(table.rows[0].cells, block.heads, strict=True):
        cell.paragraphs[0].add_run(_text(head)).bold = True
    repeated = OxmlElement("w:tblHeader")  # the heads stand above each sheet that it runs over
    repeated.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)
    for row in block.rows:
        for cell, said in zip(table.add_row().cells, row, strict=True):
            cell.text = _text(
                said if isinstance(said, str) else ", ".join(one.said for one in said)
            )
    made.add_paragraph()


def _text(said: str) -> str:
    """What an XML file can hold of a text."""
    return _NOT_XML.sub("", said.replace("\r\n", "\n").replace("\r", "\n"))
