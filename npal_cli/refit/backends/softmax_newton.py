"""Refits of a logistic regression of many classes: Newton's method for all candidates at once, nothing compiled.

A Hessian of K classes and p weights each is a matrix of (K p)^2 numbers, which no refit has time to factor. Its product
with a vector takes n K p, so steps are solved for by conjugate gradients, preconditioned by the Hessian of the fit
without a candidate, from which one point more does not lead far. All is products of matrices over blocks of candidates.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.linalg import cho_factor, cho_solve, qr

NUMBERS = 2**17
"""Of the arrays of a block (class, candidate, point), so that they stay in a core's cache."""
CONVERGED = 1e-8
"""Newton decrement of the last step: what is left after it is a thousandth of that, or its square."""
STEPS, INNER = 60, 40
"""Newton's steps at most, and those of conjugate gradients in each."""
STRAGGLERS = 0.2
"""Share of candidates for whose steps alone no more work is done: they have the next."""

Logits = Float[np.ndarray, "class candidate evaluation"]


class Found(NamedTuple):
    """What a block of candidates leads to."""

    block: slice
    logits: Logits
    trusted: Bool[np.ndarray, " candidate"]


@dataclass(frozen=True)
class Base:
    """The fit without a candidate, and what all others are solved from."""

    points: Float[np.ndarray, "point weight"]
    """In an orthonormal basis of what they span, with a 1 at their end."""
    weights: Float[np.ndarray, " point"]
    targets: Float[np.ndarray, "class point"]
    """1 for the class of each."""
    penalty: Float[np.ndarray, " weight"]
    """The ridge, and 0 of the ones."""
    ridge: float
    basis: Float[np.ndarray, "feature _"] | None
    """None if the points span everything."""
    optimum: Float[np.ndarray, "class weight"]
    inverse: Float[np.ndarray, "number number"]
    """Of the Hessian."""
    trusted: bool

    def evaluate(self, evaluation: Float[np.ndarray, "evaluation feature"]) -> Float[np.ndarray, "class evaluation"]:
        """Its logits of evaluation points."""
        return self.optimum @ self.inside(evaluation).T

    def inside(self, points: Float[np.ndarray, "other feature"]) -> Float[np.ndarray, "other weight"]:
        """Points in the basis, with a 1 at their end."""
        return _with_one(points if self.basis is None else points @ self.basis)


def fit_base(
    features: Float[np.ndarray, "point feature"],
    labels: Int[np.ndarray, " point"],
    weights: Float[np.ndarray, " point"],
    classes: int,
    ridge: float,
) -> Base:
    """Minimise the weighted cross entropy and ``ridge |w|^2 / 2`` by Newton's method; there are points of all classes.

    Raises:
        numpy.linalg.LinAlgError: if rounding makes a Hessian indefinite.
    """
    basis = qr(features.T, mode="economic")[0] if len(features) + 2 < features.shape[1] else None
    points = _with_one(features if basis is None else features @ basis)
    n, p = points.shape
    targets = np.zeros((classes, n))
    targets[labels, np.arange(n)] = 1.0
    penalty = np.append(np.full(p - 1, ridge), 0.0)
    optimum, step, last, decrement = np.zeros((classes, p)), np.zeros((classes, p)), np.inf, np.inf
    for _ in range(100):
        size = 1.0
        while True:  # shorter steps until the loss is smaller
            trial = optimum - size * step
            logits = trial @ points.T
            largest = logits.max(axis=0)
            normaliser = largest + np.log(np.exp(logits - largest).sum(axis=0))
            loss = 0.5 * (penalty * trial**2).sum() + weights @ (normaliser - (targets * logits).sum(axis=0))
            if loss <= last + 1e-13 * abs(last) or size < 1e-8:
                break
            size *= 0.5
        optimum, last = trial, loss
        probabilities = np.exp(logits - normaliser)
        gradient = ((probabilities - targets) * weights) @ points + penalty * optimum
        factor = cho_factor(_hessian(points, weights, probabilities, penalty, ridge), lower=True)
        step = cho_solve(factor, gradient.ravel()).reshape(classes, p)
        decrement = math.sqrt(max((step * gradient).sum(), 0.0))
        if decrement < 1e-12:
            break
    return Base(points, weights, targets, penalty, ridge, basis, optimum, _inverse(factor), decrement < CONVERGED)


