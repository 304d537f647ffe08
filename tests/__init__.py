"""The tests: through HTTP on a migrated database, on SQLite and on PostgreSQL."""
