"""Indicators: what would change our mind about a consequence, and what was read of it over time."""
