"""Alderbrook, the fictional demonstration town: its map, its areas and a year of its register."""
