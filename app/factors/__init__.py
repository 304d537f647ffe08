"""Factors: what pushes a consequence up or down."""
