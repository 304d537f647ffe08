"""HTTP for the timeline, under its alliance."""

from fastapi import APIRouter

from app.kernel.parents import ALLIANCE
from app.kernel.routes import mount_list
from app.timeline.service import timeline

router = APIRouter(tags=["timeline"])
mount_list(router, timeline, "/alliances/{alliance}/timeline", "list_timeline", ALLIANCE)
