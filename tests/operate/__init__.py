"""Tests of what who runs the service needs."""
