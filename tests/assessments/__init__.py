"""Editions: published, sealed, verified, redacted, and told as briefs."""
