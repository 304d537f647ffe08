"""A consequence and an assessor, with which tests of ratings begin."""

import pytest


@pytest.fixture
def consequence(both: tuple[str, str]) -> str:
    """A consequence to be rated."""
    return both[0]


@pytest.fixture
def assessor(both: tuple[str, str]) -> str:
    """The slug of somebody who rates."""
    return both[1]
