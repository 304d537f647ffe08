"""Webhooks: how they are kept, and where they may lead."""
