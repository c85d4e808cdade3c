"""Recordings of a voice, as browsers make them: told apart by their bytes, never rewritten.

Browsers write neither a place nor a name into what they record.
"""

WEBM, MP4, OGG = "audio/webm", "audio/mp4", "audio/ogg"
TYPES = (WEBM, MP4, OGG)
_EBML, _DOCTYPE_WITHIN = b"\x1a\x45\xdf\xa3", 64
_LEAST = 64  # bytes: nothing shorter holds a container and a sound


def kind_of(data: bytes) -> str | None:
    """Its media type, by the mark that its container begins with; None for anything else."""
    if len(data) < _LEAST:
        return None
    if data.startswith(_EBML) and b"webm" in data[:_DOCTYPE_WITHIN]:
        return WEBM
    if data[4:8] == b"ftyp":
        return MP4
    return OGG if data.startswith(b"OggS") else None
