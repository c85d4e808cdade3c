"""Shapes that cross a door: query strings, forms, JSON and the command line."""
