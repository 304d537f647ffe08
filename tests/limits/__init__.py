"""How often, how much, how long: what the service refuses so that it can serve the others."""
