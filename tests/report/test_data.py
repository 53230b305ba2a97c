"""Tables 2 and 3."""

from npal_cli.report.data import data_table
from tests.report.conftest import acquired, experiment


def test_pool_sizes_stand_beside_the_reported_ones_in_their_table(images):
    few = [experiment(s, data="waveform_uci", random=acquired("random")) for s in ("balanced", "imbalanced_weighted")]
    rows = {(row["table"], row["data"]): row for row in data_table([*few, images]).to_dict("records")}
    assert len(rows) == 8 + 1
    uci = rows["3", "waveform_uci"]
    assert (uci["pool_balanced"], uci["pool_imbalanced"]) == ("2,894", "1,411")
    assert (uci["pool_balanced_reported"], uci["pool_imbalanced_reported"]) == ("2,894", "1,411")
    assert (uci["features"], uci["classes"]) == ("4", "2")
    fashion = rows["2", "fashion_mnist"]
    assert (fashion["pool_balanced"], fashion["pool_balanced_reported"]) == ("59,000", "59,000")
    assert rows["2", "cifar10"]["pool_balanced"] == rows["3", "adult"]["features"] == ""


def test_data_of_ones_own_have_no_reported_sizes():
    mine = data_table([experiment(data="mine", random=acquired("random"))]).to_dict("records")[-1]
    assert (mine["data"], mine["pool_balanced"], mine["pool_balanced_reported"]) == ("mine", "300", "")
