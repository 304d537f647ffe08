"""HTTP for exchanges."""

from fastapi import APIRouter

from app.exchanges.service import exchanges
from app.kernel.parents import ALLIANCE
from app.kernel.routes import mount

router = APIRouter(tags=["exchanges"])
mount(router, exchanges, ALLIANCE)
