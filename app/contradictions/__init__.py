"""Contradictions: named tensions between two sets of claims."""
