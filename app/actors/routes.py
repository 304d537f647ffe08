"""HTTP for actors."""

from fastapi import APIRouter

from app.actors.service import actors
from app.kernel.routes import mount

router = APIRouter(tags=["actors"])
mount(router, actors)
