"""What a page may load and run, said as narrowly as the page allows (Content-Security-Policy)."""

import re
from base64 import b64encode
from hashlib import sha256

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
_NOWHERE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def policy(page: str, *sources: str) -> str:
    """The policy of a page: its own inline scripts and styles by their digests, and `sources`.

    A directive in `sources` that the page has inline content for is widened by the digests, unless
    it takes inline content of every kind.
    """
    found = {f"{kind}-src": "" for kind in ("script", "style") if f"<{kind}>" in page}
    found |= {name: rest for name, _, rest in (source.partition(" ") for source in sources)}
    for kind, content in _INLINE.findall(page):
        if "'unsafe-inline'" not in found[f"{kind}-src"]:
            digest = b64encode(sha256(content.encode()).digest()).decode()
            found[f"{kind}-src"] += f" 'sha256-{digest}'"
    return "; ".join([_NOWHERE, *(f"{name} {rest.strip()}" for name, rest in found.items())])
