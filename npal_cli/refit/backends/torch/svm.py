"""Batched interior-point solutions of support vector machines, made exact by an active-set step."""

from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from npal_cli.refit.problem import RefitProblem

STEPS = 60
GAP = 1e-13
"""Where the interior-point method stops: mean product of slacks and multipliers."""
CONVERGED = 1e-8
"""The largest violation of the optimality conditions of a fit that is trusted."""


def refit_svm(
    problem: RefitProblem, present: np.ndarray, C: float, device: torch.device
) -> tuple[np.ndarray, np.ndarray]:
    """Decision values (fit, pair, evaluation) of one batch, and which fits can be trusted; first without a candidate.

    Positive where the second class of a pair wins; NaN for pairs of which a class is not present.
    """

    def tensor(values: np.ndarray) -> Tensor:
        return torch.as_tensor(values, dtype=torch.float64, device=device)

    shift = problem.features.mean()
    points, seen = tensor(problem.features - shift), tensor(problem.evaluation_features - shift)
    new = tensor(np.vstack([problem.features[:1], problem.candidate_features]) - shift)
    owners = np.concatenate([[-1], problem.candidate_labels])  # the fit without a candidate: one of no class
    gammas = _gammas(points, new, tensor(owners >= 0))
    near, new_near = torch.cdist(points, points).square(), torch.cdist(new, points).square()
    seen_near, new_seen = torch.cdist(seen, points).square(), torch.cdist(new, seen).square()
    bounds = C * problem.training_weights
    all_pairs = list(combinations(range(len(bounds)), 2))
    decisions = np.full((len(owners), len(all_pairs), len(seen)), np.nan)
    solved = np.ones(len(owners), dtype=bool)
    for labels in combinations(present, 2):
        rows = np.flatnonzero(np.isin(problem.labels, labels))
        every = np.concatenate(
            [np.broadcast_to(problem.labels[rows], (len(owners), len(rows))), owners[:, None]], axis=1
        )
        signs = np.where(every == labels[1], 1.0, -1.0) * np.isin(every, labels)
        limits = np.where(signs == 0.0, 0.0, bounds[np.maximum(every, 0)])
        gram = _joined(near[rows][:, rows], new_near[:, rows], gammas)
        beta, bias, violation = _solve(gram, tensor(signs), tensor(limits))
        values = torch.bmm((-gammas[:, None, None] * seen_near[:, rows]).exp(), beta[:, :-1, None])[:, :, 0]
        values += beta[:, -1:] * (-gammas[:, None] * new_seen).exp() + bias[:, None]
        decisions[:, all_pairs.index(labels)] = values.cpu().numpy()
        solved &= (violation < CONVERGED).cpu().numpy()
    return decisions, solved


def winners(decisions: np.ndarray, n_classes: int) -> np.ndarray:
    """The class (fit, evaluation) with the most votes of its pairs; of equal ones the first, as in libsvm."""
    votes = np.zeros((decisions.shape[0], n_classes, decisions.shape[2]), dtype=np.int64)
    for pair, (first, second) in enumerate(combinations(range(n_classes), 2)):
        votes[:, second] += decisions[:, pair] > 0
        votes[:, first] += decisions[:, pair] <= 0  # neither, where the pair is NaN
    return votes.argmax(axis=1)


def _gammas(points: Tensor, new: Tensor, there: Tensor) -> Tensor:
    size = points.shape[1] * (len(points) + there)
    mean = (points.sum() + there * new.sum(dim=1)) / size
    variance = (points.square().sum() + there * new.square().sum(dim=1)) / size - mean.square()
    return torch.where(variance > 0, 1.0 / (points.shape[1] * variance), 1.0)


def _joined(near: Tensor, new_near: Tensor, gammas: Tensor) -> Tensor:
    """Kernel matrices (b, n + 1, n + 1) of the points and each candidate."""
    b, n = new_near.shape
    distances = torch.zeros((b, n + 1, n + 1), dtype=near.dtype, device=near.device)
    distances[:, :n, :n] = near
    distances[:, n, :n] = new_near
    distances[:, :n, n] = new_near
    gram = (-gammas[:, None, None] * distances).exp()
    gram.diagonal(dim1=1, dim2=2).fill_(1.0)
    return gram


