"""Search over the text of all records."""
