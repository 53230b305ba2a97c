"""Named streams."""

from npal_cli.randomness import Run, stream


def test_a_stream_is_the_same_in_every_version():
    assert stream("split", 1, 2).integers(1_000_000, size=3).tolist() == [199067, 522007, 474364]


def test_streams_differ_by_purpose_and_by_each_part_of_their_key():
    names = [("a", 1, 2), ("a", 1, 3), ("a", 2, 2), ("b", 1, 2), ("a", 12), ("a", 1)]
    first = {stream(*name).integers(2**63) for name in names}
    assert len(first) == len(names)


def test_drawing_from_one_stream_leaves_the_others_alone():
    expected = stream("b").uniform()
    stream("a").uniform(size=1000)
    assert stream("b").uniform() == expected


def test_a_run_is_named_by_its_seeds():
    assert str(Run(data_seed=3, seed=1)) == "3-1"
