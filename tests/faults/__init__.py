"""Faults that must lose nothing. A short form; TEST_FAULT_SECONDS asks for a longer one.

By hand: `TEST_FAULT_SECONDS=60 python -m pytest tests/faults`.
"""
