"""Write the pages of docs/reference that the code knows better: commands, Python, params.yaml.

    python -m docs.generate

A test fails as long as they are not what this script writes.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import griffe
import typer
from typer.cli import get_docs_for_click

from npal_cli.cli import app

DOCS = Path(__file__).parent
PUBLIC = {
    "Choosing and studying": ["api.query.query", "api.active_learner.ActiveLearner", "api.compare.compare"],
    "Goals": ["objectives.objective.Objective"],
    "Your own strategy": [
        "strategies.base.Strategy", "strategies.base.ScoringStrategy", "strategies.base.Choice",
        "states.AcquisitionState", "testing.check_strategy",
    ],
    "Your own classifier or data set": ["classifiers.base.Classifier", "problems.dataset.DatasetKind"],
    "scikit-activeml": ["scikit_activeml.NpalQueryStrategy"],
}  # fmt: skip
"""What is documented, by where it is; what is in ``api`` is imported from ``npal_cli`` itself."""


def commands() -> str:
    """All commands and options, as Typer describes them."""
    command = typer.main.get_command(app)
    context = command.make_context("npal", ["--help"], resilient_parsing=True)
    text = get_docs_for_click(obj=command, ctx=context, name="npal").replace("# `npal`", "# Commands", 1)
    text = re.sub(
        r"\x08\nExamples:\n((?:  npal.*\n?)+)", lambda m: f"**Examples**\n\n```text\n{dedent(m[1])}```\n", text
    )
    said = "*All commands and options; `npal COMMAND --help` says the same.*"
    return re.sub(r"(?m)[ \t]+$", "", text.replace("# Commands\n", f"# Commands\n\n{said}\n", 1)) + "\n"


def python() -> str:
    """What is public in Python, from docstrings."""
    package = griffe.load("npal_cli", search_paths=[str(DOCS.parent)], docstring_parser="google")
    parts = ["# Python", "*What may be imported, from the docstrings. [How to use it](../how-to/python.md).*"]
    for title, names in PUBLIC.items():
        parts.append(f"## {title}")
        for name in names:
            shown = name.rpartition(".")[2] if name.startswith("api.") else name
            parts += _described(package[name], f"npal_cli.{shown}")
    return "\n\n".join(parts) + "\n"


def params() -> str:
    """The parameter file, whose comments say what each is."""
    content = (DOCS.parent / "params.yaml").read_text()
    said = "*The parameter file and all defaults. Another is named by `--params`; what it lacks has these values.*"
    return f"# params.yaml\n\n{said}\n\n```yaml\n{content}```\n"


PAGES = {"commands.md": commands, "api.md": python, "params.md": params}


def _described(found: griffe.Object | griffe.Alias, path: str) -> Iterator[str]:
    yield f"### {path}"
    if found.is_function:
        yield f"```python\n{_signature(found)}\n```"
    yield from _docstring(found)
    if not found.is_class:
        return
    for member in found.members.values():
        if member.is_alias or member.name.startswith("_") or not member.has_docstring:
            continue
        if member.is_function:
            yield f"#### {found.name}.{member.name}"
            yield f"```python\n{_signature(member)}\n```"
            yield from _docstring(member)
        else:
            yield f"- `{member.name}: {member.annotation}`: {_line(member.docstring.value)}"


def _signature(function: griffe.Object | griffe.Alias) -> str:
    shown = [each for each in function.parameters if each.name not in ("self", "cls")]
    lines = [f"    {_parameter(each)}," for each in shown]
    by_name = [i for i, each in enumerate(shown) if each.kind is griffe.ParameterKind.keyword_only]
    if by_name:
        lines.insert(by_name[0], "    *,")
    return "\n".join([f"{function.name}(", *lines, f") -> {function.returns}"])


def _parameter(each: griffe.Parameter) -> str:
    stars = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}
    name = f"{stars.get(each.kind, '')}{each.name}: {each.annotation}"
    return name if each.default is None or each.kind in stars else f"{name} = {each.default}"


def _docstring(found: griffe.Object | griffe.Alias) -> Iterator[str]:
    for section in found.docstring.parsed if found.docstring else ():
        if section.kind is griffe.DocstringSectionKind.text:
            yield _with_examples(section.value)
        elif section.kind is griffe.DocstringSectionKind.parameters:
            yield "\n".join(f"- `{each.name}`: {_line(each.description)}" for each in section.value)
        elif section.kind is griffe.DocstringSectionKind.returns:
            yield "Returns: " + " ".join(_line(each.description) for each in section.value)
        elif section.kind is griffe.DocstringSectionKind.raises:
            yield "\n".join(f"- Raises `{each.annotation}`: {_line(each.description)}" for each in section.value)


def _with_examples(text: str) -> str:
    """Examples as code."""
    blocks = text.split("\n\n")
    return "\n\n".join(f"```pycon\n{block}\n```" if block.startswith(">>>") else _code(block) for block in blocks)


def _line(text: str) -> str:
    return " ".join(_code(text).split())


def _code(text: str) -> str:
    """Marks of reStructuredText as those of Markdown."""
    return re.sub(r":\w+:`~?([^`]*)`", r"`\1`", text.replace("``", "`"))


if __name__ == "__main__":
    for name, write in PAGES.items():
        (DOCS / "reference" / name).write_text(write())
