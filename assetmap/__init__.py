"""Assetmap: a register of community assets, offers of support and walkabout findings, on a map."""
