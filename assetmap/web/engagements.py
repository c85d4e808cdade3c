"""The pages of engagements."""

from assetmap.vocabulary import Kind
from assetmap.web import entries

bp = entries.pages(Kind.ENGAGEMENT)
