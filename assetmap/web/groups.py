"""The pages of groups."""

from assetmap.vocabulary import Kind
from assetmap.web import entries

bp = entries.pages(Kind.GROUP)
