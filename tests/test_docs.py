"""The documentation: pages lead somewhere, say for whom they are, and what stands in them works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from docs import generate
from tests.commands import TINY, npal
from tests.test_project import COMMANDS, README, ROOT

__all__ = ["npal"]

DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS) for path in DOCS.rglob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIME = re.compile(r"# .*(second|minute|hour|until)")
TEXTS = {"README.md": README, **{f"docs/{page}": (DOCS / page).read_text() for page in PAGES}}


def blocks(page: Path, kind: str) -> list[str]:
    return [content for found, content in BLOCK.findall((DOCS / page).read_text()) if found == kind]


def anchors(text: str) -> set[str]:
    """Of a page's headings, as GitHub and the site make them."""
    headings = re.findall(r"(?m)^#+ (.*)$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def named(tree) -> list[str]:
    if isinstance(tree, str):
        return [tree]
    return [page for each in (tree.values() if isinstance(tree, dict) else tree) for page in named(each)]


def test_the_readme_can_be_read_in_a_few_minutes():
    assert len(README.split()) <= 1200


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_says_in_its_first_line_who_should_read_it(page):
    title, empty, who, *_ = (DOCS / page).read_text().splitlines()
    assert title.startswith("# ")
    assert not empty
    assert re.fullmatch(r"\*.+\*", who)


def test_every_page_has_its_place_in_the_site_and_in_what_models_read():
    text = (ROOT / "mkdocs.yml").read_text().replace("!!python/name:", "")
    pages = sorted(str(page) for page in PAGES)
    assert sorted(named(YAML(typ="safe").load(text)["nav"])) == pages
    assert sorted(re.findall(r"\(docs/([^)]+)\)", (ROOT / "llms.txt").read_text())) == pages


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_somewhere(name):
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", TEXTS[name]):
        place = (ROOT / name).parent / target if target else ROOT / name
        assert place.exists(), target
        assert not anchor or anchor in anchors(place.read_text()), (target, anchor)


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_exists_with_its_options(name):
    found = re.findall(r"(?:^|[\n`] *|&& )npal ([a-z$][\w$-]*)([^\n`|;&]*)", TEXTS[name])
    for said, rest in found:
        if said not in COMMANDS:
            assert said in ("$stage", "less"), said
            continue
        known = {option for parameter in COMMANDS[said].params for option in parameter.opts} | {"--help"}
        assert set(re.findall(r"(?<=\s)--[\w-]+", rest.partition("#")[0])) <= known, (said, rest)


@pytest.mark.parametrize("page", generate.PAGES)
def test_what_is_made_from_the_code_is_up_to_date(page):
    assert (DOCS / "reference" / page).read_text() == generate.PAGES[page](), "run: python -m docs.generate"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "bash")], ids=str)
def test_what_is_not_run_here_says_how_long_it_takes(page):
    assert all(TIME.match(content) for content in blocks(page, "bash"))


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "sh")], ids=str)
def test_what_a_page_tells_to_type_works(page, tmp_path):
    """With a small ``params.yaml``, so that studies take seconds."""
    script = "\n".join(blocks(page, "sh")).replace("pip install -c constraints.txt -e . && ", "")
    for content in blocks(page, "python"):
        if content.startswith("# mine.py"):
            (tmp_path / "mine.py").write_text(content)
    if "npal example" not in script:
        (tmp_path / "params.yaml").write_text(TINY)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["README.md", "docs/start/rows.md"])
def test_the_batch_that_is_shown_is_the_one_that_is_chosen(npal, name):
    Path("params.yaml").unlink()
    npal("example")
    npal("prepare", "--data", "leads.csv", "--target", "churned", "--id", "customer")
    printed = [line.split() for line in npal("acquire", "--data", "leads", "--batch", 10).stdout.splitlines()]
    shown = next(content for kind, content in BLOCK.findall(TEXTS[name]) if kind == "text")
    rows = [line.split() for line in shown.splitlines()]
    assert [rows[0], *rows[2:]] == [printed[0], *printed[2:4]]


@pytest.mark.slow
def test_what_is_written_in_python_works(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec("\n".join(blocks(Path("how-to/python.md"), "python")), {})
