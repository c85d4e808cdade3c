"""Numbers as people write them."""

import re

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?", re.ASCII)


def plain(said: str) -> str:
    """A number without the commas and spaces between its thousands; any other comma stays, to be
    refused, as "2,5" may mean two things."""
    bare = said.replace(" ", "")
    return bare.replace(",", "") if _THOUSANDS.fullmatch(bare) else bare
