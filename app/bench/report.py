"""What was measured, as lines to read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from app.bench.cases import DEPTHS, depth_name

BOUND = 1.5
"""How much a page may take longer from the smallest set to the largest, or from depth to depth."""
_NAME = 40
_WIDTHS = (11, 12, 11, 11, 9, 12, 9)
_HEADS = ("claims", "requests/s", "p50 ms", "p99 ms", "cpu ms", "bare/s", "ratio")
_MIB = 1 << 20

Results = Mapping[str, Mapping[int, "Result"]]
"""By case, then by the number of claims in the set."""


@dataclass(frozen=True, slots=True)
class Result:
    """A case measured: requests (or exported rows) a second, seconds a request."""

    rate: float
    p50: float
    p99: float
    cpu: float | None
    """Processor time the service took, which other work on the machine doesn't change."""
    bare: float
    note: str = ""


def result(
    rates: Sequence[float],
    times: Sequence[float],
    cpu: float | None,
    bare: Sequence[float],
    note: str = "",
) -> Result:
    """The medians of the rounds; percentiles over all of them."""
    cuts = quantiles(times, n=100, method="inclusive") if len(times) > 1 else [times[0]] * 99
    each = None if cpu is None else cpu / len(times)
    return Result(median(rates), cuts[49], cuts[98], each, median(bare), note)


def heading() -> Iterator[str]:
    """The beginning of the table."""
    yield ""
    yield _line("", _HEADS)


def row(name: str, claims: int, found: Result | None) -> str:
    """A case with a set in the table; None where the set is too small."""
    if found is None:
        return _line(name, (f"{claims:,}", *["n/a"] * 6))
    cells = (
        f"{claims:,}",
        f"{found.rate:,.0f}",
        f"{found.p50 * 1000:,.2f}",
        f"{found.p99 * 1000:,.2f}",
        "n/a" if found.cpu is None else f"{found.cpu * 1000:,.2f}",
        f"{found.bare:,.0f}",
        f"{found.bare / found.rate:,.1f}",
    )
    return _line(name, cells) + (f"   {found.note}" if found.note else "")


def _line(name: str, cells: Sequence[str]) -> str:
    padded = (cell.rjust(width) for cell, width in zip(cells, _WIDTHS, strict=True))
    return name.ljust(_NAME) + "".join(padded)


def memory(before: int | None, peak: int | None) -> str:
    """What a server took while it exported."""
    if before is None or peak is None:
        return "rows/s; memory n/a"
    return f"rows/s; memory {before / _MIB:.0f} MiB before, {peak / _MIB:.0f} MiB at most"


def growth(found: Results) -> Iterator[str]:
    """How the time of a request grows with the set, and with the depth of a page."""
    sizes = sorted({size for by_size in found.values() for size in by_size})
    least, most = sizes[0], sizes[-1]
    if least < most:
        yield ""
        yield f"With {most:,} claims, as a multiple of the time with {least:,}:"
        for name, by_size in found.items():
            if least in by_size and most in by_size and not by_size[most].note:
                yield _ratio(name, by_size[most], by_size[least])
    yield ""
    yield "Deep in a list, as a multiple of the time of page 1:"
    shallow = found[depth_name(DEPTHS[0])]
    for depth in DEPTHS[1:]:
        for size, deep in found.get(depth_name(depth), {}).items():
            yield _ratio(f"page {depth} of {size:,} claims", deep, shallow[size])


def _ratio(name: str, longer: Result, shorter: Result) -> str:
    grown = longer.p50 / shorter.p50
    told = f"{name.ljust(_NAME)}{grown:11.2f} by the clock (p50)"
    if longer.cpu and shorter.cpu:
        grown = longer.cpu / shorter.cpu
        told += f", {grown:.2f} by processor time"
    return told + (f": more than {BOUND}" if grown > BOUND else "")
