"""What a person does with the generated client; run by `test_client`, where the client can be.

It gets the folder of the client, the address of a service on the default data, and the keys of an
alliance and a consequence, and writes what it saw as JSON.
"""

import importlib
import json
import pkgutil
import sys
from typing import Any

folder, address, alliance, consequence = sys.argv[1:]
sys.path.insert(0, folder)

package = importlib.import_module("client")
models: Any = importlib.import_module("client.models")
operations: dict[str, Any] = {
    found.name.rsplit(".", 1)[1]: importlib.import_module(found.name)
    for found in pkgutil.walk_packages(package.__path__, "client.")
    if found.name.startswith("client.api.") and not found.ispkg
}

seen: dict[str, Any] = {"operations": len(operations)}
with package.Client(base_url=address) as client:
    page = operations["list_alliance_consequences"].sync(
        alliance, client=client, sort="-risk", total=True
    )
    seen["page"] = [type(page).__name__, len(page.items), page.total, type(page.items[0]).__name__]

    judgement = operations["get_judgement"].sync(consequence, client=client)
    seen["judgement"] = [
        type(judgement).__name__, judgement.n, judgement.probability.point,
        judgement.words.icd203, judgement.method.value, judgement.as_of.tzinfo is not None,
    ]  # fmt: skip

    body = models.AnnotationIn(
        body="Seen by a *generated* client.",
        target=models.TargetIn(type_=models.TargetInType.CONSEQUENCES, id=consequence),
    )
    once = {"client": client, "body": body, "idempotency_key": "once"}
    made = operations["create_annotation"].sync_detailed(**once)
    again = operations["create_annotation"].sync_detailed(**once)
    seen["annotation"] = [
        type(made.parsed).__name__, made.status_code, made.parsed.target.version,
        again.parsed.id == made.parsed.id,
    ]  # fmt: skip

    changed = operations["update_consequence"].sync_detailed(
        consequence,
        client=client,
        body=models.ConsequencePatch(horizon="Seven years"),
        if_match="*",
    )
    seen["change"] = [changed.status_code, changed.parsed.horizon, changed.parsed.version]

    problem = operations["get_consequence"].sync("no-such-thing", client=client)
    seen["problem"] = [type(problem).__name__, problem.status, problem.type_, problem.errors]

json.dump(seen, sys.stdout)
