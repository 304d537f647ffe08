"""The pages for people, served whole from here: none of them asks another host for anything."""

import html
import re
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from app.kernel.errors import NotFound, Problem
from app.kernel.policy import policy

ASSETS = "/docs/assets"
_CODE = re.compile("`([^`]+)`")
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Cg fill='none' stroke='%23356a9b' stroke-width='4'%3E%3Ccircle cx='12' cy='16' r='9'/%3E"
    "%3Ccircle cx='20' cy='16' r='9'/%3E%3C/g%3E%3C/svg%3E"
)
VIEWER = ("script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data:",
          "connect-src 'self'", "font-src 'self' data:")  # fmt: skip
"""What the viewers of the document need; both write style attributes as they go."""
STYLE = """
:root { color-scheme: light dark }
body { font: 1.05rem/1.55 system-ui, sans-serif; max-width: 40rem; margin: 12vh auto 4rem;
       padding: 0 1.25rem }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem }
.note, dt { opacity: .75 }
code { font: .92em ui-monospace, monospace }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .6rem 1.5rem; margin: 1.75rem 0 }
dd { margin: 0 }
nav { border-top: 1px solid #8886; margin-top: 2.5rem; padding-top: 1rem }
a { color: light-dark(#1f5c93, #8fc1ee) }
"""


BRIEF = """<style>
tr.response:not([data-code^="2"], [data-code="422"]) :is(.response-controls, .model-example) {
  display: none }
</style></head>"""
"""All problems have one form: a sample of it under each status would be a screen an operation."""


def add(app: FastAPI) -> None:
    """Add the pages, with assets from the installed package of static files."""
    static = files("fastapi_standalone_docs") / "static"
    app.mount(ASSETS, StaticFiles(directory=str(static)), name="docs-assets")
    options: dict[str, Any] = {
        "title": f"{app.title} · API",
        "openapi_url": "/openapi.json",
    }

    @app.get("/docs", include_in_schema=False)
    def swagger() -> HTMLResponse:
        page = get_swagger_ui_html(
            **options,
            swagger_js_url=f"{ASSETS}/swagger/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS}/swagger/swagger-ui.css",
            swagger_favicon_url=ICON,
            swagger_ui_parameters={
                "docExpansion": "none",
                "defaultModelsExpandDepth": 0,
                "displayRequestDuration": True,
                "filter": True,
                "tryItOutEnabled": True,
                # The badge would send the document to another host.
                "validatorUrl": None,
            },
        )
        brief = HTMLResponse(bytes(page.body).decode().replace("</head>", BRIEF))
        return _closed(brief, *VIEWER)

    @app.get("/redoc", include_in_schema=False)
    def redoc() -> HTMLResponse:
        page = get_redoc_html(
            **options,
            redoc_js_url=f"{ASSETS}/redoc/redoc.standalone.js",
            redoc_favicon_url=ICON,
            with_google_fonts=False,
        )
        # It searches in a worker made of its own text.
        return _closed(page, *VIEWER, "worker-src blob:")

    @app.get("/redoc/logo-mini.svg", include_in_schema=False)
    def logo() -> FileResponse:
        # ReDoc looks for its logo below its own page.
        return FileResponse(str(static / "redoc" / "logo-mini.svg"))

    @app.get("/", include_in_schema=False)
    def index() -> HTMLResponse:
        return _page(
            app.title,
            f"<p class=note>{html.escape(app.summary or '')}</p>"
            "<dl>"
            "<dt><a href=/docs>/docs</a><dd>Try it: every question, with examples to press"
            "<dt><a href=/redoc>/redoc</a><dd>Read about it: the same as one long page"
            "<dt><a href=/openapi.json>/openapi.json</a><dd>OpenAPI 3.1, to make a client from"
            "<dt><a href=/v1/alliances>/v1/alliances</a><dd>Where the data begin"
            "</dl>",
        )

    @app.get("/problems/{slug}", include_in_schema=False)
    def problem(slug: str) -> HTMLResponse:
        return problem_page(slug)


def problem_page(slug: str) -> HTMLResponse:
    """The page a problem's `type` leads to."""
    problem = Problem.known.get(slug)
    if problem is None:
        raise NotFound(f"There is no kind of problem called {slug!r}.")
    explanation = _CODE.sub(r"<code>\1</code>", html.escape(problem.explanation))
    return _page(
        problem.title,
        f"<p class=note>Status {problem.status}, type <code>{slug}</code></p>"
        f"<p>{explanation}</p>"
        "<p>In <code>errors</code>, where there are any, <code>/field/0</code> is a JSON pointer "
        "into the body and <code>?name</code> a query parameter.</p>",
    )


def _closed(page: HTMLResponse, *sources: str) -> HTMLResponse:
    """A page that may load and run nothing but what it needs."""
    page.headers["Content-Security-Policy"] = policy(bytes(page.body).decode(), *sources)
    return page


def _page(title: str, body: str) -> HTMLResponse:
    title = html.escape(title)
    page = HTMLResponse(
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f'<title>{title}</title><link rel=icon href="{ICON}"><style>{STYLE}</style>'
        f"<h1>{title}</h1>{body}"
        "<nav><a href=/>Entente</a> · <a href=/docs>Try it</a> · <a href=/redoc>Read about it</a>"
        "</nav></html>"
    )
    return _closed(page, "img-src data:")
