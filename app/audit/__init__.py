"""The audit log, as admins read it: who did what, and whether the chain is whole."""
