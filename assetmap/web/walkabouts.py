"""The pages of walkabouts."""

from assetmap.vocabulary import Kind
from assetmap.web import entries

bp = entries.pages(Kind.WALKABOUT)
