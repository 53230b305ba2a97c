"""Refits of a two-class logistic regression as fixed points near one base optimum: equations (3) to (7).

Equations and proofs are in ``docs/concepts/refits.md``. With the Cholesky factor L of the base's Hessian, points
become ``x' = L^-1 x``, and the refit with one more point (x_c, y_c) is

    z = r + tau x_c',   r = sum_i q_i(x_i'.z) x_i',   tau = s_c (y_c - sigma(a_c + x_c'.z)),           (4)

where z is the change of L^T w, a the base's decision value, and ``q_i(t) = -s_i (sigma(a_i + t) - sigma(a_i) -
sigma'(a_i) t)`` what the base's quadratic model leaves out. Steps from r to the next r are accelerated by a secant
(Anderson, 1965, with one step of memory). A candidate is done once the bound of what is left separates every decision
value from zero.
"""

import math
from typing import NamedTuple

import numpy as np

from npal_cli.kernels import SMOOTH, arithmetic_kernel, kernel
from npal_cli.kernels.linalg.columns import add_scaled, along, column_distances, column_products, columns_of
from npal_cli.kernels.logistic.newton import sigmoid

STEPS = 16
CLEAR = 1e-9
"""Decision values closer to zero than this are taken as they are."""
ROUNDING = 1e-14
"""Relative error of a decision value by rounding, generously."""
SLACK = 1.2
LARGEST_SHIFT = 4.0
"""Up to which :func:`remainders` are exact to 1e-11."""


class Base(NamedTuple):
    """The base problem at its optimum, in whitened coordinates (p of them)."""

    whiten: np.ndarray
    """(p, r): takes a point in the basis to whitened coordinates, with ..."""
    whiten_one: np.ndarray
    """(p,) ... what its 1 adds."""
    points: np.ndarray
    """(n, p)"""
    optimum: np.ndarray
    """(p,) L^T w of the base."""
    curvatures: np.ndarray
    """(n,) s sigma'(a)"""
    tilts: np.ndarray
    """(n,) tanh(a / 2)"""
    reach: float
    """The longest whitened point."""
    evaluation: np.ndarray
    """(e, p)"""
    lengths: np.ndarray
    """(e,) of the evaluation points, with the part outside the span of the points."""
    longest: float
    """The largest of them."""


