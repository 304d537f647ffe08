"""HTTP for factors."""

from app.factors.service import factors
from app.kernel.parents import ALLIANCE
from app.kernel.routes import mount
from app.kernel.routing import ResourceRouter

router = ResourceRouter(tags=["factors"])
mount(router, factors, ALLIANCE)