def with_new_class(base: Base) -> Base:
    """The same with one class more, which no point is of yet: no optimum, but what fits with one are solved from.

    It is as likely, on average, as one point among all would be.

    Raises:
        numpy.linalg.LinAlgError: if rounding makes the Hessian indefinite.
    """
    (k, p), n = base.optimum.shape, len(base.points)
    optimum = np.zeros((k + 1, p))
    optimum[:k] = base.optimum
    logits = base.optimum @ base.points.T
    largest = logits.max(axis=0)
    optimum[k, -1] = np.mean(largest + np.log(np.exp(logits - largest).sum(axis=0))) - math.log(n)
    probabilities = _softmax(optimum @ base.points.T)
    hessian = _hessian(base.points, base.weights, probabilities, base.penalty, base.ridge)
    targets = np.vstack([base.targets, np.zeros(n)])
    return replace(base, targets=targets, optimum=optimum, inverse=_inverse(cho_factor(hessian, lower=True)))


def refit(
    base: Base,
    candidates: Float[np.ndarray, "candidate feature"],
    labels: Int[np.ndarray, " candidate"],
    weights: Float[np.ndarray, " candidate"],
    evaluation: Float[np.ndarray, "evaluation feature"],
) -> Iterator[Found]:
    """The logits of evaluation points by the fits with each candidate, a block of candidates at a time."""
    seen = base.inside(evaluation)
    size = int(np.clip(NUMBERS // base.targets.size, 8, 256))
    for start in range(0, len(candidates), size):
        block = slice(start, min(start + size, len(candidates)))
        inside = base.inside(candidates[block])
        directions = None
        if base.basis is not None:  # one weight more for each: of the direction in which it leaves the basis
            left = candidates[block] - inside[:, :-1] @ base.basis.T
            lengths = np.linalg.norm(left, axis=1)
            directions = left / np.maximum(lengths, np.finfo(float).tiny)[:, None]
            inside = np.column_stack([inside, lengths])
        change, trusted = _solve(base, inside, labels[block], weights[block])
        k, c, p = *change.shape[:2], seen.shape[1]
        logits = ((base.optimum[:, None] + change[..., :p]).reshape(k * c, p) @ seen.T).reshape(k, c, len(seen))
        if directions is not None:
            logits += change[..., p:] * (directions @ evaluation.T)
        yield Found(block, logits, trusted)


def _solve(
    base: Base, x: Float[np.ndarray, "candidate wide"], labels: np.ndarray, weights: np.ndarray
) -> tuple[Float[np.ndarray, "class candidate wide"], Bool[np.ndarray, " candidate"]]:
    """How the weights change with each candidate, and for which Newton's method converged."""
    k, p = base.optimum.shape
    c, wide = x.shape
    change, trusted = np.zeros((k, c, wide)), np.zeros(c, dtype=bool)
    penalty = np.append(base.penalty, np.full(wide - p, base.ridge))
    optimum = np.zeros((k, 1, wide))
    optimum[:, 0, :p] = base.optimum
    target = (np.arange(k)[:, None] == labels).astype(float)
    left = np.arange(c)
    for _ in range(STEPS):
        at, here, weight = optimum + change[:, left], x[left], weights[left]
        probabilities = _softmax(_of_points(base, at))
        own = _softmax(np.einsum("kcp,cp->kc", at, here))
        gradient = _to_weights(base, (probabilities - base.targets[:, None]) * base.weights, wide)
        gradient += penalty * at + ((own - target[:, left]) * weight)[..., None] * here
        hessian = _Hessian(base, probabilities, own, here, weight, penalty)
        step, decrement = _conjugate_gradients(hessian, gradient)
        change[:, left] -= np.where(decrement > 1.0, 1.0 / (1.0 + decrement), 1.0)[:, None] * step
        converged = decrement < CONVERGED
        trusted[left[converged]] = True
        left = left[~converged]
        if not len(left):
            break
    return change, trusted


@dataclass(frozen=True)
class _Hessian:
    """The Hessians of some candidates' fits, as what they do to a vector for each: (class, candidate, weight)."""

    base: Base
    probabilities: Float[np.ndarray, "class candidate point"]
    own: Float[np.ndarray, "class candidate"]
    """Probabilities of the candidates themselves."""
    x: Float[np.ndarray, "candidate wide"]
    weights: Float[np.ndarray, " candidate"]
    penalty: Float[np.ndarray, " wide"]

    def times(self, vectors: np.ndarray) -> np.ndarray:
        """Their products with vectors; the direction that changes no probability gets the ridge, too."""
        base, ones = self.base, self.base.points.shape[1] - 1
        logits = _of_points(base, vectors)
        logits -= (self.probabilities * logits).sum(axis=0)
        logits *= self.probabilities
        logits *= base.weights
        result = _to_weights(base, logits, vectors.shape[2])
        result += self.penalty * vectors
        result[..., ones] += base.ridge * vectors[..., ones].sum(axis=0)
        own = np.einsum("kcp,cp->kc", vectors, self.x)
        own = self.weights * self.own * (own - (self.own * own).sum(axis=0))
        result += own[..., None] * self.x
        return result

    def precondition(self, vectors: np.ndarray) -> np.ndarray:
        """The base's inverse times vectors."""
        k, c = vectors.shape[:2]
        p = self.base.points.shape[1]
        flat = vectors[..., :p].transpose(1, 0, 2).reshape(c, k * p)
        result = np.empty(vectors.shape)
        result[..., :p] = (flat @ self.base.inverse).reshape(c, k, p).transpose(1, 0, 2)
        result[..., p:] = vectors[..., p:] / self.base.ridge
        return result


def _conjugate_gradients(hessian: _Hessian, gradient: np.ndarray) -> tuple[np.ndarray, Float[np.ndarray, " candidate"]]:
    """Newton's step for each candidate, the more exact the nearer its optimum is, and the decrement that it shows."""
    tiny = np.finfo(float).tiny
    left = gradient.copy()
    direction = hessian.precondition(left)
    length = _products(left, direction)
    begin = np.maximum(length, tiny)
    enough = np.clip(np.sqrt(begin), 1e-3, 0.1) ** 2 * begin
    step, live = np.zeros(gradient.shape), length > enough
    for _ in range(INNER):
        if live.sum() <= STRAGGLERS * len(live):
            break
        product = hessian.times(direction)
        size = np.where(live, length / np.maximum(_products(direction, product), tiny), 0.0)[:, None]
        step += size * direction
        left -= size * product
        solved = hessian.precondition(left)
        shorter = _products(left, solved)
        live &= shorter > enough
        direction = solved + (shorter / np.maximum(length, tiny))[:, None] * direction
        length = shorter
    return step, np.sqrt(np.maximum(_products(gradient, step), 0.0))


def _hessian(
    points: np.ndarray, weights: np.ndarray, probabilities: np.ndarray, penalty: np.ndarray, ridge: float
) -> np.ndarray:
    """The Hessian of the base, (class x weight) squared; the direction that changes no probability gets the ridge."""
    (k, n), p = probabilities.shape, points.shape[1]
    scaled = ((np.sqrt(weights) * probabilities).T[:, :, None] * points[:, None, :]).reshape(n, k * p)
    result = -(scaled.T @ scaled)
    for i in range(k):
        own = slice(i * p, (i + 1) * p)
        result[own, own] += (points * (weights * probabilities[i])[:, None]).T @ points
    result[np.diag_indices(k * p)] += np.tile(penalty, k)
    ones = np.arange(k) * p + p - 1
    result[np.ix_(ones, ones)] += ridge
    return result


def _inverse(factor: tuple[np.ndarray, bool]) -> np.ndarray:
    """A symmetric matrix's, by its Cholesky factor."""
    found = cho_solve(factor, np.eye(len(factor[0])))
    return 0.5 * (found + found.T)


def _of_points(base: Base, vectors: np.ndarray) -> np.ndarray:
    """Logits of the base's points: (class, candidate, point)."""
    k, c, _ = vectors.shape
    n, p = base.points.shape
    return (vectors[..., :p].reshape(k * c, p) @ base.points.T).reshape(k, c, n)


def _to_weights(base: Base, of_points: np.ndarray, wide: int) -> np.ndarray:
    """The transpose of :func:`_of_points`."""
    k, c, n = of_points.shape
    result = np.zeros((k, c, wide))
    result[..., : base.points.shape[1]] = (of_points.reshape(k * c, n) @ base.points).reshape(k, c, -1)
    return result


def _products(a: np.ndarray, b: np.ndarray) -> Float[np.ndarray, " candidate"]:
    return np.einsum("kcp,kcp->c", a, b)


def _softmax(logits: np.ndarray) -> np.ndarray:
    """By the first axis; what is given is overwritten."""
    logits -= logits.max(axis=0)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=0)
    return logits


def _with_one(points: np.ndarray) -> np.ndarray:
    return np.column_stack([points, np.ones(len(points))])
