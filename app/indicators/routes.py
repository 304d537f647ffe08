"""HTTP for indicators, made under their consequence, and for readings, under their indicator."""

from app.indicators.schemas import IndicatorIn, ReadingIn
from app.indicators.service import indicators, readings
from app.kernel.parents import CONSEQUENCE, INDICATOR
from app.kernel.routes import mount, mount_create, mount_list
from app.kernel.routing import ResourceRouter

WATCHED = "/consequences/{consequence}/indicators"
READ = "/indicators/{indicator}/readings"


router = ResourceRouter(tags=["indicators"])
mount_list(router, indicators, WATCHED, "list_consequence_indicators", CONSEQUENCE)
mount_create(
    router, indicators, WATCHED, "create_consequence_indicator", CONSEQUENCE, accepts=IndicatorIn
)
mount(router, indicators)
mount_list(router, readings, READ, "list_indicator_readings", INDICATOR)
mount_create(router, readings, READ, "create_indicator_reading", INDICATOR, accepts=ReadingIn)
mount(router, readings)
