"""The pages of findings."""

from assetmap.vocabulary import Kind
from assetmap.web import entries

bp = entries.pages(Kind.FINDING)