@kernel
def refit_block(
    base: Base,
    truths: np.ndarray,
    candidates: np.ndarray,
    outside: np.ndarray,
    lengths: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    positives: np.ndarray,
    done: np.ndarray,
    values: np.ndarray,
    space: np.ndarray,
) -> None:
    """Positive predictions by true class after each refit: into ``positives`` (candidate, class), where ``done``.

    And the decision values into ``values`` (candidate, e), if it is not empty, to within :data:`SMOOTH`.

    ``candidates`` (p, candidate) are whitened and ``lengths`` their squared lengths; ``outside`` (e, candidate) are
    the inner products of evaluation points and candidates outside the span of the points, or empty. The arrays by
    candidate are overwritten. ``space`` has room for ``(3 p + 2 n + e) candidate`` numbers: asking for it anew would
    make threads wait for each other.
    """
    p, m = candidates.shape
    n, e = len(base.points), len(base.evaluation)
    with_values = len(values) > 0
    ids = np.arange(m)
    offsets = np.dot(base.optimum, candidates)
    tau = np.empty(m)
    for j in range(m):
        tau[j] = solve_tau(0.0, offsets[j], lengths[j], targets[j], weights[j])
    r = np.zeros((p, m))
    last = np.zeros((p, m))
    last_step = np.zeros((p, m))
    for iteration in range(STEPS):
        wide = space[: 3 * p * m].reshape(3, p, m)
        z, mapped, optimum = wide[0], wide[1], wide[2]
        tall = space[3 * p * m : (3 * p + 2 * n) * m].reshape(2, n, m)
        shifts, remainder = tall[0], tall[1]
        decisions = space[(3 * p + 2 * n) * m : (3 * p + 2 * n + e) * m].reshape(e, m)
        largest, bounds, clear = np.empty(m), np.empty(m), np.empty(m)
        sizes, here, there, ahead = np.empty(m), np.empty(m), np.empty(m), np.empty(m)
        positive = np.empty((positives.shape[1], m))
        along(r, tau, candidates, z)
        np.dot(base.points, z, shifts)
        remainders(shifts, base.curvatures, base.tilts, remainder, largest)
        np.dot(base.points.T, remainder, mapped)
        column_distances(mapped, r, sizes)
        column_products(r, candidates, here)
        column_products(mapped, candidates, there)
        for j in range(m):
            after, before = distances(sizes[j], largest[j], base.reach)
            ahead[j] = 1.0 if after <= before else 0.0
            offset = offsets[j] + (there[j] if after <= before else here[j])
            if after <= before:
                tau[j] = solve_tau(tau[j], offset, lengths[j], targets[j], weights[j])
            excess = tau[j] - weights[j] * (targets[j] - sigmoid(offset + lengths[j] * tau[j]))
            bounds[j] = min(after, before) + abs(excess) * math.sqrt(lengths[j])
        place_optimum(base.optimum, mapped, r, ahead, tau, candidates, optimum)
        column_products(optimum, optimum, sizes)
        bounds += ROUNDING * np.sqrt(sizes)
        np.dot(base.evaluation, optimum, decisions)
        add_scaled(decisions, tau, outside)
        judge(decisions, base.lengths, truths, bounds, clear, positive)
        kept, left = 0, np.empty(m, np.int64)
        for j in range(m):
            error = bounds[j] * base.longest
            if error < CLEAR or (error < SMOOTH if with_values else clear[j] == e):
                positives[ids[j]] = positive[:, j]
                done[ids[j]] = True
                if with_values:
                    values[ids[j]] = decisions[:, j]
            else:
                accelerate(iteration, r, mapped, last, last_step, candidates, j, kept)
                ids[kept], tau[kept], offsets[kept] = ids[j], tau[j], offsets[j]
                lengths[kept], targets[kept], weights[kept] = lengths[j], targets[j], weights[j]
                left[kept] = j
                kept += 1
        if kept == 0:
            break
        m = kept
        tau = tau[:m]
        r, last, last_step, candidates = narrow(r, m), narrow(last, m), narrow(last_step, m), narrow(candidates, m)
        outside = columns_of(outside, left[:kept])
        here = np.empty(m)
        column_products(r, candidates, here)
        for j in range(m):
            tau[j] = solve_tau(tau[j], offsets[j] + here[j], lengths[j], targets[j], weights[j])


@kernel
def solve_tau(tau: float, offset: float, length: float, target: float, weight: float) -> float:
    """The root of ``tau - weight (target - sigma(offset + length tau))``, from a guess: the last equation of (4).

    Newton's method, or halving where that leaves the bracket or is slow: with long candidates sigma is flat on both
    sides of the root, and Newton's steps go to and fro.
    """
    low = weight * (target - 1.0)
    high = weight * target
    tau = min(max(tau, low), high)
    last = high - low
    for _ in range(100):
        s = sigmoid(offset + length * tau)
        excess = tau - weight * (target - s)
        if abs(excess) <= 1e-15 * weight:
            break
        if excess > 0:
            high = tau
        else:
            low = tau
        step = -excess / (1.0 + weight * length * s * (1.0 - s))
        if not low <= tau + step <= high or abs(step) > 0.5 * last:
            step = 0.5 * (low + high) - tau
        last = abs(step)
        if tau + step == tau:
            break
        tau += step
    return tau


