"""Where a file lies that is made whole before it is fetched."""

import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import time

from assetmap.outside.work_folder import WorkFolder


@dataclass(frozen=True)
class ParcelFolder(WorkFolder):
    """The folder of one such file, below the instance folder."""

    @classmethod
    def of(cls, instance: Path, uid: uuid.UUID) -> "ParcelFolder":
        """The folder that belongs to it."""
        return cls(instance / "parcels" / str(uid))

    @classmethod
    def every(cls, instance: Path) -> Iterator[tuple[uuid.UUID, "ParcelFolder"]]:
        """The folders there are, each with its uid."""
        for path in sorted((instance / "parcels").glob("*-*-*-*-*")):
            with suppress(ValueError):
                yield uuid.UUID(path.name), cls(path)

    def was_left(self, age: timedelta) -> bool:
        """Whether nothing has been put into it or taken out for so long."""
        with suppress(FileNotFoundError):
            return self.path.stat().st_mtime < time() - age.total_seconds()
        return False

    @property
    def file(self) -> Path:
        """The file, or what there is of it."""
        return self.path / "entries.gpkg"
