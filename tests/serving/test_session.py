"""What the page is told, and what happens to what it says."""

import json
from pathlib import Path

import pytest

from npal_cli.errors import NpalError
from npal_cli.labelling.rounds import Labelling
from npal_cli.serving.shown import Shown
from tests.labelling.conftest import LABELLED, ROWS, journal
from tests.serving.conftest import TAB, client_of, said, session_of, settled


def events():
    return [json.loads(line) for line in journal().decode().splitlines()]


def test_a_round_is_asked_for_at_once_and_its_rows_are_shown_one_at_a_time(client):
    first = client.get("/state", params={"tab": TAB}).json()
    assert first["working"]
    state = settled(client)
    assert (state["data"], state["target"], state["left"], state["rows"]) == ("leads", "churned", 10, ROWS)
    assert state["labelled"] == LABELLED
    assert [each["name"] for each in state["classes"]] == ["no", "yes"]
    assert [cell["name"] for cell in state["row"]["cells"]] == ["visits", "spent", "calls", "plan"]
    assert state["row"]["said"] is None


def test_an_answer_is_on_disk_before_the_next_row_is_shown(client):
    row = settled(client)["row"]["id"]
    state = said(client, row, "yes").json()
    assert events()[-1]["labels"] == {row: "yes"}
    assert state["row"]["id"] != row
    assert state["last"][0] == {"id": row, "said": "yes"}
    assert state["left"] == 9


def test_the_queue_follows_the_model_when_half_of_a_round_is_answered(client):
    for _ in range(5):
        state = settled(client)
        said(client, state["row"]["id"], "yes")
    on_screen = client.get("/state", params={"tab": TAB}).json()["row"]["id"]
    state = settled(client)
    assert state["round"] == 2
    assert state["row"]["id"] == on_screen
    asked = [event for event in events() if event["event"] == "asked"]
    assert len(asked) == 2
    assert said(client, on_screen, "no").status_code == 200
    assert len(asked[1]["audit"]) > 0
    assert "Go on" in state["advice"]


def test_two_tabs_show_two_rows_and_one_row_is_answered_once(client):
    one, two = settled(client, "one")["row"]["id"], settled(client, "two")["row"]["id"]
    assert one != two
    said(client, one, "yes", tab="one")
    late = said(client, one, "no", tab="two")
    assert (late.status_code, late.json()["error"]) == (409, f"row {one} was answered meanwhile: yes")
    assert settled(client, "two")["row"]["id"] == two


def test_skipped_and_unsure_rows_go_and_answers_can_be_changed(client):
    for word, kept in (("skip", "skipped"), ("unsure", "unsure")):
        row = settled(client)["row"]["id"]
        said(client, row, word, aside=True)
        assert events()[-1][kept] == [row]
        assert settled(client)["last"][0] == {"id": row, "said": kept}
    assert said(client, row, "yes", change=True).json()["last"][0] == {"id": row, "said": "yes"}
    assert client.get("/row", params={"name": row}).json()["said"] == "yes"
    assert said(client, row, "no", change=True).json()["last"][0] == {"id": row, "said": "no"}


def test_undo_takes_the_last_answer_back_and_shows_its_row(client):
    row = settled(client)["row"]["id"]
    said(client, row, "yes")
    state = client.post("/undo", json={"tab": TAB}).json()
    assert (state["undone"], state["row"]["id"], state["last"]) == (row, row, [])
    nothing = client.post("/undo", json={"tab": TAB})
    assert nothing.status_code == 409
    assert "no answer is left" in nothing.json()["error"]


def test_undo_leaves_what_was_given_at_once_elsewhere(client, begun):
    settled(client)
    begun("label", "--data", "leads", "C200=yes", "C201=no")
    before = journal()
    assert "2 rows at once" in client.post("/undo", json={"tab": TAB}).json()["error"]
    assert journal() == before


def test_undo_leaves_what_several_people_said_at_once(client, begun):
    settled(client)
    Path("two.csv").write_text("id,label,annotator\nC200,yes,ann\nC201,no,bob\n")
    begun("label", "--data", "leads", "two.csv")
    before = journal()
    assert "2 rows at once" in client.post("/undo", json={"tab": TAB}).json()["error"]
    assert journal() == before


def test_what_another_annotator_said_stays_and_the_page_says_what_counts(labelling, begun):
    bob = client_of(session_of(labelling, by="bob"))
    row = settled(bob)["row"]["id"]
    begun("label", "--data", "leads", f"{row}=yes", "--by", "ann")
    assert "is ann's" in bob.post("/undo", json={"tab": TAB}).json()["error"]
    state = said(bob, row, "no", change=True).json()
    assert state["counts_as"] == "yes"
    begun("label", "--data", "leads", f"{row}=no", "--by", "cy")
    assert settled(bob)["last"][0] == {"id": row, "said": "no"}


