"""Comparing two states of an alliance: what is new, modified, dropped, moved, and why."""
