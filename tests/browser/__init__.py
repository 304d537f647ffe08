"""The pages of the documentation, in a real browser."""
