"""What a reader is told of a strategy besides its figures."""

from dataclasses import replace

import numpy as np
import pytest

from npal_cli.report.cells import cells
from npal_cli.report.names import labels_told
from npal_cli.report.page.rows import HEADINGS, experiment_rows
from npal_cli.report.tables import gains_table, plain_markdown
from npal_cli.strategies.registry import STRATEGIES
from tests.report.conftest import acquired, experiment
from tests.strategies.conftest import make_strategy, problem_for, served_by, state_of

COMPETITORS = [name for name, strategy in STRATEGIES.items() if strategy.sees in ("annotated", "reward_set")]


@pytest.mark.parametrize("name", COMPETITORS)
def test_a_strategy_is_told_the_labels_that_it_looks_at(name):
    """One that says it sees the reward set chooses otherwise with other labels there; one that does not has none."""
    strategy, problem = make_strategy(name, served_by(name)), problem_for(name)
    shown = problem.as_seen(strategy.sees)
    assert labels_told(name, 100) == ("annotated + reward" if len(shown.reward) else "annotated")
    if len(shown.reward):
        labels = problem.labels.copy()
        labels[problem.reward] = 1 - labels[problem.reward]
        states = [state_of(each, strategy=strategy) for each in (problem, replace(problem, labels=labels))]
        before, after = (make_strategy(name).query([state], 2)[0].scores for state in states)
        assert np.abs(before - after).max() > 0
    assert labels_told(name, 0) == "annotated"


def test_bounds_and_controls_are_told_more():
    assert labels_told("oracle", 100) == labels_told("oracle", 0) == "all"
    assert labels_told("reward_oracle", 100) == "all but test"
    for name in ("random", "blend", "haluni_reference"):
        assert labels_told(f"{name}_train_on_reward", 100) == "annotated + reward, trained on all"
        assert labels_told(f"{name}_train_on_reward", 0) == "annotated"
    assert labels_told("haluni_reference", 100) == "annotated"
    assert labels_told("of another version", 100) == ""


def test_the_tables_say_what_was_told(images):
    names = ("oracle", "uncsamp", "random", "blend", "random_train_on_reward")
    result = experiment(**{name: acquired(name) for name in names})
    table = cells([result])
    gained = gains_table(table, "held_out")
    told = ["all", "annotated", "annotated + reward", "annotated + reward, trained on all"]
    assert gained["labels_told"].tolist() == told
    assert "| labels told " in plain_markdown(gained)
    where = [heading for heading, _ in HEADINGS].index("labels told")
    rows = {row.strategy: row.cells[where].text for row in experiment_rows(table)["test"]}
    assert rows["blend"] == "annotated + reward"
    assert rows["random"] == "annotated"
    assert set(cells([images])["labels_told"]) == {"annotated"}


def test_a_strategy_that_was_told_less_somewhere_says_so():
    """A root may hold problems with a reward set and problems without one."""
    records = {name: acquired(name) for name in ("random", "blend")}
    table = cells([experiment(**records), experiment("imbalanced", **records)])
    table.loc[table["setting"] == "imbalanced", "labels_told"] = labels_told("blend", 0)
    assert gains_table(table, "test")["labels_told"].tolist() == ["annotated + reward or annotated"]
