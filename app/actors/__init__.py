"""Actors: states, bodies, organisations, persons, groups, and voices known only as a source."""
