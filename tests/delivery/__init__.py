"""Delivery: what is sent, to receivers of every kind."""
