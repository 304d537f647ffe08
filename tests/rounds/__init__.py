"""Tests of blind rounds."""
