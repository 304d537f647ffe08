"""HTTP for assessors."""

from fastapi import APIRouter

from app.assessors.service import assessors
from app.kernel.routes import mount

router = APIRouter(tags=["assessors"])
mount(router, assessors)
