"""By which sharing agreement somebody comes to see an entry, or something that it holds."""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, null, or_, true

from assetmap import access
from assetmap.access import Grant, Viewer
from assetmap.models import Entry
from assetmap.vocabulary import Precision, SharedField, Visibility


@access.once
def agreement_used(viewer: Viewer, *, photos: bool = False) -> ColumnElement[Any]:
    """A column `agreement_id`: the key of the agreement that alone may have opened an entry, or
    something that it holds, to the viewer. It is none for what their own teams keep.

    photos: pictures were shown that are not open to everybody. Of several agreements it is the one
    that opens the most of what is guarded.
    """
    by = [
        (
            and_(_opened_by(grant, photos=photos), access.shared_by(grant)),
            literal(grant.agreement_id),
        )
        for grant in sorted(viewer.grants, key=lambda one: -len(one.fields))
    ]
    if not by:
        return null().label("agreement_id")
    return case((access.of_own_teams(viewer), null()), *by, else_=null()).label("agreement_id")


def _opened_by(grant: Grant, *, photos: bool) -> ColumnElement[bool]:
    """Entries for partners, and public ones that hold what only this agreement may show them."""
    if photos and SharedField.PHOTOS in grant.fields:
        return true()
    closed = {
        SharedField.CONTACT: Entry.contact_visibility == Visibility.PARTNER.value,
        SharedField.EXACT_LOCATION: Entry.precision != Precision.EXACT.value,
        SharedField.NOTES: Entry.notes != "",
    }
    held = (holds for what, holds in closed.items() if what in grant.fields)
    return or_(Entry.visibility == Visibility.PARTNER.value, *held)
