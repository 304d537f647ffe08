"""Who follows the README from top to bottom never fails, and is answered what it shows."""

import json
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from socket import create_server

import pytest

from tests.command import ROOT
from tests.hostile.service import service_on
from tests.stores import Store
from tests.test_readme import README, shows, whole

PATIENCE = 120
BLOCK = re.compile(r"```(\w+)\n(.+?)```", re.DOTALL)
ELSEWHERE = (r"make \w+ .*\n", r".*entente restore .*\n")
"""What isn't done here: to install and to serve, and what the service must be stopped for."""
CURL = """#!/bin/bash
# A refusal ends the script, an answer a line; a stream is read until somebody has enough of it.
case " $* " in
    *" -sN "*) timeout 3 {curl} --fail-with-body "$@"; [ $? = 124 ] ;;
    *) exec {curl} --fail-with-body -w '\\n' "$@" ;;
esac
"""
LISTENING = """
until (exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null; do sleep 0.1; done
"""
RECEIVED = """
for _ in $(seq 100); do grep -q judgement.moved received && break; sleep 0.1; done
kill %1
cat received
"""
NEXT = "--- next block ---"


def free_port() -> int:
    with closing(create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


def steps(places: dict[str, str]) -> list[str]:
    """The blocks of commands in their order, each as it is done here."""
    done = []
    for kind, text in BLOCK.findall(README):
        if kind == "sh":
            for elsewhere in ELSEWHERE:
                text = re.sub(elsewhere, "", text)  # noqa: PLW2901 - what is left of it
            done.append(text + (RECEIVED if "receiver.py" in text else ""))
    for here, there in places.items():
        assert any(here in text for text in done), here
        done = [text.replace(here, there) for text in done]
    return done


def shown() -> list[tuple[int, str]]:
    """What is shown as an answer, each with how many blocks of commands stand before it."""
    before, found = 0, []
    for kind, text in BLOCK.findall(README):
        before += kind == "sh"
        if kind in {"json", "text"}:
            found.append((before, text))
    return found


def is_told(text: str, told: str) -> bool:
    """Whether a text that is shown is among what was told: an answer in part, or a passage."""
    if not text.startswith("{"):
        return text in told
    answers = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    return any(shows(whole(text), answer) for answer in answers)


@pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="the README uses bash and curl"
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_every_command_succeeds_in_its_order_and_answers_what_is_shown(
    store: Store, loaded_template: str, tmp_path: Path
) -> None:
    (receiver,) = (text for kind, text in BLOCK.findall(README) if kind == "python")
    port = free_port()
    (tmp_path / "receiver.py").write_text(receiver.replace("9000", str(port)))
    curl = tmp_path / "bin" / "curl"
    curl.parent.mkdir()
    curl.write_text(CURL.format(curl=shutil.which("curl")))
    curl.chmod(0o755)
    url = store.make(loaded_template)
    allowed = {"webhook_allow": "127.0.0.1", "webhook_ports": str(port), "deliver": "true"}
    with service_on(url, **allowed) as service:
        places = {
            "127.0.0.1:8000": f"127.0.0.1:{service.port}",
            "127.0.0.1:9000": f"127.0.0.1:{port}",
            "https://hooks.example.org/": f"http://127.0.0.1:{port}/",
            ".venv/bin/entente ": f"'{sys.executable}' -m app ",
            ".venv/bin/python receiver.py $SECRET &": (
                f"'{sys.executable}' receiver.py $SECRET >received 2>/dev/null &"
                + LISTENING.format(port=port)
            ),
            "app/dataset/": f"{ROOT}/app/dataset/",
            "/backups/": f"{tmp_path}/",
        }
        script = f"\necho '{NEXT}'\n".join(["set -euo pipefail", *steps(places)])
        done = subprocess.run(  # noqa: S603 - the README's own words
            ["bash", "-c", script],  # noqa: S607 - as people do
            cwd=tmp_path,
            env={
                "PATH": f"{curl.parent}:/usr/bin:/bin",
                "PYTHONPATH": str(ROOT),
                "ENTENTE_DATABASE_URL": url,
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    store.drop(url)
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    told = done.stdout.split(f"{NEXT}\n")
    for block, text in shown():
        assert is_told(text, told[block]), (text, told[block][:5000])
