"""Who is not let in."""

import pytest
from starlette.testclient import TestClient

from npal_cli.serving.app import app_of
from npal_cli.serving.guard import LARGEST_BODY
from tests.labelling.conftest import journal
from tests.serving.conftest import PORT, TAB, TOKEN, said, settled

ADDRESS = f"http://127.0.0.1:{PORT}"


def stranger(session, address=ADDRESS, **settings):
    return TestClient(app_of(session, TOKEN, PORT), base_url=address, **settings)


@pytest.mark.parametrize(
    "path", ["/", "/state?tab=one", "/static/page.js", "/look.css", "/curve.svg", "/picture?name=C1"]
)
def test_nothing_is_given_to_who_has_no_token(session, path):
    assert stranger(session).get(path).status_code == 403
    assert stranger(session).get(path, headers={"Cookie": f"npal-{PORT}=guessed"}).status_code == 403
    assert stranger(session).get(path, headers={"Cookie": "\x01;=;"}).status_code == 403


def test_the_token_is_traded_for_a_cookie_that_scripts_and_other_sites_do_not_get(session):
    answer = stranger(session, follow_redirects=False).get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert stranger(session).get("/?token=wrong").status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:3000", "null", "https://127.0.0.1:8765"])
def test_a_page_from_elsewhere_changes_nothing_though_the_browser_sends_the_cookie(client, origin):
    row, before = settled(client)["row"]["id"], journal()
    body = {"tab": TAB, "name": row, "label": "yes"}
    assert client.post("/answer", json=body, headers={"Origin": origin}).status_code == 403
    assert client.post("/undo", json={"tab": TAB}, headers={"Origin": origin}).status_code == 403
    assert client.get("/state?tab=one", headers={"Origin": origin}).status_code == 403
    assert journal() == before


def test_another_name_for_this_machine_is_refused(session):
    assert stranger(session, "http://evil.example").get(f"/?token={TOKEN}").status_code == 400
    assert stranger(session, f"http://localhost:{PORT}").get(f"/?token={TOKEN}").status_code == 200


def test_large_bodies_are_refused_also_where_their_length_is_not_told(client):
    large = b'{"tab": "one", "name": "' + b"x" * LARGEST_BODY + b'", "label": "yes"}'
    kind = {"Content-Type": "application/json"}
    assert client.post("/answer", content=large, headers=kind).status_code == 413
    assert (
        client.post(
            "/answer", content=(large[i : i + 999] for i in range(0, len(large), 999)), headers=kind
        ).status_code
        == 413
    )
    assert client.post("/answer", content=b"{", headers=kind | {"Content-Length": "many"}).status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"tab": "one"}', b'{"tab": "", "name": "C1", "label": "yes"}', b"\xff\xfe"]
)
def test_what_is_no_answer_changes_nothing(client, body):
    before = journal()
    assert client.post("/answer", content=body, headers={"Content-Type": "application/json"}).status_code == 422
    assert journal() == before


def test_a_page_may_load_nothing_from_elsewhere_and_be_framed_by_nobody(client):
    headers = client.get("/").headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/docs", "/openapi.json"]
)
def test_nothing_else_is_given_out(client, path):
    assert client.get(path).status_code == 404
    assert said(client, "C000", "yes").status_code == 409  # a row that was not asked for
