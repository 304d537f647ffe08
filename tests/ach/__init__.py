"""Tests of competing hypotheses."""
