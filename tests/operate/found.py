"""What the doctor finds of a store."""

from app.operate import doctor
from app.operate.patient import Finding, Patient

DURABILITY = "postgres_durability"
"""What is found of the server of the tests, which has nothing to keep."""


def found(patient: Patient) -> list[Finding]:
    return [one for one in doctor.examine(patient) if one.check != DURABILITY]
