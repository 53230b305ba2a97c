"""Batched Newton steps for logistic regression."""

import numpy as np
import torch
from torch import Tensor

from npal_cli.refit.problem import RefitProblem

STEPS = 60
CONVERGED = 1e-10
"""The largest Newton decrement of a fit that is trusted."""


def refit_logistic(
    problem: RefitProblem, present: np.ndarray, C: float, device: torch.device
) -> tuple[np.ndarray, np.ndarray]:
    """Logits (fit, evaluation, class) of one batch, and which fits can be trusted; first the one without a candidate.

    Classes that are not present have the logit -inf. Two classes are the multinomial problem of two with twice the
    penalty: their weights are then opposite halves.
    """

    def tensor(values: np.ndarray) -> Tensor:
        return torch.as_tensor(values, dtype=torch.float64, device=device)

    weights = problem.training_weights
    problem = problem.centred()
    basis = _basis(problem.features)
    known, own = _within(problem.features, basis)
    points = tensor(np.column_stack([known, own, np.ones(len(known))]))
    targets = tensor(problem.labels[:, None] == present) * tensor(weights[problem.labels])[:, None]
    # The fit without a candidate is the one with a candidate of no weight.
    new = np.vstack([problem.features[:1], problem.candidate_features])
    inside, own = _within(new, basis)
    new_points = tensor(np.column_stack([inside, own, np.ones(len(new))]))
    new_weights = tensor(np.concatenate([[0.0], weights[problem.candidate_labels]]))
    new_labels = np.concatenate([[present[0]], problem.candidate_labels])
    new_targets = tensor(new_labels[:, None] == present) * new_weights[:, None]
    ridge = (2.0 if len(present) == 2 else 1.0) / C
    fit = _Fits(points, targets, new_points, new_targets, ridge)
    parameters, decrement = fit.solve()
    seen, _ = _within(problem.evaluation_features, basis)
    seen = np.column_stack([seen, np.zeros(len(seen)), np.ones(len(seen))])
    logits = np.full((len(new), len(seen), len(weights)), -np.inf)
    logits[:, :, present] = torch.einsum("ep,bkp->bek", tensor(seen), parameters).cpu().numpy()
    if own.any():  # each candidate's own direction, as evaluation points see it
        outside = (new - inside @ basis.T) / np.where(own > 0, own, 1.0)[:, None]
        seen_own = problem.evaluation_features @ outside.T
        logits[:, :, present] += seen_own.T[:, :, None] * parameters[:, None, :, -2].cpu().numpy()
    return logits, (decrement < CONVERGED).cpu().numpy()


def _basis(points: np.ndarray) -> np.ndarray:
    """An orthonormal basis (d, r) of what the points span where they are few, else of everything.

    The penalty leaves no weight on other directions, and unknowns would grow with the features otherwise.
    """
    n, d = points.shape
    return np.eye(d) if n + 1 >= d else np.linalg.qr(points.T)[0]


def _within(points: np.ndarray, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points in a basis, and how far each is outside of what it spans (0 up to rounding)."""
    if len(basis) == basis.shape[1]:
        return points, np.zeros(len(points))
    inside = points @ basis
    outside = np.sqrt(np.maximum((points * points).sum(axis=1) - (inside * inside).sum(axis=1), 0.0))
    return inside, np.where(outside > 1e-6 * np.sqrt((points * points).sum(axis=1)), outside, 0.0)


class _Fits:
    """Multinomial problems (b) that share n points and each have one of their own."""

    def __init__(self, points: Tensor, targets: Tensor, new_points: Tensor, new_targets: Tensor, ridge: float) -> None:
        self.points, self.targets = points, targets
        self.new_points, self.new_targets = new_points, new_targets
        self.ridge = ridge
        self.outer = (points[:, :, None] * points[:, None, :]).flatten(1)
        self.penalty = torch.full((points.shape[1],), ridge, dtype=torch.float64, device=points.device)
        self.penalty[-1] = 0.0

    def solve(self) -> tuple[Tensor, Tensor]:
        """The optima (b, class, p) and their Newton decrements (b,), by damped steps."""
        b, p = self.new_points.shape
        w = torch.zeros((b, self.targets.shape[1], p), dtype=torch.float64, device=self.points.device)
        value = self._value(w)
        decrement = torch.full((b,), torch.inf, dtype=torch.float64, device=w.device)
        for _ in range(STEPS):
            gradient, hessian = self._derivatives(w)
            step = torch.linalg.solve(hessian, gradient.flatten(1)).view_as(w)
            decrement = (step * gradient).sum(dim=(1, 2)).clamp_min(0).sqrt()
            if bool((decrement < 0.01 * CONVERGED).all()):
                break
            size = torch.ones_like(value)
            for _ in range(20):
                trial = w - size[:, None, None] * step
                new = self._value(trial)
                worse = ~(new <= value + 1e-13 * value.abs())
                if not bool(worse.any()):
                    break
                size = torch.where(worse, 0.5 * size, size)
            w, value = trial, new
        return w, decrement

    def _logits(self, w: Tensor) -> tuple[Tensor, Tensor]:
        return torch.einsum("np,bkp->bnk", self.points, w), torch.einsum("bp,bkp->bk", self.new_points, w)

    def _value(self, w: Tensor) -> Tensor:
        logits, new = self._logits(w)
        losses = -(self.targets * logits.log_softmax(dim=2)).sum(dim=(1, 2))
        return (
            losses - (self.new_targets * new.log_softmax(dim=1)).sum(dim=1) + 0.5 * (self.penalty * w * w).sum((1, 2))
        )

    def _derivatives(self, w: Tensor) -> tuple[Tensor, Tensor]:
        logits, new = self._logits(w)
        probabilities, new_probabilities = logits.softmax(dim=2), new.softmax(dim=1)
        weights, new_weights = self.targets.sum(dim=1), self.new_targets.sum(dim=1)
        gradient = (
            torch.einsum("bnk,np->bkp", probabilities * weights[:, None] - self.targets, self.points) + self.penalty * w
        )
        pull = new_probabilities * new_weights[:, None] - self.new_targets
        gradient += pull[:, :, None] * self.new_points[:, None, :]
        b, k, p = w.shape
        hessian = torch.zeros((b, k, p, k, p), dtype=torch.float64, device=w.device)
        for i in range(k):
            for j in range(i + 1):
                curved = weights * probabilities[:, :, i] * (float(i == j) - probabilities[:, :, j])
                new_curved = new_weights * new_probabilities[:, i] * (float(i == j) - new_probabilities[:, j])
                block = (curved @ self.outer).view(b, p, p)
                block += (new_curved[:, None] * self.new_points)[:, :, None] * self.new_points[:, None, :]
                hessian[:, i, :, j] = block
                hessian[:, j, :, i] = block
        hessian = hessian.view(b, k * p, k * p)
        hessian.diagonal(dim1=1, dim2=2).add_(self.penalty.repeat(k))
        # The direction that changes no probability: all biases together.
        hessian[:, p - 1 :: p, p - 1 :: p] += self.ridge
        return gradient, hessian
