"""Many almost identical classifier fits at once: one training set, and each candidate point added to it in turn.

Three implementations of one thing: ``numba`` (compiled kernels, the default), ``sequential`` (scikit-learn, one fit at
a time: the truth) and ``torch`` (batched dense solves, on a GPU if there is one).
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from npal_cli.classifiers import Classifier
from npal_cli.engine import Engine
from npal_cli.refit import sequential
from npal_cli.refit.base import Confusions, RefitProblem, joined

__all__ = ["Confusions", "RefitProblem", "refit"]

RefitOne = Callable[[RefitProblem, Classifier], Confusions]


def refit(problems: Sequence[RefitProblem], classifier: Classifier, engine: Engine) -> list[Confusions]:
    """Fit ``classifier`` to each problem's training set, then anew with each of its candidates added.

    Candidates are worked on in pieces of bounded size, so memory does not grow with the pool.

    Raises:
        ValueError: if a training set holds one class only.
    """
    engine.tally["refits"] += sum(len(problem.candidate_labels) for problem in problems)
    function, size, threads = _implementation(engine)
    pieces = [list(_pieces(problem, size)) for problem in problems]
    work = [(bundle, function, classifier) for bundle in _bundles([p for part in pieces for p in part], size)]
    done = engine.map(_refit_bundle, work, label="refits", unit="bundle", threads=threads)
    results = (result for bundle in list(done) for result in bundle)
    return [joined([next(results) for _ in part]) for part in pieces]


def _implementation(engine: Engine) -> tuple[RefitOne, int, bool]:
    """The function for one problem, how many candidates it takes at once, and whether threads can share its work."""
    match engine.refits:
        case "numba":
            from npal_cli.refit import compiled  # noqa: PLC0415  # numba is slow to import

            compiled.announce()
            return compiled.refit_compiled, compiled.PIECE, True
        case "torch":
            from npal_cli.refit import batched  # noqa: PLC0415  # torch is slow to import

            return partial(batched.refit_batched, device=engine.torch_device()), batched.PIECE, True
        case "sequential":
            return sequential.refit_sequential, sequential.PIECE, False


def _pieces(problem: RefitProblem, size: int) -> Iterator[RefitProblem]:
    """The problem with up to ``size`` of its candidates at a time; one piece without any if it has none."""
    for start in range(0, max(len(problem.candidate_labels), 1), size):
        yield problem.of_candidates(slice(start, start + size))


def _bundles(pieces: Sequence[RefitProblem], size: int) -> Iterator[list[RefitProblem]]:
    """Consecutive pieces together, of up to ``size`` candidates where there is more than one."""
    bundle: list[RefitProblem] = []
    total = 0
    for piece in pieces:
        if bundle and total + len(piece.candidate_labels) > size:
            yield bundle
            bundle, total = [], 0
        bundle.append(piece)
        total += len(piece.candidate_labels)
    if bundle:
        yield bundle


def _refit_bundle(work: tuple[list[RefitProblem], RefitOne, Classifier]) -> list[Confusions]:
    bundle, function, classifier = work
    return [function(problem, classifier) for problem in bundle]
