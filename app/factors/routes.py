"""HTTP for factors."""

from fastapi import APIRouter

from app.factors.service import factors
from app.kernel.parents import ALLIANCE
from app.kernel.routes import mount

router = APIRouter(tags=["factors"])
mount(router, factors, ALLIANCE)
