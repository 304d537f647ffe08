"""What the README shows a team is done as it says, from the first key to a signed webhook."""

import json
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from socket import create_server
from textwrap import dedent

import pytest

from tests.command import ROOT
from tests.hostile.service import service_on
from tests.stores import Store
from tests.test_readme import README, shows, whole

PATIENCE = 120
BLOCK = re.compile(r"```(\w+)\n(.+?)```", re.DOTALL)
TEAM = ("For a team", "Rate without looking at each other")
BEFORE = """
    until (exec 3<>/dev/tcp/127.0.0.1/$1) 2>/dev/null; do sleep 0.1; done
"""
RECEIVED = """
    for _ in $(seq 100); do grep -q judgement.moved received && break; sleep 0.1; done
    kill %1
    cat received
"""


def blocks(section: str) -> list[tuple[str, str]]:
    """The blocks of a section, each with its language."""
    (text,) = re.findall(rf"^## {section}\n(.+?)^## ", README, re.DOTALL | re.MULTILINE)
    return BLOCK.findall(text)


def free_port() -> int:
    with closing(create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.mark.skipif(
    not (shutil.which("bash") and shutil.which("curl")), reason="the README uses bash and curl"
)
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_team_is_set_up_as_it_says(store: Store, loaded_template: str, tmp_path: Path) -> None:
    definitions = blocks("Write")[0][1].splitlines()[:2]
    found = [block for section in TEAM for block in blocks(section)]
    commands = "\n".join([*definitions, *(text for kind, text in found if kind == "sh")])
    (receiver,) = (text for kind, text in found if kind == "python")
    wanted = [whole(text) for kind, text in found if kind == "text"]
    assert len(wanted) == 3
    port = free_port()
    (tmp_path / "receiver.py").write_text(receiver.replace("9000", str(port)))
    url = store.make(loaded_template)
    allowed = {"webhook_allow": "127.0.0.1", "webhook_ports": str(port), "deliver": "true"}
    with service_on(url, **allowed) as service:
        places = {
            "127.0.0.1:8000": f"127.0.0.1:{service.port}",
            "127.0.0.1:9000": f"127.0.0.1:{port}",
            ".venv/bin/entente ": f"'{sys.executable}' -m app ",
            ".venv/bin/python receiver.py $SECRET &": (
                f"'{sys.executable}' receiver.py $SECRET >received 2>/dev/null &"
                + dedent(BEFORE).replace("$1", str(port))
            ),
        }
        for here, there in places.items():
            assert here in commands
            commands = commands.replace(here, there)
        done = subprocess.run(  # noqa: S603 - the README's own words
            ["bash", "-c", f"set -eu\n{commands}\n{dedent(RECEIVED)}"],  # noqa: S607 - as people do
            cwd=tmp_path,
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(ROOT),
                "ENTENTE_DATABASE_URL": url,
            },
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
    store.drop(url)
    # curl ends no line: one answer follows the other.
    told = re.sub(r"}(?={)", "}\n", done.stdout)
    answers = [json.loads(line) for line in told.splitlines()]
    for one in wanted:
        assert any(shows(one, answer) for answer in answers), one
