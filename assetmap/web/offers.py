"""The pages of offers."""

from assetmap.vocabulary import Kind
from assetmap.web import entries

bp = entries.pages(Kind.OFFER)
