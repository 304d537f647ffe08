"""The documentation pages in a headless Chromium: whole, quiet, and asking nobody else."""

import json
import os
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Browser, Page, Response, sync_playwright

from app import api
from tests.access.people import CHIEF
from tests.conftest import REQUIRE_BROWSER
from tests.live import serving
from tests.stores import Store

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
PATIENCE = 90_000

pytestmark = [
    pytest.mark.parametrize("store", ["sqlite"], indirect=True),
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get(REQUIRE_BROWSER), reason="there is no Chromium here"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser of our own."""
    assert CHROMIUM is not None, "a Chromium is required here, and there is none"
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


class Watched:
    """A page, the hosts it asks, and what goes wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.hosts: set[str] = set()
        self.faults: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "console",
            lambda message: self.faults.append(message.text) if message.type == "error" else None,
        )
        page.on("requestfailed", lambda request: self.faults.append(request.url))
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status} {response.url}")


@pytest.fixture
def address(store: Store, loaded_template: str) -> Iterator[str]:
    """A service on the default data."""
    with serving(store, loaded_template) as found:
        yield found


@pytest.fixture
def watched(browser: Browser, address: str) -> Iterator[Watched]:
    """A page in which a request for another host or a fault fails the test."""
    page = browser.new_page()
    found = Watched(page)
    yield found
    page.close()
    assert {host for host in found.hosts if host} == {urlsplit(address).netloc}
    assert found.faults == []


def test_the_interactive_page_shows_every_tag_in_order(watched: Watched, address: str) -> None:
    watched.page.goto(f"{address}/docs")
    watched.page.wait_for_selector(".opblock-tag")
    tags = watched.page.locator(".opblock-tag").evaluate_all(
        "found => found.map(tag => tag.dataset.tag)"
    )
    assert tags == [name for name, _, _ in api.TAGS]


def test_try_it_out_answers_with_the_example_as_it_stands(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/docs")
    page.locator('.opblock-tag[data-tag="consequences"]').click()
    block = page.locator('[id$="-list_alliance_consequences"]')
    block.locator(".opblock-summary-control").first.click()
    # Fields may hold examples; the button alone must do.
    block.locator("button.execute").click()
    live = block.locator(".live-responses-table")
    live.wait_for()
    assert live.locator("tbody .response-col_status").first.inner_text().strip().startswith("200")
    body = json.loads(live.locator("pre.microlight, .highlight-code pre").first.inner_text())
    assert len(body["items"]) == 13
    assert all(item["judgement"]["n"] for item in body["items"])


def close(address: str) -> str:
    """Close the store of a service; answers the key of its administrator."""
    key = ""
    for path, body in (("principals", CHIEF), ("keys", {"principal": "chief", "name": "first"})):
        answer = httpx2.post(f"{address}/v1/{path}", json=body)
        assert answer.status_code == 201, answer.text
        key = answer.json().get("key", "")
    return key


def test_in_a_closed_store_who_shows_a_key_is_answered(watched: Watched, address: str) -> None:
    """The pages themselves are for everybody: they tell nothing of the store."""
    key = close(address)
    page = watched.page
    page.goto(f"{address}/docs")
    page.locator('.opblock-tag[data-tag="alliances"]').click()
    block = page.locator('[id$="-list_alliances"]')
    block.locator(".opblock-summary-control").first.click()

    def status() -> str:
        with page.expect_response(lambda answer: "/v1/alliances" in answer.url) as answer:
            block.locator("button.execute").click()
        code = str(answer.value.status)
        shown = block.locator(".live-responses-table tbody .response-col_status").first
        shown.filter(has_text=code).wait_for()
        return code

    assert status() == "401"
    assert watched.faults
    assert all("401" in fault for fault in watched.faults)
    watched.faults.clear()
    page.locator(".auth-wrapper .btn.authorize").first.click()
    dialog = page.locator(".dialog-ux")
    dialog.locator(".auth-container input").fill(key)
    dialog.locator("button.auth.authorize").click()
    dialog.locator("button.btn-done").click()
    assert status() == "200"
    # No key outlives the page that it was shown to.
    assert page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])") == "[{},{}]"
    assert page.context.cookies() == []


def test_an_operation_shows_one_sample_of_a_problem(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/docs")
    page.locator('.opblock-tag[data-tag="judgement"]').click()
    block = page.locator('[id$="-get_judgement"]')
    block.locator(".opblock-summary-control").first.click()
    rows = block.locator("tr.response")
    rows.first.wait_for()
    shown = {
        str(row.get_attribute("data-code")): row.locator(".model-example").first.is_visible()
        for row in rows.all()
    }
    assert len(shown) > 8
    assert {code for code, seen in shown.items() if seen} == {"200", "422"}


def test_the_reading_page_shows_every_tag(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(f"{address}/redoc")
    page.wait_for_selector("h2")
    text = page.locator("body").inner_text()
    assert "Geopolitical risk" in text or "Entente" in text
    for name, _, _ in api.TAGS:
        assert name in text.lower()
    # ReDoc adds its logo last; waited for, so that a fault of it isn't missed.
    page.wait_for_load_state("networkidle")


def test_the_first_page_and_a_problem_page_lead_on(watched: Watched, address: str) -> None:
    page = watched.page
    page.goto(address)
    assert "/docs" in page.content()
    page.goto(f"{address}/problems/precondition-failed")
    assert "412" in page.locator("body").inner_text()