def _solve(gram: Tensor, y: Tensor, bound: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Beta (b, n), bias and the largest violation of the optimality conditions (b,).

    In alpha = y beta: minimise ``alpha.Q alpha / 2 - sum alpha`` over ``0 <= alpha <= bound`` with ``y.alpha = 0``
    (Mehrotra's predictor and corrector). Points of bound 0 are not there.
    """
    there = bound > 0
    q = gram * y[:, :, None] * y[:, None, :]
    bound = torch.where(there, bound, 1.0)
    alpha = 0.5 * bound
    low, high = torch.ones_like(alpha), torch.ones_like(alpha)
    bias = torch.zeros_like(alpha[:, 0])
    absent = (~there).double()
    for _ in range(STEPS):
        gap = ((alpha * low + (bound - alpha) * high) * there).sum(1) / (2 * there.sum(1))
        residual = torch.bmm(q, alpha[:, :, None])[:, :, 0] - 1.0 + y * bias[:, None] - low + high
        unbalanced = (y * alpha * there).sum(1)
        if bool(((gap < GAP) & (unbalanced.abs() < GAP)).all()):
            break
        matrix = q + torch.diag_embed(low / alpha + high / (bound - alpha) + absent * 1e12)
        factor, failed = torch.linalg.cholesky_ex(matrix)
        if bool(failed.any()):
            break
        target = torch.zeros_like(gap)
        second_low, second_high = torch.zeros_like(alpha), torch.zeros_like(alpha)
        for corrector in (False, True):
            push_low = (target[:, None] - second_low) / alpha - low
            push_high = (target[:, None] - second_high) / (bound - alpha) - high
            right = torch.stack([-residual + push_low - push_high, y], dim=2)
            both = torch.cholesky_solve(right, factor)
            turn = ((y * both[:, :, 0] * there).sum(1) + unbalanced) / (y * both[:, :, 1] * there).sum(1)
            step = (both[:, :, 0] - turn[:, None] * both[:, :, 1]) * there
            step_low = push_low - low / alpha * step
            step_high = push_high + high / (bound - alpha) * step
            size = _longest(alpha, step, there)
            for value, change in ((bound - alpha, -step), (low, step_low), (high, step_high)):
                size = torch.minimum(size, _longest(value, change, there))
            if not corrector:
                far = size[:, None]
                ahead = (alpha + far * step) * (low + far * step_low)
                ahead = ahead + (bound - alpha - far * step) * (high + far * step_high)
                target = gap * ((ahead * there).sum(1) / (2 * there.sum(1)) / gap.clamp_min(1e-300)).clamp(0, 1) ** 3
                second_low, second_high = step * step_low, -step * step_high
        size = (0.995 * size).clamp_max(1.0)[:, None]
        alpha, low, high = alpha + size * step, low + size * step_low, high + size * step_high
        bias = bias + size[:, 0] * turn
    return _exact(gram, y, torch.where(there, alpha, 0.0), torch.where(there, bound, 0.0), low, high)


def _longest(value: Tensor, change: Tensor, there: Tensor) -> Tensor:
    """The longest step that keeps positive values positive."""
    ratio = torch.where((change < 0) & there, -value / change, torch.inf)
    return ratio.amin(dim=1).clamp_max(1.0 / 0.995)


def _exact(
    gram: Tensor, y: Tensor, alpha: Tensor, bound: Tensor, low: Tensor, high: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Solve for the points that are free, the others at their bounds; without any the bias is in mid-interval."""
    there = bound > 0
    at_low, at_high = there & (alpha < low), there & (bound - alpha < high)
    free = there & ~at_low & ~at_high
    fixed = torch.where(at_high, bound, 0.0) * y
    gradient_free = y - torch.bmm(gram, fixed[:, :, None])[:, :, 0]
    b, n = y.shape
    system = torch.zeros((b, n + 1, n + 1), dtype=y.dtype, device=y.device)
    system[:, :n, :n] = gram * free[:, :, None] * free[:, None, :]
    system.diagonal(dim1=1, dim2=2)[:, :n] += (~free).double()
    system[:, n, :n] = free.double()
    system[:, :n, n] = free.double()
    none = ~free.any(dim=1)
    system[:, n, n] = none.double()
    right = torch.cat([gradient_free * free, -fixed.sum(1, keepdim=True)], dim=1)
    solved, _ = torch.linalg.solve_ex(system, right)
    beta = torch.where(free, solved[:, :n], fixed)
    gradient = torch.bmm(gram, beta[:, :, None])[:, :, 0] - y
    up = there & ((at_low & (y > 0)) | (at_high & (y < 0)))
    down = there & ((at_low & (y < 0)) | (at_high & (y > 0)))
    below = torch.where(up | free, -gradient, -torch.inf).amax(dim=1)
    above = torch.where(down | free, -gradient, torch.inf).amin(dim=1)
    bias = torch.where(none, 0.5 * (below + above), solved[:, n])
    outside = torch.where(free, torch.maximum(-beta * y, beta * y - bound), 0.0).amax(dim=1)
    violation = torch.maximum(torch.maximum(below - above, outside), beta.sum(1).abs())
    return beta, bias, torch.where(violation.isnan(), torch.inf, violation)
