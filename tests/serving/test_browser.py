"""The page as people use it: by keyboard, in two tabs, on a phone, by ear; and killed in the midst."""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import browser, needs_browser
from tests.labelling.conftest import begun, journal, leads

__all__ = ["begun", "browser", "leads"]

pytestmark = [needs_browser, pytest.mark.slow]

SERVE = [sys.executable, "-m", "npal_cli", "serve", "--data", "leads", "--strategy", "margin", "--port", "0", "--json"]


class Serving:
    """A server in a process of its own."""

    def __init__(self, *arguments: str):
        self.process = subprocess.Popen([*SERVE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.address = ""
        for line in self.process.stdout:
            self.address += line
            if line.startswith("}") or line.endswith("}\n"):
                break
        self.address = json.loads(self.address)["address"]

    def end(self, how=signal.SIGINT):
        self.process.send_signal(how)
        said = self.process.communicate(timeout=20)[1]
        return self.process.returncode, said


@contextmanager
def serving(*arguments: str):
    server = Serving(*arguments)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.communicate()


def opened(browser, address, **settings):
    page = browser.new_context(**settings).new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(address)
    page.wait_for_selector("#row:not([hidden])", timeout=30_000)
    return page


def press(page, key):
    """Press a key and wait until what it does is done."""
    before = page.inner_text("#said")
    page.keyboard.press(key)
    page.wait_for_function("before => document.getElementById('said').textContent !== before", arg=before)
    page.wait_for_function("() => document.documentElement.dataset.state === 'ready'")


def label_by_keyboard(page, truth, count):
    """Label rows as somebody who knows them; the names of the rows."""
    done = []
    for _ in range(count):
        page.wait_for_selector("#row:not([hidden])", timeout=30_000)
        name = page.inner_text("#name").removeprefix("Row ")
        press(page, "2" if truth[name] == "yes" else "1")
        done.append(name)
    return done


def answered():
    events = [json.loads(line) for line in journal().decode().splitlines()]
    return {name: label for event in events if event["event"] == "answered" for name, label in event["labels"].items()}


def test_fifty_rows_by_keyboard_and_a_kill_in_the_midst_lose_nothing(browser, begun, leads):
    truth = leads.set_index("customer")["churned"]
    with serving() as server:
        page = opened(browser, server.address)
        done = label_by_keyboard(page, truth, 27)
        page.keyboard.press("1")
        server.end(signal.SIGKILL)
        page.wait_for_selector("#said.refused", timeout=10_000)
        assert "start it again" in page.inner_text("#said")
        in_flight = set(answered()) - set(done)
        assert len(in_flight) <= 1
    with serving() as server:
        page = opened(browser, server.address)
        done += label_by_keyboard(page, truth, 50 - len(done))
        code, said = server.end()
        assert (code, "every answer is in" in said) == (0, True)
    assert len(set(done)) == 50
    kept = answered()
    assert {name: kept[name] for name in done} == {name: truth[name] for name in done}
    assert set(kept) == {*done, *in_flight}
    begun("status", "--data", "leads")


def test_keys_do_what_stands_on_their_buttons(browser, begun):
    with serving() as server:
        page = opened(browser, server.address)
        keys = page.locator("#controls button:visible kbd").all_inner_texts()
        assert keys == ["1", "2", "space", "u", "⌫", "g", "h"]
        first = page.inner_text("#name")
        press(page, "Space")
        second = page.inner_text("#name")
        assert first != second
        press(page, "u")
        assert page.locator("#last button span").all_inner_texts()[1::2] == ["unsure", "skipped"]
        press(page, "Backspace")
        assert page.inner_text("#name") == second
        page.keyboard.press("h")
        assert page.locator("#help").is_visible()
        page.keyboard.press("1")  # a dialog is open: nothing is labelled
        page.keyboard.press("Escape")
        assert page.inner_text("#name") == second
        page.keyboard.press("g")
        page.wait_for_function(
            "() => document.querySelector('#guess li') || /measured on/.test(document.body.innerText)"
        )
        page.locator("#ask-help").click()
        page.locator("#keys").uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("1")
        page.wait_for_timeout(300)
        assert page.inner_text("#name") == second
        assert answered() == {}


def test_one_of_the_last_rows_is_opened_and_changed(browser, begun):
    with serving() as server:
        page = opened(browser, server.address)
        first = page.inner_text("#name").removeprefix("Row ")
        press(page, "1")
        second = page.inner_text("#name")
        page.locator("#last button").first.click()
        page.wait_for_function("name => document.getElementById('name').textContent === 'Row ' + name", arg=first)
        assert "It has an answer: no" in page.inner_text("#about")
        press(page, "2")
        assert page.inner_text("#name") == second
        assert answered() == {first: "yes"}


def test_two_tabs_show_two_rows(browser, begun):
    with serving() as server:
        page = opened(browser, server.address)
        other = page.context.new_page()
        other.goto(server.address)
        other.wait_for_selector("#row:not([hidden])")
        assert page.inner_text("#name") != other.inner_text("#name")
        press(page, "1")
        other.bring_to_front()
        press(other, "2")
        assert sorted(answered().values()) == ["no", "yes"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1024])
def test_nothing_stands_in_the_way_of_those_who_do_not_see_it(browser, begun, leads, width, scheme):
    with serving() as server:
        page = opened(browser, server.address, viewport={"width": width, "height": 800}, color_scheme=scheme)
        label_by_keyboard(page, leads.set_index("customer")["churned"], 6)
        page.wait_for_selector("#curve:not([hidden])", timeout=30_000)
        assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
        page.keyboard.press("g")
        page.wait_for_timeout(300)
        page.keyboard.press("h")
        assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [each for each in page.complaints if "409" not in each] == []


def test_what_a_table_holds_is_never_run(browser, begun, leads):
    nasty = "<img src=x onerror=alert(1)>"
    table = leads.assign(plan=np.where(leads.index % 2, nasty, "a"), churned=leads["churned"].where(leads.index < 30))
    table["churned"] = table["churned"].replace({"yes": nasty})
    table.to_csv("nasty.csv", index=False)
    begun("prepare", "--data", "nasty.csv", "--target", "churned", "--id", "customer")
    with serving("--data", "nasty") as server:
        page = opened(browser, server.address)
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        press(page, "1")
        press(page, "2")
        assert nasty in page.inner_text("body")
        assert page.locator("img[src=x]").count() == 0


def test_more_classes_than_keys_are_found_by_name(browser, begun, leads):
    towns = pd.Series([f"town {i % 12}" for i in range(len(leads))])
    leads.assign(churned=towns.where(leads.index < 40)).to_csv("towns.csv", index=False)
    begun("prepare", "--data", "towns.csv", "--target", "churned", "--id", "customer")
    with serving("--data", "towns") as server:
        page = opened(browser, server.address)
        name = page.inner_text("#name").removeprefix("Row ")
        page.keyboard.press("/")
        page.keyboard.press("Enter")
        page.keyboard.type("town 1")
        page.keyboard.press("Enter")  # town 1 is a name, though others begin so
        page.wait_for_function("() => document.getElementById('said').textContent.includes('town 1.')")
        name = page.inner_text("#name").removeprefix("Row ")
        page.keyboard.press("/")
        page.keyboard.type("town 11")
        assert page.locator("#classes button:visible").all_inner_texts() == ["4town 11"]
        before = page.inner_text("#said")
        page.keyboard.press("Enter")
        page.wait_for_function("before => document.getElementById('said').textContent !== before", arg=before)
        kept = [json.loads(line) for line in Path("data/labels/towns.jsonl").read_text().splitlines()]
        assert kept[-1]["labels"] == {name: "town 11"}
        assert [each["event"] for each in kept] == ["asked", "answered", "answered"]


def test_a_row_is_seen_however_many_classes_there_are(browser, begun, leads):
    classes = pd.Series([f"a class with quite a long name, number {i % 30}" for i in range(len(leads))])
    leads.assign(churned=classes.where(leads.index < 90)).to_csv("long.csv", index=False)
    begun("prepare", "--data", "long.csv", "--target", "churned", "--id", "customer")
    with serving("--data", "long") as server:
        for width, height in ((390, 844), (1280, 720)):
            page = opened(browser, server.address, viewport={"width": width, "height": height})
            place = page.locator("#name").bounding_box()
            seen = "([x, y]) => document.elementFromPoint(x, y).id"
            assert page.evaluate(seen, [place["x"] + 5, place["y"] + 5]) == "name"
            page.context.close()


def test_what_was_asked_before_an_answer_does_not_bring_its_row_back(browser, begun):
    with serving() as server:
        page = opened(browser, server.address)
        page.wait_for_timeout(2500)
        held = []
        page.route("**/state*", lambda route: held.append((route, route.fetch())))  # answered before, seen after
        page.wait_for_timeout(2500)
        assert held
        press(page, "1")
        name = page.inner_text("#name")
        for route, answer in held:
            route.fulfill(response=answer)
        page.unroute_all(behavior="ignoreErrors")
        page.wait_for_timeout(500)
        assert page.inner_text("#name") == name


def test_what_has_not_changed_keeps_its_focus(browser, begun):
    with serving() as server:
        page = opened(browser, server.address)
        page.locator("#classes button").nth(1).focus()
        page.wait_for_timeout(2500)
        assert page.evaluate("document.activeElement.textContent") == "2yes"


def test_a_tab_that_is_loaded_again_shows_its_row(browser, begun):
    with serving() as server:
        page = opened(browser, server.address)
        press(page, "1")
        name = page.inner_text("#name")
        page.reload()
        page.wait_for_selector("#row:not([hidden])")
        assert page.inner_text("#name") == name


def test_a_row_is_labelled_when_its_own_picture_is_seen(browser, begun, leads):
    from PIL import Image

    Path("pics").mkdir()
    for i in range(len(leads)):
        Image.new("RGB", (i + 1, 2)).save(f"pics/{i}.png")
    files = [f"{i}.png" for i in range(len(leads))]
    leads.assign(file=files, churned=leads["churned"].where(leads.index < 30)).to_csv("pics.csv", index=False)
    begun("prepare", "--data", "pics.csv", "--target", "churned", "--id", "customer")
    with serving("--data", "pics", "--image", "file", "--images", "pics") as server:
        page = opened(browser, server.address)
        page.wait_for_selector("#picture:not([hidden])")
        held = []
        page.route("**/picture*", lambda route: held.append(route))  # noqa: PLW0108  # it takes its time
        press(page, "1")
        assert page.locator("#picture").is_hidden()
        name = page.inner_text("#name").removeprefix("Row ")
        press(page, "1")
        assert page.inner_text("#said") == "Wait for the picture of this row."
        held[-1].continue_()
        page.wait_for_selector("#picture:not([hidden])")
        assert page.evaluate("document.getElementById('picture').naturalWidth") == int(name[1:]) + 1


def test_digits_are_the_keys_of_classes_that_are_digits(browser, begun, leads):
    rows = pd.DataFrame(np.random.default_rng(0).integers(0, 16, (60, 16)), columns=[f"x{i}" for i in range(16)])
    rows.assign(y=pd.Series(range(60)).mod(10).where(rows.index < 30)).to_csv("digits.csv", index=False)
    begun("prepare", "--data", "digits.csv", "--target", "y")
    with serving("--data", "digits", "--pixels", "4x4") as server:
        page = opened(browser, server.address)
        page.wait_for_function("() => document.getElementById('picture').naturalWidth === 4")
        name = page.inner_text("#name").removeprefix("Row ")
        press(page, "7")
        kept = [json.loads(line) for line in Path("data/labels/digits.jsonl").read_text().splitlines()]
        assert kept[-1]["labels"] == {name: "7"}


def test_a_table_without_any_label_begins_with_a_class_that_is_typed(browser, begun, leads):
    leads.assign(churned=None).to_csv("bare.csv", index=False)
    begun("prepare", "--data", "bare.csv", "--target", "churned", "--id", "customer")
    with serving("--data", "bare") as server:
        page = opened(browser, server.address)
        assert "typical" in page.inner_text("#note")
        page.fill("#class-name", "yes")
        page.keyboard.press("Enter")
        page.wait_for_selector("#classes button")
        assert page.locator("#classes button").all_inner_texts() == ["1yes"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--strategy", "nonsense"], "unknown strategy 'nonsense'"),
        (["--strategy", "oracle"], "needs labels that are not known here"),
        (["--classifier", "nonsense"], "unknown classifier 'nonsense'"),
        (["--objective", "nonsense"], "unknown objective 'nonsense'"),
        (["--image", "nothing"], "unknown column 'nothing'"),
        (["--images", "."], "with --image"),
        (["--pixels", "2x2x2"], "expected HEIGHTxWIDTH"),
        (["--batch", "0"], "--batch"),
        (["--port", "99999"], "--port"),
    ],
)
def test_what_cannot_be_served_is_refused_at_once(begun, arguments, said):
    assert said in begun("serve", "--data", "leads", *arguments, code=2).stderr


def test_a_port_that_is_taken_is_refused(begun):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"--port {port}" in begun("serve", "--data", "leads", "--port", port, code=2).stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_server_ends_at_once_also_while_the_next_round_is_chosen(begun, how):
    with serving() as server:
        code, said = server.end(how)
        assert code == (0 if how == signal.SIGINT or os.name != "nt" else 1)
        assert "Traceback" not in said
