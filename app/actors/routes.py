"""HTTP for actors."""

from app.actors.service import actors
from app.kernel.routes import mount
from app.kernel.routing import ResourceRouter

router = ResourceRouter(tags=["actors"])
mount(router, actors)
