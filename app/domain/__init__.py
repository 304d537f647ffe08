"""Pure mathematics of judgement: no I/O, no clock, nothing of ours but this package."""
