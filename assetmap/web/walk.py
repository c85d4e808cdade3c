"""The phone's app at /walk/: a shell without anybody's data, which works with no network.

The shell, its style sheets and every module that its modules import are kept on the phone by a
service worker under one version: the hash of them all. A release that touches none of them is no
new version of the app.
"""

import hashlib
import posixpath
import re
from dataclasses import dataclass
from functools import cache

import orjson
from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from assetmap.gate import public
from assetmap.web.static_files import HASH_LENGTH, Tree

bp = Blueprint("walk", __name__, url_prefix="/walk")

SHELL = "/walk/"
ENTRANCE = "js/walk/app.js"
WORKER = "js/walk/worker.js"
SHEETS = (
    "vendor/leaflet-1.9.4/leaflet.css",
    "css/assetmap.css",
    "css/map.css",
    "css/walk.css",
)
MAP_SCRIPTS = (  # fetched only where a map is looked at
    "vendor/leaflet-1.9.4/leaflet.js",
    "vendor/pmtiles-4.5.0/pmtiles.js",
    "vendor/protomaps-leaflet-5.1.0/protomaps-leaflet.js",
)
MORE = (  # what the shell and the sheets name
    "img/icon.svg",
    "img/walk/icon-192.png",
    "vendor/fontsource-variable-public-sans-5.3.0/public-sans-latin-wght-normal.woff2",
)
IMPORT = re.compile(rb"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}/[^"']+)["']""")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; media-src blob:;"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
ICONS = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"))
MASKABLE = ("maskable-512.png", 512, "maskable")


@dataclass(frozen=True)
class App:
    """One version of the phone's app: its paths in the static tree, and the hash of them all."""

    version: str
    paths: tuple[str, ...]

    def url(self, path: str) -> str:
        """Where the phone fetches a file of the app; it changes only with the app."""
        if path not in self.paths:
            raise KeyError(f"{path} is not part of the phone's app")
        return f"/s/{self.version}/{path}"

    def manifest(self) -> dict[str, object]:
        """What a phone wants to know before it puts the app on its home screen."""
        icons = [
            {
                "src": f"/s/{self.version}/img/walk/{name}",
                "sizes": f"{side}x{side}",
                "type": "image/png",
                "purpose": purpose,
            }
            for name, side, purpose in (*ICONS, MASKABLE)
        ]
        return {
            "id": SHELL,
            "name": "Assetmap walkabouts",
            "short_name": "Walkabout",
            "description": "Log assets, offers and findings on the street, with no signal.",
            "lang": "en-GB",
            "start_url": SHELL,
            "scope": SHELL,
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": "#12355b",
            "icons": icons,
        }


def imported(tree: Tree, entrance: str) -> tuple[str, ...]:
    """A module and all that it imports, at once or later, in the order they are met.

    Raises KeyError for an import of a file that is not there.
    """
    met, waiting = dict[str, None](), [entrance]
    while waiting:
        path = waiting.pop(0)
        if path in met:
            continue
        met[path] = None
        folder = posixpath.dirname(path)
        for found in IMPORT.findall(tree.files[path]):
            waiting.append(posixpath.normpath(posixpath.join(folder, found.decode())))
    return tuple(met)


def the_app() -> App:
    """The version that this release ships."""
    tree: Tree = current_app.extensions["static_files"]
    template, _, _ = current_app.jinja_env.loader.get_source(  # type: ignore[union-attr]
        current_app.jinja_env, "walk/shell.html"
    )
    return _read(tree.version, template)


@cache
def _read(_: str, template: str) -> App:
    """Read once for each version of the static tree."""
    tree: Tree = current_app.extensions["static_files"]
    paths = (*imported(tree, ENTRANCE), *SHEETS, *MORE, *MAP_SCRIPTS)
    digest = hashlib.sha256(template.encode())
    for path in (*paths, WORKER):
        digest.update(path.encode() + b"\0" + tree.files[path])
    return App(digest.hexdigest()[:HASH_LENGTH], paths)


@bp.get("/")
@public
def shell() -> AnyResponse:
    """The app, the same for everybody; without scripts a page that leads to the usual forms."""
    app = the_app()
    scripts = [app.url(path) for path in MAP_SCRIPTS]
    page = render_template(
        "walk/shell.html", app=app, sheets=SHEETS, entrance=ENTRANCE, scripts=scripts
    )
    return _ours(Response(page, mimetype="text/html"))


@bp.get("/sw.js")
@public
def worker() -> AnyResponse:
    """What keeps the app on the phone: its version, what belongs to it, and the worker itself."""
    app = the_app()
    tree: Tree = current_app.extensions["static_files"]
    kept = orjson.dumps([SHELL, f"{SHELL}manifest.webmanifest", *map(app.url, app.paths)])
    head = b'const VERSION = "%s";\nconst KEPT = %s;\n' % (app.version.encode(), kept)
    return _ours(Response(head + tree.files[WORKER], mimetype="text/javascript"))


@bp.get("/manifest.webmanifest")
@public
def manifest() -> AnyResponse:
    """For the home screen."""
    body = orjson.dumps(the_app().manifest())
    return _ours(Response(body, mimetype="application/manifest+json"))


@bp.get("/rescue")
def rescue() -> ResponseReturnValue:
    """At a desk: send what a phone could not, out of the file it saved."""
    return render_template("walk/rescue.html")


def _ours(answer: Response) -> AnyResponse:
    """Asked for again each time, never another's: nothing in it depends on who asks."""
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Content-Security-Policy"] = POLICY
    answer.add_etag()
    return answer.make_conditional(request)