@arithmetic_kernel
def place_optimum(
    base: np.ndarray,
    mapped: np.ndarray,
    r: np.ndarray,
    ahead: np.ndarray,
    tau: np.ndarray,
    candidates: np.ndarray,
    out: np.ndarray,
) -> None:
    """``base + tau candidate`` plus ``mapped`` where ``ahead`` is 1, and ``r`` where it is 0."""
    for k in range(len(r)):
        for j in range(r.shape[1]):
            out[k, j] = base[k] + tau[j] * candidates[k, j] + (mapped[k, j] if ahead[j] > 0.0 else r[k, j])


@arithmetic_kernel
def remainders(
    shifts: np.ndarray, curvatures: np.ndarray, tilts: np.ndarray, out: np.ndarray, largest: np.ndarray
) -> None:
    """``q(t) = curvature (t - 2 h / (1 + tilt h))`` with ``h = tanh(t / 2)``, and max |t| by column.

    tanh by its continued fraction, which is exact to rounding for |t| < 3.
    """
    largest[:] = 0.0
    for i in range(len(shifts)):
        curvature, tilt, row, to = curvatures[i], tilts[i], shifts[i], out[i]
        for j in range(len(row)):
            t = row[j]
            x = 0.5 * t
            y = x * x
            above = x * (34459425.0 + y * (4729725.0 + y * (135135.0 + y * (990.0 + y))))
            below = 34459425.0 + y * (16216200.0 + y * (945945.0 + y * (13860.0 + y * 45.0)))
            to[j] = curvature * (t - 2.0 * above / (below + tilt * above))
        for j in range(len(row)):
            size = abs(row[j])
            largest[j] = size if size > largest[j] else largest[j]


@kernel
def distances(step: float, largest: float, reach: float) -> tuple[float, float]:
    """Bounds of the solution's distance from r after a step (6), and from r before it (7); infinite where not known.

    Where the slope is below 1/2, the rest is at most slope / (1 - slope) of the step (Banach). Else strong convexity
    bounds the distance, if that ball stays where the curvature bound ``exp(-max |t|)`` holds.
    """
    slope = math.expm1(largest + 2.0 * reach * step)
    after = slope / (1.0 - slope) * step if slope < 0.5 else np.inf
    before = SLACK * step * math.exp(min(largest, 50.0))
    known = math.exp(reach * before) <= SLACK and largest + reach * before < LARGEST_SHIFT
    return after, before if known else np.inf


@arithmetic_kernel
def judge(
    decisions: np.ndarray,
    lengths: np.ndarray,
    truths: np.ndarray,
    bounds: np.ndarray,
    clear: np.ndarray,
    positives: np.ndarray,
) -> None:
    """By column: how many decision values are clear of zero, and how many of each true class are positive."""
    clear[:] = 0.0
    positives[:] = 0.0
    for i in range(len(decisions)):
        row, to, length = decisions[i], positives[truths[i]], lengths[i]
        for j in range(len(row)):
            to[j] += 1.0 if row[j] > 0.0 else 0.0
            clear[j] += 1.0 if abs(row[j]) > length * bounds[j] + CLEAR else 0.0


@kernel
def accelerate(
    iteration: int,
    r: np.ndarray,
    mapped: np.ndarray,
    last: np.ndarray,
    last_step: np.ndarray,
    candidates: np.ndarray,
    j: int,
    to: int,
) -> None:
    """Write column j's next r, and what the step after needs, to column ``to`` <= j."""
    share = 0.0
    if iteration > 0:
        above = 0.0
        below = 0.0
        for k in range(len(r)):
            step = mapped[k, j] - r[k, j]
            change = step - last_step[k, j]
            above += step * change
            below += change * change
        share = max(min(above / below, 1.0), -1.0) if below > 0.0 else 0.0
    for k in range(len(r)):
        step = mapped[k, j] - r[k, j]
        r[k, to] = mapped[k, j] - share * (mapped[k, j] - last[k, j])
        last[k, to] = mapped[k, j]
        last_step[k, to] = step
        candidates[k, to] = candidates[k, j]


@kernel
def narrow(columns: np.ndarray, m: int) -> np.ndarray:
    """The first m columns."""
    return np.ascontiguousarray(columns[:, :m])
