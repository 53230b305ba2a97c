"""Which row each tab shows."""

from npal_cli.serving.queue import GONE, Tabs, interleaved


def test_rows_that_are_measured_on_stand_evenly_among_the_others():
    mixed = interleaved(list("abcdefgh"), ["X", "Y"])
    assert sorted(mixed) == sorted("abcdefghXY")
    assert [name for name in mixed if name.islower()] == list("abcdefgh")
    assert mixed.index("X") < 5 <= mixed.index("Y")
    assert interleaved([], ["X"]) == ["X"]


def test_each_tab_has_a_row_of_its_own_and_keeps_it_until_it_has_an_answer():
    tabs, queue = Tabs(), ["a", "b", "c"]
    assert tabs.next_row("one", queue, {*queue}) == "a"
    assert tabs.next_row("two", queue, {*queue}) == "b"
    assert tabs.next_row("one", queue, {*queue}) == "a"
    assert tabs.next_row("one", ["c", "b"], {"a", "b", "c"}) == "a"  # a new round; the row on the screen stays
    assert tabs.next_row("one", ["c", "b"], {"b", "c"}) == "c"


def test_a_row_of_a_tab_that_was_closed_is_shown_by_others_after_a_while():
    now = [0.0]
    tabs = Tabs(clock=lambda: now[0])
    assert tabs.next_row("closed", ["a", "b"], {"a", "b"}) == "a"
    assert tabs.next_row("open", ["a", "b"], {"a", "b"}) == "b"
    now[0] = GONE + 1
    assert tabs.next_row("open", ["a"], {"a"}) == "a"
    assert tabs.next_row("third", ["a", "c"], {"a", "c"}) == "c"


def test_the_last_row_is_shown_by_all_tabs_as_some_may_have_been_closed():
    tabs = Tabs()
    assert tabs.next_row("closed", ["a"], {"a"}) == "a"
    assert tabs.next_row("open", ["a"], {"a"}) == "a"
    assert tabs.next_row("open", [], set()) is None
