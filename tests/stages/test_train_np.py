"""The stage that trains networks."""

from threadpoolctl import threadpool_info, threadpool_limits

from npal_cli.strategies.learner import Learner


def test_fits_beside_the_training_have_one_thread_whatever_the_machine(npal, monkeypatch):
    """Sums of many threads are rounded otherwise: the loop's networks are to be the stage's, byte by byte."""
    threads = []
    train = Learner.train

    def spy(*arguments):
        threads.extend(library["num_threads"] for library in threadpool_info())
        return train(*arguments)

    monkeypatch.setattr(Learner, "train", spy)
    with threadpool_limits(limits=2):
        npal("train-np", "--seed", 1)
    assert set(threads) == {1}
