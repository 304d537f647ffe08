"""HTTP for alliances."""

from app.alliances.service import alliances
from app.kernel.routes import mount
from app.kernel.routing import ResourceRouter

router = ResourceRouter(tags=["alliances"])
mount(router, alliances)
