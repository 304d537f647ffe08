"""HTTP for the timeline, under its alliance."""

from app.kernel.parents import ALLIANCE
from app.kernel.routes import mount_list
from app.kernel.routing import ResourceRouter
from app.timeline.service import timeline

router = ResourceRouter(tags=["timeline"])
mount_list(router, timeline, "/alliances/{alliance}/timeline", "list_timeline", ALLIANCE)
