"""What a study lacks."""

from npal_cli.report.missing import Planned, missing_of
from tests.report.conftest import NINE, acquired, experiment

WANTED = [
    Planned("waveform", "balanced", "logistic", ("random", "uncsamp", "np"), NINE),
    Planned("waveform", "imbalanced", "logistic", ("random", "np"), NINE),
]


def test_what_is_missing_has_the_command_that_makes_it():
    lacking = missing_of(WANTED, [experiment(random=acquired("random"))])
    assert [each.command for each in lacking] == [
        "npal acquire --data waveform --setting balanced --classifier logistic --strategy uncsamp --strategy np",
        "npal acquire --data waveform --setting imbalanced --classifier logistic --compare",
    ]


def test_a_strategy_with_too_few_runs_is_missing():
    few = experiment(random=acquired("random"), uncsamp=acquired("u"), np=acquired("np", runs=NINE[:3]))
    assert list(missing_of(WANTED[:1], [few])[0].strategies) == ["np"]


def test_a_command_can_be_pasted_whatever_the_name():
    planned = Planned("my data; rm -rf x", "balanced", "svm", ("random",), NINE)
    assert "--data 'my data; rm -rf x' --setting" in missing_of([planned], [])[0].command


def test_a_whole_study_lacks_nothing():
    results = [experiment(one.setting, **{name: acquired(name) for name in one.strategies}) for one in WANTED]
    assert missing_of(WANTED, results) == []
