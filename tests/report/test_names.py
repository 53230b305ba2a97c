"""What a reader is told of a strategy besides its figures."""

from dataclasses import fields
from typing import Any

import pytest

from npal_cli.report.cells import cells
from npal_cli.report.names import labels_told
from npal_cli.report.page.sections import HEADINGS, experiment_rows
from npal_cli.report.tables import gains_table, plain_markdown
from npal_cli.strategies import STRATEGIES, AcquisitionState
from tests.report.conftest import acquired, experiment
from tests.strategies.conftest import make_strategy, problem_for, served_by, state_of

COMPETITORS = [name for name, strategy in STRATEGIES.items() if strategy.sees == "known"]


class Overheard(AcquisitionState):
    """A state that notices when the labels of its reward set are looked at."""

    def __getattribute__(self, name: str) -> Any:
        if name == "reward_labels":
            object.__getattribute__(self, "__dict__")["heard"] = True
        return super().__getattribute__(name)


@pytest.mark.parametrize("name", COMPETITORS)
def test_a_strategy_is_told_the_labels_that_it_looks_at(name):
    strategy = make_strategy(name, served_by(name))
    state = state_of(problem_for(name), strategy=strategy)
    state = Overheard(**{field.name: getattr(state, field.name) for field in fields(state)})
    strategy.query([state], 2)
    looked = state.__dict__.get("heard", False)
    assert labels_told(name, 100) == ("annotated + reward" if looked else "annotated")
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
