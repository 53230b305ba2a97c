"""The page to label on, of a table with thirty labels."""

import time

import pytest
from starlette.testclient import TestClient

from npal_cli.cli_goal import labelling_of
from npal_cli.cli_options import RowOptions
from npal_cli.labelling.rounds import Labelling
from npal_cli.serving.app import app_of
from npal_cli.serving.following import Following
from npal_cli.serving.session import Session
from npal_cli.serving.shown import Shown
from tests.commands import npal
from tests.labelling.conftest import begun, leads

__all__ = ["begun", "leads", "npal"]

TOKEN, PORT, TAB = "secret", 8765, "one"


@pytest.fixture
def labelling(begun) -> Labelling:
    return labelling_of(RowOptions(data="leads", quiet=True), "leads")


def session_of(labelling: Labelling, by: str = "") -> Session:
    """Rounds are chosen by margin, for these tests are not about strategies."""
    return Session(labelling, Following(labelling, 10, "margin"), Shown(labelling.table), by=by)


@pytest.fixture
def session(labelling) -> Session:
    return session_of(labelling)


@pytest.fixture
def client(session) -> TestClient:
    return client_of(session)


def client_of(session: Session) -> TestClient:
    """A browser that was given the token."""
    opened = TestClient(app_of(session, TOKEN, PORT), base_url=f"http://127.0.0.1:{PORT}")
    opened.get(f"/?token={TOKEN}")
    return opened


def settled(client: TestClient, tab: str = TAB) -> dict:
    """The state when nothing goes on in the background."""
    while True:
        state = client.get("/state", params={"tab": tab}).json()
        if not state["working"]:
            return client.get("/state", params={"tab": tab}).json()
        time.sleep(0.02)


def said(client: TestClient, name: str, label: str, tab: str = TAB, **more):
    return client.post("/answer", json={"tab": tab, "name": name, "label": label, **more})
