"""HTTP for risk matrices."""

from fastapi import APIRouter

from app.kernel.routes import mount
from app.matrices.service import matrices

router = APIRouter(tags=["matrices"])
mount(router, matrices, writable=False)
