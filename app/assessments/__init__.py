"""Assessments: numbered, signed editions of the judgement on an alliance, and their briefs."""