def test_a_row_can_be_skipped_though_a_class_has_that_name_and_the_other_way_round(client):
    row = settled(client)["row"]["id"]
    said(client, row, "skip", new_class=True)
    assert events()[-1]["labels"] == {row: "skip"}
    row = settled(client)["row"]["id"]
    said(client, row, "skip", aside=True)
    assert (events()[-1]["labels"], events()[-1]["skipped"]) == ({}, [row])


def test_nothing_is_taken_for_rows_of_a_table_that_was_taken_in_anew(client, begun, leads):
    row = settled(client)["row"]["id"]
    before = journal()
    leads.assign(visits=1.0 + leads["visits"], churned=None).to_csv("leads.csv", index=False)
    begun("prepare", "--data", "leads.csv", "--target", "churned", "--id", "customer")
    answer = said(client, row, "yes")
    assert answer.status_code == 409
    assert "was taken in anew meanwhile" in answer.json()["error"]
    assert client.get("/state", params={"tab": TAB}).status_code == 409
    assert journal() == before


def test_what_is_said_elsewhere_of_the_goal_holds_for_the_page_too(client, begun):
    settled(client)
    begun("label", "--data", "leads", "C200=yes")
    begun("acquire", "--data", "leads", "--batch", 5, "--objective", "f1:yes", "--strategy", "margin")
    for _ in range(5):
        said(client, settled(client)["row"]["id"], "yes")
    settled(client)
    asked = [event for event in events() if event["event"] == "asked"]
    assert [each["goal"]["objective"] for each in asked][:3] == ["accuracy", "f1:yes", "f1:yes"]


def test_an_unknown_class_is_refused_and_a_new_one_taken(client):
    row = settled(client)["row"]["id"]
    refused = said(client, row, "perhaps")
    assert refused.status_code == 409
    assert "there is no class 'perhaps' yet" in refused.json()["error"]
    state = said(client, row, "perhaps", new_class=True).json()
    assert [each["name"] for each in state["classes"]] == ["no", "yes", "perhaps"]


def test_a_guess_is_made_of_rows_that_are_not_measured_on(client):
    state = settled(client)
    asked = events()[0]
    guess = client.get("/guess", params={"name": asked["rows"][0]}).json()["guess"]
    assert sum(each["probability"] for each in guess) == pytest.approx(1)
    measured = client.get("/guess", params={"name": asked["audit"][0]})
    assert measured.status_code == 409
    assert "guess" not in state["row"]


def test_a_guess_does_not_know_the_answer(client):
    settled(client)
    row = events()[0]["rows"][0]
    before = client.get("/guess", params={"name": row}).json()
    said(client, row, "yes")
    assert client.get("/guess", params={"name": row}).json() == before


def test_what_went_wrong_in_the_background_is_shown_and_tried_again_after_the_next_answer(client, session, monkeypatch):
    settled(client)
    with monkeypatch.context() as broken:
        broken.setattr(Labelling, "begin_round", lambda *_: (_ for _ in ()).throw(NpalError("no luck")))
        for _ in range(5):
            said(client, settled(client)["row"]["id"], "yes")
        assert settled(client)["note"] == "no luck"
    said(client, settled(client)["row"]["id"], "yes")
    state = settled(client)
    assert (state["note"], state["round"]) == ("", 2)


def test_rows_that_are_left_over_end_in_a_word(client, begun, leads):
    settled(client)
    begun("label", "--data", "leads", *(f"{name}=yes" for name in leads["customer"][LABELLED:]))
    state = settled(client)
    assert state["row"] is None
    assert "no row is left to ask for" in state["note"]


def test_the_learning_curve_is_a_picture_once_there_is_a_score(client):
    assert client.get("/curve.svg").status_code == 409
    for _ in range(5):
        said(client, settled(client)["row"]["id"], "yes")
    state = settled(client)
    assert client.get(state["curve"]).text.startswith("<svg")


def test_neither_the_label_nor_the_name_is_among_what_is_shown(labelling):
    cells = Shown(labelling.table).cells("C000")
    assert {cell["name"] for cell in cells} == {"visits", "spent", "calls", "plan"}
    assert cells[3] == {"name": "plan", "value": labelling.table.rows["plan"].iloc[0], "kind": "category"}
