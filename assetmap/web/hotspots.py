"""The pages of hotspots."""

from assetmap.vocabulary import Kind
from assetmap.web import entries

bp = entries.pages(Kind.HOTSPOT)
