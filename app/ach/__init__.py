"""Competing hypotheses: which of several the claims of an alliance speak against least."""
