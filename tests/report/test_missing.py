"""What a study lacks."""

from npal_cli.report.missing import Wanted, missing_of
from tests.report.conftest import acquired, experiment

WANTED = [
    Wanted("waveform", "balanced", "logistic", ("random", "uncsamp", "np")),
    Wanted("waveform", "imbalanced", "logistic", ("random", "np")),
]


def test_what_is_missing_has_the_command_that_makes_it():
    lacking = missing_of(WANTED, [experiment(random=acquired("random"))])
    assert [each.command for each in lacking] == [
        "npal acquire --data waveform --setting balanced --classifier logistic --strategy uncsamp --strategy np",
        "npal acquire --data waveform --setting imbalanced --classifier logistic",
    ]


def test_a_whole_study_lacks_nothing():
    results = [experiment(one.setting, **{name: acquired(name) for name in one.strategies}) for one in WANTED]
    assert missing_of(WANTED, results) == []
