"""HTTP for items."""

from fastapi import APIRouter

from app.items.service import items
from app.kernel.parents import ALLIANCE
from app.kernel.routes import mount

router = APIRouter(tags=["items"])
mount(router, items, ALLIANCE)
