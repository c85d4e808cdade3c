"""What tells whether anything has changed that maps show, or that searches looked up."""

from sqlalchemy import BigInteger, Integer
from sqlalchemy.orm import Mapped, mapped_column

from assetmap.db import Model


class DataVersion(Model):
    """Rows that triggers write when `entry`, `category`, `team` or `area` change. How many there
    are, the last, and the sum of the lots they drew tell one committed state of those tables from
    any other.

    On PostgreSQL each statement adds a row, and one now and then takes older rows away; on SQLite
    one row draws another lot, so that what was taken back is not mistaken for what came after.
    """

    __tablename__ = "data_version"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    lot: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
