"""Consequences: outcomes feared or hoped for, each with its judgement."""
