"""Tests of consequences."""
