"""What phones say beside what they send: which queue it comes from, what its bytes add up to."""

import base64
import hashlib
import re
import uuid
from collections.abc import Sequence

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from assetmap.errors import BadRequest, Invalid
from assetmap.register.deliveries import Delivery

DELIVERY = ("X-Device", "X-Number")
MOST_DELIVERIES = 1_000_000  # of one phone's queue
_DIGEST = re.compile(r"(?:^|,)[ \t]{0,9}sha-256=:([A-Za-z0-9+/]{43}=):")


def delivery() -> Delivery | None:
    """Which phone's queue this comes from, and its number there; None where neither is said.

    Raises BadRequest for one without the other, or that is not what it should be.
    """
    device, number = request.headers.get("X-Device"), request.headers.get("X-Number")
    if device is None and number is None:
        return None
    try:
        queue = uuid.UUID(device or "")
    except ValueError as error:
        raise BadRequest.field("X-Device", "Give the uid of the phone's queue.") from error
    number = (number or "").strip()
    is_short = number.isascii() and number.isdecimal() and len(number) <= len(str(MOST_DELIVERIES))
    if not (is_short and 1 <= int(number) <= MOST_DELIVERIES):
        raise BadRequest.field("X-Number", f"Give a number from 1 to {MOST_DELIVERIES:,}.")
    return Delivery(queue, int(number))


def read_bytes(takes: Sequence[str], most: int) -> bytes:
    """The request's body, of one of these media types, as its Content-Digest (RFC 9530) has it.

    most: bytes. Raises BadRequest without a digest, Invalid when what came is not what was sent.
    """
    if request.mimetype not in takes:
        raise UnsupportedMediaType(f"Send {' or '.join(takes)}.")
    if (request.content_length or 0) > most or len(request.get_data()) > most:
        raise RequestEntityTooLarge(f"Send {most // 2**20} MB or less.")
    said = _DIGEST.search(request.headers.get("Content-Digest", "")[:300])
    if said is None:
        raise BadRequest.field("Content-Digest", "Give sha-256=:…: of what you send.")
    data = request.get_data()
    if base64.b64decode(said[1]) != hashlib.sha256(data).digest():
        raise Invalid.field("Content-Digest", "What arrived is not what was sent. Send it again.")
    return data
