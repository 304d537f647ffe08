"""HTTP for alliances."""

from fastapi import APIRouter

from app.alliances.service import alliances
from app.kernel.routes import mount

router = APIRouter(tags=["alliances"])
mount(router, alliances)
