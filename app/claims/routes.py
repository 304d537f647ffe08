"""HTTP for claims."""

from fastapi import APIRouter

from app.claims.service import claims
from app.kernel.routes import mount

router = APIRouter(tags=["claims"])
mount(router, claims)
