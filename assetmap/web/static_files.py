"""Files the browser fetches: ours under an address that changes with them, and the base map.

Every file in `static/` is served at `/s/<hash of the whole tree>/<path>`, so a page, its style
sheet and its modules (which import one another by relative path) always belong together and may
be kept for ever. Templates call `asset("css/assetmap.css")`.
"""

import gzip
import hashlib
import mimetypes
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, request, send_file
from werkzeug.wrappers import Response as AnyResponse

from assetmap.formats.basemap import described
from assetmap.gate import public
from assetmap.layers import shipped
from assetmap.settings import Settings

bp = Blueprint("static_files", __name__)

HASH_LENGTH = 12
WORTH_PACKING_BYTES = 1024
PACKED_TYPES = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
NOT_SERVED = {".py", ".pyc", ".ttf"}  # faces are for PDFs
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass
class Tree:
    """Every static file, in memory (under 1 MB), and the hash of them all."""

    files: dict[str, bytes]
    version: str = ""
    _packed: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        digest = hashlib.sha256()
        for path, body in sorted(self.files.items()):
            digest.update(f"{path}\0{len(body)}\0".encode())
            digest.update(body)
        self.version = digest.hexdigest()[:HASH_LENGTH]

    @classmethod
    def under(cls, folder: Path) -> "Tree":
        """Read a folder, leaving out what is for maintainers only."""
        return cls(
            {
                path.relative_to(folder).as_posix(): path.read_bytes()
                for path in folder.rglob("*")
                if path.is_file() and path.suffix not in NOT_SERVED
            }
        )

    def url(self, path: str) -> str:
        """The address of a file. Raises KeyError for one that isn't shipped."""
        if path not in self.files:
            raise KeyError(f"static/{path} is not there")
        return f"/s/{self.version}/{path}"

    def packed(self, path: str) -> bytes:
        """The file, gzipped once and kept."""
        if path not in self._packed:
            self._packed[path] = gzip.compress(self.files[path], mtime=0)
        return self._packed[path]


def install(app: Flask) -> None:
    """Serve the static tree and the base map; give templates `asset(path)` and `base_map()`."""
    tree = Tree.under(shipped("static"))
    app.extensions["static_files"] = tree
    app.jinja_env.globals["asset"] = tree.url
    app.jinja_env.globals["base_map"] = base_map
    app.register_blueprint(bp)


@bp.get("/s/<version>/<path:path>")
@public
def static_file(version: str, path: str) -> Response:
    """One file. An address from another release is answered with ours, but may not be kept."""
    tree: Tree = current_app.extensions["static_files"]
    if path not in tree.files:
        abort(404)
    body, mimetype = tree.files[path], content_type(path)
    response = Response(mimetype=mimetype)
    if len(body) >= WORTH_PACKING_BYTES and mimetype.startswith(PACKED_TYPES):
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.quality("gzip") > 0:
            body = tree.packed(path)
            response.content_encoding = "gzip"
    response.data = body
    current = version == tree.version
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if current else "no-cache"
    )
    return response


@bp.get("/basemap.pmtiles")
@public
def base_map_file() -> AnyResponse:
    """The base map; pmtiles.js asks for ranges of it, the phone for the whole."""
    path = current_app.extensions["settings"].base_map_path
    if path is None or not path.is_file():
        abort(404)
    return send_file(
        path, mimetype="application/vnd.pmtiles", conditional=True, max_age=3600, etag=True
    )


def content_type(path: str) -> str:
    """The media type of a file, the same whatever the machine's own table says."""
    known = TYPES.get(Path(path).suffix)
    return known or mimetypes.guess_type(path)[0] or "application/octet-stream"


def base_map() -> dict[str, Any]:
    """What the map component needs: source, style, attribution, bounds (w, s, e, n in degrees)."""
    settings: Settings = current_app.extensions["settings"]
    bare = {"source": "none", "style": "", "attribution": "", "bounds": settings.extent}
    path = settings.base_map_path
    if path is not None:
        if not path.is_file():
            return bare
        found = described(path, path.stat().st_mtime)
        return {"source": "pmtiles:/basemap.pmtiles", **asdict(found)}
    kind, _, rest = settings.basemap.partition(":")
    if kind != "raster":
        return bare
    url, _, attribution = rest.partition("|")
    return {**bare, "source": f"raster:{url}", "attribution": attribution}
