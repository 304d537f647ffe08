"""HTTP for items."""

from app.items.service import items
from app.kernel.parents import ALLIANCE
from app.kernel.routes import mount
from app.kernel.routing import ResourceRouter

router = ResourceRouter(tags=["items"])
mount(router, items, ALLIANCE)
