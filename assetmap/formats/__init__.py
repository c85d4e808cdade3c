"""Bytes in and out: no database, no Flask."""
