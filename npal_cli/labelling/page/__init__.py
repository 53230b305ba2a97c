"""How labelling stands, as a page: one file that asks for nothing."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from npal_cli.commit import replacing
from npal_cli.errors import UsageError
from npal_cli.labelling.page.curve import curve
from npal_cli.labelling.status import Status

MARK = b'<meta name="generator" content="npal status">'
LOOK = Path(__file__).parent / "look.css"
"""The style sheet that all pages about own rows share."""


def write(status: Status, path: Path) -> None:
    """Write the page; it takes the place of such a page alone.

    Raises:
        UsageError: if there is another file, or its name is not that of a page.
        ArtifactError: if it cannot be written.
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--page {path}: a page is an HTML file; let its name end in .html")
    if path.exists() and MARK not in path.read_bytes()[:2000]:
        raise UsageError(f"--page {path}: is there already and is no page of npal status; name another file")
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
