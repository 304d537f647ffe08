"""HTTP for claims."""

from app.claims.service import claims
from app.kernel.routes import mount
from app.kernel.routing import ResourceRouter

router = ResourceRouter(tags=["claims"])
mount(router, claims)
