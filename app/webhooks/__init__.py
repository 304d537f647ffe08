"""Webhooks: who is told of which events at which address, and what came of telling."""
