"""Tests of the causal network."""
