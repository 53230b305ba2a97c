"""Sequential minimal optimisation with second-order working sets (Fan, Chen and Lin, 2005).

The dual of a support vector machine, in ``beta = y alpha``: minimise ``beta.K beta / 2 - y.beta`` over
``low <= beta <= high`` with ``sum beta = 0``. Its decision function is ``K beta + bias``.
"""

import numpy as np

from npal_cli.kernels import kernel


@kernel
def smo(
    gram: np.ndarray, y: np.ndarray, low: np.ndarray, high: np.ndarray, beta: np.ndarray, tolerance: float
) -> tuple[float, bool]:
    """Solve from a feasible ``beta``, in place, until the optimality conditions hold to ``tolerance``.

    Returns the bias (the mean over free points, or the middle of its interval without any) and whether it converged.
    """
    n = len(y)
    gradient = np.dot(gram, beta) - y
    converged = False
    for _ in range(1000 * n):
        i = -1
        top = -np.inf
        bottom = np.inf
        for k in range(n):
            if beta[k] < high[k] and -gradient[k] > top:
                top = -gradient[k]
                i = k
            if beta[k] > low[k] and -gradient[k] < bottom:
                bottom = -gradient[k]
        converged = top - bottom <= tolerance
        if converged or not np.isfinite(top - bottom):
            break
        j = -1
        best = 0.0
        for k in range(n):
            slack = top + gradient[k]
            if beta[k] > low[k] and slack > 0:
                curvature = max(gram[i, i] + gram[k, k] - 2.0 * gram[i, k], 1e-12)
                if slack * slack > best * curvature:
                    best = slack * slack / curvature
                    j = k
        curvature = max(gram[i, i] + gram[j, j] - 2.0 * gram[i, j], 1e-12)
        up = high[i] - beta[i]
        down = beta[j] - low[j]
        step = min((top + gradient[j]) / curvature, up, down)
        # exactly at the bound, not next to it
        beta[i] = high[i] if step == up else beta[i] + step
        beta[j] = low[j] if step == down else beta[j] - step
        for k in range(n):
            gradient[k] += step * (gram[i, k] - gram[j, k])
    return _bias(gradient, low, high, beta), converged


@kernel
def _bias(gradient: np.ndarray, low: np.ndarray, high: np.ndarray, beta: np.ndarray) -> float:
    total = 0.0
    free = 0
    below = -np.inf
    above = np.inf
    for k in range(len(beta)):
        margin = 1e-10 * (high[k] - low[k])  # sums of beta leave this much of rounding, generously
        if low[k] + margin < beta[k] < high[k] - margin:
            total -= gradient[k]
            free += 1
        elif beta[k] <= low[k] + margin:
            below = max(below, -gradient[k])
        else:
            above = min(above, -gradient[k])
    return total / free if free else 0.5 * (below + above)
