"""The migrations: what they make, and how they are run."""
