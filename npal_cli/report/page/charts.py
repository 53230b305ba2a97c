"""The plots of the page, as Vega-Lite specifications: one a kind, whose rows the page fills in by what is shown.

Rows name their own colour and dash, so that a strategy looks the same in every plot. What the rows of each plot are is
said by its namesake in ``rowsOf`` of ``page.js``.
"""

from typing import Any, Literal

import altair as alt

WIDTH: Literal["container"] = "container"
HEIGHT = 300
ROWS = alt.NamedData(name="rows")

COLOUR = alt.Color("colour:N", scale=None)
DASH = alt.StrokeDash("dash:N", scale=alt.Scale(domain=["solid", "dashed"], range=[[1, 0], [4, 3]]), legend=None)


def specifications() -> dict[str, dict[str, Any]]:
    """The specification of each kind of plot by name; every one draws the data set ``rows``."""
    charts = {
        "curves": _curves(),
        "ranks": _ranks(),
        "pairs": _pairs(),
        "rare": _rare_class(),
        "loss": _loss(),
        "prediction": _prediction(),
        "calibration": _calibration(),
        "balance": _balance(),
        "map": _map(),
        "distances": _distances(),
        "gains": _gains(),
    }
    return {name: chart.to_dict() for name, chart in charts.items()}


def _curves() -> alt.LayerChart:
    base = alt.Chart(ROWS, width=WIDTH, height=360).encode(
        alt.X("step:Q", title="acquisition step", axis=alt.Axis(tickMinStep=1)), COLOUR
    )
    band = base.mark_area(opacity=0.15).encode(
        alt.Y("low:Q", title="", scale=alt.Scale(zero=False)), alt.Y2("high:Q"), alt.Detail("label:N")
    )
    line = base.mark_line(strokeWidth=2).encode(alt.Y("value:Q", title=""), DASH, alt.Detail("label:N"))
    point = base.mark_point(filled=True, size=45).encode(
        alt.Y("value:Q", title=""),
        tooltip=[
            alt.Tooltip("label:N", title="strategy"),
            alt.Tooltip("step:Q"),
            alt.Tooltip("value:Q", format="+.4f"),
            alt.Tooltip("error:Q", title="standard error", format=".4f"),
            alt.Tooltip("runs:Q"),
        ],
    )
    return band + line + point


def _ranks() -> alt.LayerChart:
    order = alt.EncodingSortField("value")
    base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT).encode(
        alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=240)), COLOUR
    )
    rule = base.mark_rule(strokeWidth=2).encode(
        alt.X("low:Q", title="AUAC rank in a run, mean and deviation", scale=alt.Scale(zero=False)), alt.X2("high:Q")
    )
    point = base.mark_point(filled=True, size=70).encode(
        alt.X("value:Q"),
        tooltip=[alt.Tooltip("label:N", title="strategy"), alt.Tooltip("value:Q", title="mean rank", format=".2f")],
    )
    return rule + point


def _pairs() -> alt.Chart:
    axis = alt.Axis(labelLimit=160)
    return (
        alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
        .mark_rect(stroke="#8888", strokeWidth=0.5)
        .encode(
            alt.X("other:N", sort=None, title=None, axis=alt.Axis(labelAngle=-60, labelLimit=160)),
            alt.Y("label:N", sort=None, title=None, axis=axis),
            alt.Color(
                "value:Q",
                title="AUAC of row less column",
                scale=alt.Scale(scheme="blueorange", domainMid=0, clamp=True),
                legend=alt.Legend(orient="top", gradientLength=160),
            ),
            opacity=alt.condition("datum.apart == 'yes'", alt.value(1), alt.value(0.3)),
            tooltip=[
                alt.Tooltip("label:N", title="strategy"),
                alt.Tooltip("other:N", title="less"),
                alt.Tooltip("value:Q", title="difference", format="+.3f"),
                alt.Tooltip("error:Q", title="standard error", format=".3f"),
                alt.Tooltip("runs:Q"),
                alt.Tooltip("chance:N", title="p"),
                alt.Tooltip("needed:N", title="runs needed"),
            ],
        )
    )


def _rare_class() -> alt.LayerChart:
    base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT).encode(COLOUR)
    zoom = alt.Scale(zero=False)
    across = base.mark_rule().encode(
        alt.X("recall_low:Q", title="recall", scale=zoom), alt.X2("recall_high:Q"), alt.Y("precision:Q", scale=zoom)
    )
    along = base.mark_rule().encode(
        alt.Y("precision_low:Q", title="precision", scale=zoom),
        alt.Y2("precision_high:Q"),
        alt.X("recall:Q", scale=zoom),
    )
    point = base.mark_point(filled=True, size=80).encode(
        alt.X("recall:Q"),
        alt.Y("precision:Q"),
        tooltip=[
            alt.Tooltip("label:N", title="strategy"),
            alt.Tooltip("precision:Q", format=".3f"),
            alt.Tooltip("recall:Q", format=".3f"),
        ],
    )
    return across + along + point


def _loss() -> alt.Chart:
    return (
        alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
        .mark_line(strokeWidth=1.5)
        .encode(
            alt.X("epoch:Q", title="epoch"),
            alt.Y("value:Q", title="loss", scale=alt.Scale(zero=False)),
            alt.Color("step:O", title="before step", scale=alt.Scale(scheme="viridis")),
            tooltip=["step:O", "epoch:Q", alt.Tooltip("value:Q", format=".3f")],
        )
    )


