"""Alliances: actors drawing together, reported or real."""
