"""Assessors: who rates, people and machines."""
