"""Plumbing that knows no resource: configuration, database, two clocks, listing, HTTP."""
