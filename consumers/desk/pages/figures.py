"""Strategic figures: how often, in time or not; small numbers left out; as a table and as CSV."""

from itertools import groupby
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consumers.desk import counted
from consumers.desk.counted import Counted
from consumers.desk.station import Station
from consumers.figures.suppression import LEAST
from consumers.figures.table import SUPPRESSED, Row, written


def routes(station: Station) -> list[Route]:
    """Give the routes of figures."""

    def page(request: Request) -> Response:
        found = _last(station, request)
        periods = sorted({one.period for one in found.rows}, reverse=True) if found else []
        asked = request.query_params.get("quarter", "")
        period = asked if asked in periods else next(iter(periods), None)
        shown = _tables(found.rows, period) if found else []
        return station.page(
            request, "figures.html", title="Figures", found=found, periods=periods, period=period,
            tables=shown, least=LEAST, suppressed=SUPPRESSED,
        )  # fmt: skip

    async def count(request: Request) -> Response:
        await run_in_threadpool(_count, station, request)
        station.tell(request, "Counted. The quarter under way is not told.")
        return RedirectResponse("/figures", 303)

    def csv(request: Request) -> Response:
        found = _last(station, request)
        if found is None:
            return station.nothing(request)
        headers = {"content-disposition": 'attachment; filename="figures.csv"'}
        return Response(written(found.rows), media_type="text/csv", headers=headers)

    return [
        Route("/figures", page),
        Route("/figures", count, methods=["POST"]),
        Route("/figures/csv", csv),
    ]


def _last(station: Station, request: Request) -> Counted | None:
    with station.store.read() as db:
        return counted.last(db, station.person(request).viewer)


def _count(station: Station, request: Request) -> None:
    viewer = station.person(request).viewer
    counted.count(station.store, viewer, station.refusals(viewer))


def _tables(rows: list[Row], period: str | None) -> list[tuple[str, list[dict[str, Any]]]]:
    """Give the figures of one quarter, each with its parts."""
    listed = [one for one in rows if one.period == period]
    return [
        (
            figure,
            [
                {
                    "group": one.group, "count": _or_not(one.numerator),
                    "of": _or_not(one.denominator), "share": _or_not(one.percentage),
                }
                for one in its
            ],
        )
        for figure, its in groupby(listed, key=lambda one: one.figure)
    ]  # fmt: skip


def _or_not(value: object) -> str:
    return SUPPRESSED if value is None else str(value)