def _prediction() -> alt.LayerChart:
    base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
    x, y = alt.X("predicted:Q", title="predicted improvement"), alt.Y("improvement:Q", title="true improvement")
    points = base.transform_filter("datum.kind == 'point'").mark_circle(size=14, opacity=0.35).encode(x, y, COLOUR)
    bins = base.transform_filter("datum.kind == 'bin'")
    rule = bins.mark_rule(strokeWidth=2).encode(x, alt.Y("low:Q", title="true improvement"), alt.Y2("high:Q"))
    mean = bins.mark_point(filled=True, size=60, color="#D55E00").encode(
        x, y, tooltip=[alt.Tooltip("predicted:Q", format=".4f"), alt.Tooltip("improvement:Q", format=".4f")]
    )
    return points + rule + mean


def _calibration() -> alt.LayerChart:
    unit = alt.Scale(domain=[0, 1])
    base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT).encode(
        alt.X("nominal:Q", title="interval of the prediction", scale=unit, axis=alt.Axis(format="%"))
    )
    ideal = base.mark_line(strokeDash=[4, 3], color="#888888").encode(alt.Y("nominal:Q", scale=unit))
    seen = base.mark_line(point=True).encode(
        alt.Y("observed:Q", title="true improvements inside", scale=unit, axis=alt.Axis(format="%")),
        COLOUR,
        tooltip=[alt.Tooltip("nominal:Q", format=".0%"), alt.Tooltip("observed:Q", format=".1%")],
    )
    return ideal + seen


def _balance() -> alt.LayerChart:
    base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
    line = base.mark_line(point=True).encode(
        alt.X("step:Q", title="acquisition step", axis=alt.Axis(tickMinStep=1)),
        alt.Y("value:Q", title="rare classes among acquired points", axis=alt.Axis(format="%")),
        COLOUR,
        DASH,
        alt.Detail("label:N"),
        tooltip=[alt.Tooltip("label:N", title="strategy"), "step:Q", alt.Tooltip("value:Q", format=".1%")],
    )
    return line + base.mark_rule(strokeDash=[4, 3], color="#888888").encode(alt.Y("mean(pool):Q"))


def _map() -> alt.LayerChart:
    plain = alt.Axis(labels=False, ticks=False, grid=False)
    base = alt.Chart(ROWS, width=WIDTH, height=360).encode(
        alt.X("x:Q", title="first principal component", axis=plain),
        alt.Y("y:Q", title="second principal component", axis=plain),
        tooltip=["kind:N", "class:N", "step:Q"],
    )
    shaped = base.encode(alt.Shape("class:N", title="class"))
    pool = shaped.transform_filter("datum.kind == 'pool'").mark_point(size=16, opacity=0.4, color="#999999")
    known = shaped.transform_filter("datum.kind == 'annotated'").mark_point(size=40, color="#0072B2")
    chosen = shaped.transform_filter("datum.kind == 'chosen'").mark_point(size=110, filled=True).encode(COLOUR)
    steps = base.transform_filter("datum.kind == 'chosen'").mark_text(dx=9, dy=-7, fontSize=11, fontWeight="bold")
    steps = steps.encode(alt.Text("step:Q"), COLOUR)
    return pool + known + chosen + steps


def _distances() -> alt.LayerChart:
    base = alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
    points = base.mark_circle(size=40, opacity=0.8).encode(
        alt.X("z:Q", title="ours less reported, in standard errors"),
        alt.Y("place:N", title=None, sort=None, axis=alt.Axis(labelLimit=240)),
        alt.YOffset("jitter:Q"),
        COLOUR,
        tooltip=[
            *("place:N", "setting:N", "metric:N", alt.Tooltip("label:N", title="strategy"), "runs:Q"),
            alt.Tooltip("mean:Q", title="ours", format=".3f"),
            alt.Tooltip("reported:Q", format=".3f"),
            alt.Tooltip("z:Q", format="+.1f"),
        ],
    )
    limits = alt.Chart(alt.InlineData(values=[{"z": -2}, {"z": 2}])).mark_rule(strokeDash=[4, 3], color="#888888")
    return limits.encode(alt.X("z:Q")) + points


def _gains() -> alt.Chart:
    return (
        alt.Chart(ROWS, width=WIDTH, height=HEIGHT)
        .mark_rect(stroke="#8888", strokeWidth=0.5)
        .encode(
            alt.X("label:N", sort=None, title=None, axis=alt.Axis(labelAngle=-60, labelLimit=160)),
            alt.Y("experiment:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
            alt.Color(
                "value:Q",
                title="gain over Random",
                scale=alt.Scale(scheme="blueorange", domainMid=0, clamp=True),
                legend=alt.Legend(orient="top", gradientLength=160),
            ),
            tooltip=[
                *("experiment:N", alt.Tooltip("label:N", title="strategy")),
                alt.Tooltip("value:Q", title="AUAC gain over Random", format="+.3f"),
                alt.Tooltip("interval:N", title="95 % interval"),
                "runs:N",
            ],
        )
    )
