"""Evidence: which claims bear on which consequence, how, and from how many origins."""
