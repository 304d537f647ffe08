"""The timeline of an alliance: what was said, judged and found, in the order of its time."""
