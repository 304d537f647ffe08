"""Tests of indicators, readings, and what is due for review."""
