"""The list of resources: one line each, in the order a newcomer reads them."""

from fastapi import FastAPI

from app.ach import routes as hypotheses
from app.actors import routes as actors
from app.alliances import routes as alliances
from app.annotations import routes as annotations
from app.assessments import routes as assessments
from app.assessors import routes as assessors
from app.audit import routes as audit
from app.changes import routes as changes
from app.claims import routes as claims
from app.comparison import routes as comparison
from app.consequences import routes as consequences
from app.contradictions import routes as contradictions
from app.evidence import routes as evidence
from app.exchanges import routes as exchanges
from app.factors import routes as factors
from app.indicators import routes as indicators
from app.items import routes as items
from app.keys import routes as keys
from app.lint import routes as lint
from app.matrices import routes as matrices
from app.network import routes as network
from app.principals import routes as principals
from app.ratings import routes as ratings
from app.rounds import routes as rounds
from app.scores import routes as scores
from app.search import routes as search
from app.sources import routes as sources
from app.timeline import routes as timeline
from app.webhooks import routes as webhooks

TAGS = (
    ("alliances", "Two or more actors drawing together: where to begin", alliances.router),
    ("consequences", "What it may lead to, each with its judgement", consequences.router),
    ("judgement", "How likely, how bad, who disagrees, and since when", consequences.judgements),
    ("network", "Consequences as causes of each other, and what if", network.router),
    ("assessments", "Numbered, signed editions of the judgement, and briefs", assessments.router),
    ("comparison", "What differs between two moments or two editions, and why", comparison.router),
    ("timeline", "What was said, judged and found, by its time", timeline.router),
    ("lint", "Faults of tradecraft, by the standards of ICD 203", lint.router),
    ("evidence", "Claims for and against, from how many origins", evidence.router),
    ("indicators", "What would change our mind, and what was read of it", indicators.router),
    ("hypotheses", "Competing answers to a question, weighed", hypotheses.router),
    ("ratings", "Each assessor's judgement; superseded or withdrawn, never edited", ratings.router),
    ("rounds", "Blind rounds: rated unseen, then revealed at once", rounds.router),
    ("claims", "Propositions with speaker, carriers and grade", claims.router),
    ("sources", "Documents and outlets, graded", sources.router),
    ("actors", "States, bodies, persons, groups, voices", actors.router),
    ("exchanges", "What members give others", exchanges.router),
    ("items", "Things exchanged or at stake", items.router),
    ("factors", "What pushes a consequence up or down", factors.router),
    ("contradictions", "Named tensions between claims", contradictions.router),
    ("annotations", "Notes on records, fields and spans of text", annotations.router),
    (
        "changes",
        "What has changed, in one sequence: a list to follow, and a stream",
        changes.router,
    ),
    ("webhooks", "Addresses that are told of changes, signed", webhooks.router),
    ("search", "Full text over everything", search.router),
    ("assessors", "Who rates: people, and machines that say so; `n` counts them", assessors.router),
    ("scores", "How good assessors, pools and sources were, with n and caveats", scores.router),
    ("matrices", "Risk matrices, in editions", matrices.router),
    ("principals", "Who may ask, what they may do and see", principals.router),
    ("keys", "What principals show: made, rotated, revoked", keys.router),
    ("audit", "Who did what, from where, and what was refused: one chain", audit.router),
)


def add(app: FastAPI) -> None:
    """Add them all, one beside the other: each level above a route is one more search for it."""
    for _, _, router in TAGS:
        app.include_router(router, prefix="/v1")
