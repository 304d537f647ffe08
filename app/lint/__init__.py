"""Faults of tradecraft in an alliance, by the analytic standards of ICD 203."""
