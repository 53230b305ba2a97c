"""Which row each tab shows."""

from npal_cli.serving.queue import Tabs, interleaved


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


def test_the_last_row_is_shown_by_all_tabs_as_some_may_have_been_closed():
    tabs = Tabs()
    assert tabs.next_row("closed", ["a"], {"a"}) == "a"
    assert tabs.next_row("open", ["a"], {"a"}) == "a"
    assert tabs.next_row("open", [], set()) is None
