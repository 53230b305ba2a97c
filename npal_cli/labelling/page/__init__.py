"""How labelling stands, as a page: one file that asks for nothing."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from npal_cli.commit import replacing
from npal_cli.labelling.page.curve import curve
from npal_cli.labelling.status import Status

LOOK = Path(__file__).parent / "look.css"
"""The style sheet that all pages about own rows share."""


def write(status: Status, path: Path) -> None:
    """Write the page.

    Raises:
        ArtifactError: if it cannot be written.
    """
    environment = Environment(
        loader=PackageLoader("npal_cli.labelling.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    content = environment.get_template("status.html.j2").render(
        status=status,
        told=status.as_json(),
        rows=status.rows(),
        rounds=status.book.rounds,
        curve=Markup(curve(status)),  # noqa: S704  # Vega's own
    )
    with replacing(path) as partial:
        partial.write_text(content, encoding="utf-8")
