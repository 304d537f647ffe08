"""Tests of contradictions."""
