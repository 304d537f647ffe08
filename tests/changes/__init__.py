"""Changes: the feed, the stream, the sequence."""
