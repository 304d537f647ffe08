"""Bad input, faults, races and crashes: nothing may break, nothing may be left behind or lost."""
