"""HTTP for annotations."""

from app.annotations.schemas import AnnotationIn, AnnotationNote
from app.annotations.service import annotations
from app.kernel.parents import CONSEQUENCE
from app.kernel.routes import mount_create, mount_list, mount_single
from app.kernel.routing import ResourceRouter

BASE = "/annotations"
UNDER = "/consequences/{consequence}/annotations"


router = ResourceRouter(tags=["annotations"])
mount_list(router, annotations, BASE, "list_annotations")
mount_create(router, annotations, BASE, "create_annotation", accepts=AnnotationIn)
mount_single(router, annotations, BASE)
mount_list(router, annotations, UNDER, "list_consequence_annotations", CONSEQUENCE)
mount_create(
    router, annotations, UNDER, "annotate_consequence", CONSEQUENCE, accepts=AnnotationNote
)
