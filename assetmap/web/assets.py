"""The pages of assets."""

from assetmap.vocabulary import Kind
from assetmap.web import entries

bp = entries.pages(Kind.ASSET)
