"""Delivery: out of the events, to who asked to be told."""
