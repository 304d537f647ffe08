"""HTTP for exchanges."""

from app.exchanges.service import exchanges
from app.kernel.parents import ALLIANCE
from app.kernel.routes import mount
from app.kernel.routing import ResourceRouter

router = ResourceRouter(tags=["exchanges"])
mount(router, exchanges, ALLIANCE)
