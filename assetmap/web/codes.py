"""Addresses that are scanned, and shares in whole per cents: what pages about answers share."""

import segno
from flask import current_app, request
from markupsafe import Markup

from assetmap.register.survey_results import Share
from assetmap.settings import Settings


def root() -> str:
    """Where people reach this register: what an address to scan begins with."""
    settings: Settings = current_app.extensions["settings"]
    return (settings.public_url or request.host_url).rstrip("/")


def drawn(address: str) -> Markup:
    """The address as squares that a phone reads, as large as the page has them."""
    squares = segno.make(address, error="m").svg_inline(border=2, omitsize=True)
    return Markup(squares)  # noqa: S704  # segno draws squares; the address is ours


def per_cents(share: Share) -> dict[str, int]:
    """A share and its interval, in per cent."""
    return {
        "share": round(100 * share.share),
        "low": round(100 * share.low),
        "high": round(100 * share.high),
        "answered": share.answered,
    }
