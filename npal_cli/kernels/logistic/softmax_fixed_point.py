"""Refits of a multinomial logistic regression as fixed points near one base optimum: (4) with vectors for scalars.

As :mod:`npal_cli.kernels.logistic.fixed_point`: the refit with one more point moves the weights by
``r + H^-1 (tau x x_c)``, where ``r = H^-1 sum_i q_i(t_i) x x_i`` and tau, by class, is the candidate's weighted
residual. The softmax's curvature changes by at most exp(range of t_i over classes), where that of two classes changes
by exp(|t_i|).
"""

import math

import numpy as np

from npal_cli.kernels import SMOOTH, arithmetic_kernel, kernel
from npal_cli.kernels.linalg.exponential import exponential
from npal_cli.kernels.linalg.systems import solve_linear
from npal_cli.kernels.logistic.fixed_point import CLEAR, ROUNDING, distances
from npal_cli.kernels.logistic.softmax_columns import Columns, SoftmaxBase, make_columns, next_columns

STEPS = 8
"""What is not there by then is found sooner by Newton's method."""


@kernel
def refit_softmax_block(
    base: SoftmaxBase,
    truths: np.ndarray,
    candidates: np.ndarray,
    extra: np.ndarray,
    outside: np.ndarray,
    labels: np.ndarray,
    weights: np.ndarray,
    confusion: np.ndarray,
    done: np.ndarray,
    values: np.ndarray,
) -> None:
    """Confusion counts (candidate, class, class) after each refit, where ``done``; and logits, if asked for.

    Of ``candidates`` (candidate, p), of which ``extra`` (candidate,) lies outside the span of the points;
    ``outside`` (e, candidate) and ``values`` (candidate, e, class) as in the two-class scheme.
    """
    k, p = base.optimum.shape
    with_values = len(values) > 0
    longest = base.lengths.max()
    state = make_columns(base, candidates, extra)
    for j in range(len(state.ids)):
        solve_taus(base, state, state.r, j, labels[state.ids[j]], weights[state.ids[j]])
    for iteration in range(STEPS):
        m = len(state.ids)
        shifts = times_points(base.points, moved_to(state, state.r), k)
        remainder, ranges = softmax_remainders(shifts, base.probabilities, base.weights)
        pull = np.empty((k * p, m))
        for a in range(k):
            pull[a * p : (a + 1) * p] = np.dot(base.points.T, remainder[a])
        mapped = np.dot(base.inverse, pull)
        squares = ((mapped - state.r) * (pull - state.pull)).sum(axis=0)
        bounds = np.empty(m)
        taken = state.r.copy()
        for j in range(m):
            after, before = distances(math.sqrt(max(squares[j], 0.0)), ranges[j], base.reach)
            if after <= before:
                taken[:, j] = mapped[:, j]
            error = solve_taus(base, state, taken, j, labels[state.ids[j]], weights[state.ids[j]])
            bounds[j] = min(after, before) + error
        optimum = moved_to(state, taken)
        for a in range(k):
            for i in range(p):
                optimum[a * p + i] += base.optimum[a, i]
        decisions = times_points(base.evaluation, optimum, k)
        for i in range(len(outside)):
            for j in range(m):
                for a in range(k):
                    decisions[a, i, j] += state.tau[a, j] * outside[i, state.ids[j]]
        keep = np.ones(m, np.bool_)
        for j in range(m):
            clear = judge_classes(decisions, base.lengths, truths, bounds[j], j, confusion[state.ids[j]])
            if bounds[j] * longest < SMOOTH if with_values else clear:
                done[state.ids[j]] = True
                keep[j] = False
                if with_values:
                    values[state.ids[j]] = decisions[:, :, j].T
        if not keep.any():
            break
        state = next_columns(iteration, state, mapped, pull, np.flatnonzero(keep))
        for j in range(len(state.ids)):
            solve_taus(base, state, state.r, j, labels[state.ids[j]], weights[state.ids[j]])


@kernel
def times_points(points: np.ndarray, parameters: np.ndarray, classes: int) -> np.ndarray:
    """Logits (class, point, candidate) of parameters (class x p, candidate)."""
    p = points.shape[1]
    result = np.empty((classes, len(points), parameters.shape[1]))
    for a in range(classes):
        np.dot(points, parameters[a * p : (a + 1) * p], result[a])
    return result


