"""Several files as one to take away."""

import io
import zipfile
from collections.abc import Mapping


def bundled(files: Mapping[str, bytes]) -> bytes:
    """A zip with these files, by name."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return kept.getvalue()
