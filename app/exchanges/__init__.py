"""Exchanges: what members of an alliance give others."""
