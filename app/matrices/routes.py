"""HTTP for risk matrices."""

from app.kernel.routes import mount
from app.kernel.routing import ResourceRouter
from app.matrices.service import matrices

router = ResourceRouter(tags=["matrices"])
mount(router, matrices, writable=False)
