"""Blind rounds: assessors rate without seeing each other's ratings, until all are revealed."""
