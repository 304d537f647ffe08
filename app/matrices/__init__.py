"""Risk matrices: versioned, monotone in both axes."""
