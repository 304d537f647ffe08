"""HTTP for assessors."""

from app.assessors.service import assessors
from app.kernel.routes import mount
from app.kernel.routing import ResourceRouter

router = ResourceRouter(tags=["assessors"])
mount(router, assessors)
