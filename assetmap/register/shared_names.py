"""What people may call the things they keep for themselves or share."""

from collections.abc import Iterable

from assetmap.errors import Invalid
from assetmap.register import text_hygiene


def check(name: str, others: Iterable[str], thing: str) -> None:
    """Raise Invalid for a name that names somebody, or that another of theirs has already."""
    text_hygiene.refuse("name", name)
    if name.casefold() in map(str.casefold, others):
        raise Invalid.field("name", f"There is a {thing} of this name. Choose another.")
