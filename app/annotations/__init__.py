"""Annotations: notes on any record, on a field of one, or on a span of text."""
