"""A brief as Markdown (CommonMark with tables), and as one self-contained page made from that.

What people wrote is escaped: it is text, and never a heading, a link, a table or HTML.
"""

import html
import re
from collections.abc import Sequence
from urllib.parse import quote

from markdown_it import MarkdownIt

from app.assessments.blocks import Block, Line, Span

_INLINE = re.compile(r"[\\`*_\[\]<>&|~!]")
_BEGINNING = re.compile(r"^(?:(\d{1,9})([.)])|([-+#=:]))")
_BLANKS = re.compile(r"\s+")
SAFE = "%/:=&?~#+!$,;'@()*[]"
"""What an address keeps; all else is percent-encoded, so that it can't end its link."""

STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.5 Georgia, serif; max-width: 50rem; margin: 2rem auto; padding: 0 1.25rem }
h1, h2, h3 { line-height: 1.2; break-after: avoid }
h1 { font-size: 1.8rem } h2 { font-size: 1.3rem; margin-top: 2rem } h3 { font-size: 1.05rem }
blockquote { margin: .5rem 0 1rem 1rem; padding-left: 1rem; border-left: .2rem solid #8888 }
table { border-collapse: collapse; font-size: .85rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
         border-bottom: 1px solid #8886 }
main :is(th, td):last-child { overflow-wrap: anywhere }
main tr, blockquote, li { break-inside: avoid }
blockquote p { margin: .2rem 0 }
thead { display: table-header-group }
.sheet { width: 100%; font-size: inherit; table-layout: fixed }
.sheet > * > tr > td { border: 0; padding: 0 }
.sheet > * > tr > td.marking { font: bold .8rem system-ui, sans-serif; text-align: center;
                               padding: .3rem 0 }
tfoot { display: table-footer-group }
@media screen { main { overflow-x: auto } }
@page { size: A4; margin: 20mm 18mm }
@media print {
  :root { color-scheme: light }
  body { font-size: 10pt; max-width: none; margin: 0; padding: 0 }
  main table { font-size: 8pt }
  a { color: inherit; text-decoration: none }
}
"""

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def escaped(text: str) -> str:
    """A text as one line of Markdown that shows it, and does nothing else."""
    line = _BLANKS.sub(" ", text).strip()
    line = _INLINE.sub(lambda found: f"\\{found[0]}", line)
    return _BEGINNING.sub(lambda f: f"{f[1]}\\{f[2]}" if f[1] else f"\\{f[3]}", line)


def written(blocks: Sequence[Block]) -> str:
    """Blocks as Markdown."""
    text = ""
    for block, before in zip(blocks, [None, *blocks], strict=False):
        listed = block.kind == "list" and before is not None and before.kind == "list"
        text += ("" if listed or not text else "\n") + _block(block)
    return text


def _block(block: Block) -> str:
    if block.kind == "table":
        lines = [block.head, ["---"] * len(block.head), *block.rows]
        return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)
    prefix = {"heading": "#" * block.level + " ", "quote": "> ", "list": "- "}.get(block.kind, "")
    return "".join(f"{prefix}{_line(line)}\n" for line in block.lines)


def _cell(text: str) -> str:
    return text if text == "---" else escaped(text)


def _line(line: Line) -> str:
    """A line; a span that goes on after another keeps its blanks, and doesn't begin a line."""
    return "".join(_span(span, first=index == 0) for index, span in enumerate(line))


def _span(span: Span, *, first: bool) -> str:
    bare = _INLINE.sub(lambda found: f"\\{found[0]}", _BLANKS.sub(" ", span.text))
    text = escaped(span.text) if first else bare
    if span.href:
        text = f"[{text}](<{quote(span.href, safe=SAFE)}>)"
    return f"**{text.strip()}**" if span.bold else text


def page(title: str, marking: str, text: str) -> str:
    """A page that shows Markdown, for the screen and for paper; it loads nothing."""
    name, level = html.escape(title), html.escape(marking)
    # Only head and foot of a table come again on each page of paper, in every browser.
    marked = f'<tr><td class="marking">{level}</td></tr>'
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        f"<title>{name}</title><style>{STYLE}</style>"
        f'<table class="sheet" role="presentation"><thead>{marked}</thead><tfoot>{marked}</tfoot>'
        f"<tbody><tr><td><main>{_markdown.render(text)}</main></td></tr></tbody></table></html>"
    )
