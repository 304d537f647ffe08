"""Entente: graded claims, consequences with deadlines, pooled judgements that can be replayed."""
