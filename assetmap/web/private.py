"""Pages at an address that has a secret in it."""

from flask import Response, make_response


def private(page: str | bytes, status: int = 200) -> Response:
    """A page that is kept by no browser, found by no search engine, and whose address is told to
    nobody it links to."""
    made = make_response(page, status)
    made.headers["Cache-Control"] = "no-store"
    made.headers["Referrer-Policy"] = "no-referrer"
    made.headers["X-Robots-Tag"] = "noindex"
    return made
