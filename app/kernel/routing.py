"""The routers of resources, each looked through only for a path that can be its own."""

import re
from functools import cached_property

from fastapi import APIRouter
from starlette.routing import Match
from starlette.types import Scope

_PLACE = re.compile(r"\{\w+\}")


class ResourceRouter(APIRouter):
    """The routes of a resource.

    The framework tries all routes of all routers in turn, which took longer than many an answer.
    One expression of all paths of a router says first whether any of them can be meant.
    """

    @cached_property
    def _paths(self) -> re.Pattern[str]:
        # Made at the first request, when all routes are there. Where the path begins is left open:
        # the service may stand below a path of a proxy.
        paths = sorted({_PLACE.sub("[^/]+", getattr(route, "path", "")) for route in self.routes})
        return re.compile(f"(?:{'|'.join(paths)})$")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a path is one of these, and of which route."""
        if self._paths.search(scope["path"]) is None:
            return Match.NONE, {}
        return super().matches(scope)
