"""Changes: the events of the store, as a list to follow and as a stream."""
