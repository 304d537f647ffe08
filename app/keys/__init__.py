"""Keys: what principals show, and the admission that looks at it."""