@arithmetic_kernel
def moved_to(state: Columns, r: np.ndarray) -> np.ndarray:
    """How all parameters have moved: r and what tau adds, (class x p, candidate)."""
    result = r.copy()
    for a in range(len(state.tau)):
        for i in range(len(result)):
            for j in range(result.shape[1]):
                result[i, j] += state.tau[a, j] * state.columns[a, i, j]
    return result


@kernel
def solve_taus(base: SoftmaxBase, state: Columns, r: np.ndarray, j: int, label: int, weight: float) -> float:
    """The root of ``tau = weight (e_label - softmax(logits + own tau))`` for candidate j, into ``state.tau``.

    Newton's method, damped by halving while the error grows. Returns what error is left, in the Hessian's norm.
    """
    k, p = base.optimum.shape
    offset = np.zeros(k)
    for a in range(k):
        for i in range(p):
            offset[a] += (base.optimum[a, i] + r[a * p + i, j]) * state.points[i, j]
    own = np.ascontiguousarray(state.own[:, :, j])
    tau = state.tau[:, j].copy()
    step = np.zeros(k)
    last = np.inf
    excess = np.zeros(k)
    system = np.empty((k, k))
    for _ in range(100):
        size = 1.0
        while True:
            trial = tau - size * step
            logits = offset + np.dot(own, trial)
            probabilities = np.exp(logits - logits.max())
            probabilities /= probabilities.sum()
            excess = trial + weight * probabilities
            excess[label] -= weight
            worst = np.abs(excess).max()
            if worst < last or size < 1e-6:
                break
            size *= 0.5
        tau = trial
        last = worst
        if worst <= 1e-15 * weight:
            break
        for a in range(k):
            mean = 0.0
            for b in range(k):
                system[a, b] = probabilities[a] * own[a, b]
            for b in range(k):
                mean = 0.0
                for c in range(k):
                    mean += probabilities[c] * own[c, b]
                system[a, b] = weight * (system[a, b] - probabilities[a] * mean) + (1.0 if a == b else 0.0)
        step = excess.copy()
        if not solve_linear(system, step, k) or np.abs(step).max() <= 1e-16 * weight:
            break
    state.tau[:, j] = tau
    return math.sqrt(max(np.dot(excess, np.dot(own, excess)), 0.0))


@kernel
def softmax_remainders(
    shifts: np.ndarray, probabilities: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """``-s (softmax(a + t) - softmax(a) - J t)`` (class, point, candidate), and the largest range of t by column."""
    k, n, m = shifts.shape
    raised = np.empty((k, n, m))
    exponential(shifts.reshape(k * n * m), raised.reshape(k * n * m))
    largest = np.zeros(m)
    for i in range(n):
        remainder_of_point(shifts[:, i], raised[:, i], probabilities[:, i], weights[i], largest)
    return raised, largest


@arithmetic_kernel
def remainder_of_point(
    shifts: np.ndarray, raised: np.ndarray, probabilities: np.ndarray, weight: float, largest: np.ndarray
) -> None:
    """One point's remainders (class, candidate), in place of ``raised``."""
    k, m = shifts.shape
    total = np.zeros(m)
    mean = np.zeros(m)
    low = shifts[0].copy()
    high = shifts[0].copy()
    for a in range(k):
        for j in range(m):
            t = shifts[a, j]
            total[j] += probabilities[a] * raised[a, j]
            mean[j] += probabilities[a] * t
            low[j] = t if t < low[j] else low[j]
            high[j] = t if t > high[j] else high[j]
    for a in range(k):
        for j in range(m):
            moved = probabilities[a] * raised[a, j] / total[j]
            raised[a, j] = -weight * (moved - probabilities[a] - probabilities[a] * (shifts[a, j] - mean[j]))
    for j in range(m):
        spread = high[j] - low[j]
        largest[j] = spread if spread > largest[j] else largest[j]


@kernel
def judge_classes(
    decisions: np.ndarray, lengths: np.ndarray, truths: np.ndarray, bound: float, j: int, counts: np.ndarray
) -> bool:
    """Write candidate j's confusion counts; whether each point's two largest logits are clear of each other."""
    counts[:] = 0
    clear = True
    for i in range(len(lengths)):
        best = 0
        for a in range(1, len(decisions)):
            if decisions[a, i, j] > decisions[best, i, j]:
                best = a
        gap = np.inf
        for a in range(len(decisions)):
            if a != best:
                gap = min(gap, decisions[best, i, j] - decisions[a, i, j])
        error = (bound + ROUNDING * abs(decisions[best, i, j])) * lengths[i]
        clear = clear and (gap > error + CLEAR or error < CLEAR)
        counts[truths[i], best] += 1
    return clear
