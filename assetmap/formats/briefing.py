"""A page that is one file: its map made with folium, everything inside it, nothing fetched.

What people wrote never passes through folium. Its templates are compiled a second time after they
are filled in, so that a title with “{{ … }}” in it would run in this process, and its popups are
HTML. Here folium is given numbers and fixed names only; what is drawn goes into the page as JSON,
which our own script puts on the map as text.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Box = tuple[float, float, float, float]
CLOSEST = 19
_URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")
_IMPORT = re.compile(r"^import\b[^;]*;\n?", re.MULTILINE)
_EXPORTS = re.compile(r"^export \{[^}]*\};?\n?", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const|let|function|class|async)", re.MULTILINE)
_SOURCE_MAP = re.compile(r"\n?//# sourceMappingURL=\S*")
_FETCHED = re.compile(
    r"""<(?:script|link|img|iframe|object|embed|audio|video|source|use)\b[^>]*?"""
    r"""\b(?:src|href|data)\s*=\s*["']?(?!data:|\#|blob:)([^"'\s>]+)""",
    re.IGNORECASE,
)
_HANDLER = re.compile(r"""<[a-z][^<>]*?\s(on[a-z]+)\s*=""", re.IGNORECASE)
_BLOCK = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)


class Remote(ValueError):
    """A file that is to stand alone would fetch something, or holds a script of somebody else's."""


@dataclass(frozen=True)
class Ground:
    """A base map to be taken along: a PMTiles archive, how it is drawn, and whose it is."""

    archive: bytes
    style: str
    attribution: str


@dataclass(frozen=True)
class Parts:
    """The pieces of a page with maps. maps: one element each, in the order asked for."""

    maps: tuple[str, ...]
    blocks: tuple[str, ...]
    scripts: tuple[str, ...]
    styles: str
    policy: str = field(init=False)

    def __post_init__(self) -> None:
        scripts = " ".join(_digest(one) for one in self.scripts)
        policy = (
            f"default-src 'none'; script-src {scripts}; style-src {_digest(self.styles)};"
            " img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
        )
        object.__setattr__(self, "policy", policy)


@cache
def _folium() -> tuple[Any, type[Any]]:
    """folium, and our one element of it: hands a map to our script, with the box it shows."""
    import folium  # brings pandas with it, a second that only a pack should cost
    from branca.element import MacroElement
    from folium.template import Template

    class Drawn(MacroElement):  # type: ignore[misc]  # folium ships no types
        _template = Template(
            "{% macro script(this, kwargs) %}"
            "drawPlaces({{ this._parent.get_name() }}, {{ this.box }});"
            "{% endmacro %}"
        )

        def __init__(self, box: Box) -> None:
            super().__init__()
            self.box = json.dumps([float(side) for side in box])

    return folium, Drawn


def parts(
    boxes: Sequence[Box],
    shown: Mapping[str, Any],
    ground: Ground | None,
    *,
    scripts: Iterable[str],
    styles: str,
) -> Parts:
    """Maps of these boxes (west, south, east, north, degrees), and all that they need.

    shown: what is on them, as JSON. scripts: Leaflet first, ours, which defines `drawPlaces`, last.
    """
    figures = [_map(number, box) for number, box in enumerate(boxes, 1)]
    blocks = [_block("shown", shown)]
    if ground is not None:
        archive = base64.b64encode(ground.archive).decode("ascii")
        said = {"style": ground.style, "attribution": ground.attribution, "archive": archive}
        blocks.append(_block("ground", said))
    code = [_SOURCE_MAP.sub("", _as_parsed(one)) for one in scripts]
    code.append("\n".join(script for _, script in figures))
    if any("</script" in one.lower() for one in code):
        raise Remote("A script would end its own element.")
    return Parts(
        tuple(markup for markup, _ in figures), tuple(blocks), tuple(code), _as_parsed(styles)
    )


def in_one(modules: Iterable[str]) -> str:
    """Modules as one classic script, those that others import first; their names must differ."""
    text = "\n".join(_EXPORT.sub("", _EXPORTS.sub("", _IMPORT.sub("", one))) for one in modules)
    return f'"use strict";\n(() => {{\n{text}\n}})();\n'


def with_files(css: str, files: Mapping[str, tuple[str, bytes]]) -> str:
    """A style sheet with the files it names inside it. files: by the end of their path, each with
    its media type. What is not among them is left out."""

    def inside(match: re.Match[str]) -> str:
        address = match[1]
        if address.startswith("data:") or address.startswith("#"):
            return match[0]
        name = address.rpartition("/")[2]
        if name not in files:
            return "none"
        media, body = files[name]
        return f"url(data:{media};base64,{base64.b64encode(body).decode('ascii')})"

    return _URL.sub(inside, css)


def check(page: str) -> str:
    """The page, when it needs nothing from outside. Raises Remote."""
    markup = _BLOCK.sub(lambda block: block[0][: block[0].index(">") + 1], page)
    if fetched := _FETCHED.search(markup):
        raise Remote(f"The page would fetch {fetched[1][:80]}")
    if handler := _HANDLER.search(markup):
        raise Remote(f"The page has an {handler[1][:20]} handler")
    for block in _BLOCK.finditer(page):
        if block[1].lower() == "style" and re.search(r"@import|url\((?!data:|#)", block[0]):
            raise Remote("A style sheet would fetch something")
    return page


def _map(number: int, box: Box) -> tuple[str, str]:
    """The element and the script that folium makes of a map; of its header nothing is used: it
    forbids zooming, and its scripts and sheets are on other people's servers."""
    west, south, east, north = box
    folium, drawn = _folium()
    made = folium.Map(
        ((south + north) / 2, (west + east) / 2),
        zoom_start=15,
        tiles=None,
        control_scale=True,
        max_zoom=CLOSEST,
        zoom_snap=0.25,
        attribution_control=False,
    )
    made.default_js, made.default_css = [], []
    made._id = f"paper_{number}"  # the same each time: what is made twice is equal
    made.add_child(drawn(box))
    figure = made.get_root()
    figure.render()
    return figure.html.render().strip(), figure.script.render()


def _block(name: str, value: Any) -> str:
    """Data for a script, in which nothing can end the element it stands in."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    text = text.replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


def _as_parsed(text: str) -> str:
    """A text as a browser reads it, and hashes it: with one sort of line end."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _digest(text: str) -> str:
    """What a policy allows an inline script or sheet by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
