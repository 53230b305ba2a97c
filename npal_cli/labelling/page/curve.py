"""The learning curve: the score after each round, its interval, and what more labels are forecast to bring."""

import altair as alt
import pandas as pd
import vl_convert

from npal_cli.labelling.status import Status

COLOUR, QUIET = "#0063a3", "#767676"
WIDTH, HEIGHT = 340, 190


def curve(status: Status) -> str:
    """The curve as SVG; empty as long as no round has a score."""
    rows = pd.DataFrame(status.rows()).dropna(subset="score")
    if rows.empty:
        return ""
    known = rows[["labels", "score", "low", "high"]].astype(float)
    labels = alt.X("labels:Q", title="labels that the model learns from", axis=alt.Axis(tickMinStep=1, grid=False))
    score = alt.Y("score:Q", title=status.measurement.objective.name.replace("_", " "), scale=alt.Scale(zero=False))
    base = alt.Chart(known)
    drawn: list[alt.Chart] = [
        base.mark_area(opacity=0.15, color=COLOUR).encode(labels, alt.Y("low:Q", title=""), alt.Y2("high:Q")),
        base.mark_line(color=COLOUR).encode(labels, score),
        base.mark_point(color=COLOUR, filled=True, size=40, opacity=1).encode(labels, score),
    ]
    if expected := status.expected():
        last = known.iloc[-1]
        steps = [(0, 0.0, 0.0, 0.0), *((each.labels, *vars(each.chosen).values()) for each in expected)]
        ahead = pd.DataFrame(steps, columns=["labels", "score", "low", "high"])
        forecast = alt.Chart(ahead + last[["labels", "score", "score", "score"]].to_numpy())
        band = forecast.mark_area(opacity=0.1, color=QUIET)
        drawn.append(band.encode(labels, alt.Y("low:Q", title=""), alt.Y2("high:Q")))
        drawn.append(forecast.mark_line(color=QUIET, strokeDash=[4, 3]).encode(labels, score))
    chart = alt.layer(*drawn).properties(width=WIDTH, height=HEIGHT, background="transparent")
    chart = chart.configure(font="system-ui, sans-serif").configure_view(stroke=None)
    chart = chart.configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal")
    return str(vl_convert.vegalite_to_svg(chart.to_dict()))
