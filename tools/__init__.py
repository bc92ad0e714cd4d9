"""Tools for those who work on the course; nothing here is needed to take it."""
