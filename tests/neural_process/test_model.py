"""The network: its size, its symmetries, how it starts."""

import numpy as np
import pytest
import torch

from npal_cli.neural_process.model import AttentiveCNP, Shape
from npal_cli.neural_process.options import ModelOptions


def build(features=5, seed=0, shape=None, **options):
    return AttentiveCNP(shape or Shape(features), ModelOptions(**options), torch.Generator().manual_seed(seed))


def points(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


TOLD = Shape(5, channels=3, inputs=4, decodes_features=False)
"""Told classes and more of the targets than features, which do not reach the decoder; predicts two improvements."""


@pytest.fixture(params=["cross", "none", "told"])
def model(request):
    return build(shape=TOLD) if request.param == "told" else build(attention=request.param)


def ask(model, problems=2, context=7, targets=9):
    """The context, its labels, the targets and what else is told of them."""
    shape = model.shape
    return (
        points(problems, context, shape.features),
        points(problems, context, shape.channels),
        points(problems, targets, shape.features),
        points(problems, targets, shape.inputs),
    )


@pytest.mark.parametrize(("features", "parameters"), [(21, 21_924), (22, 21_956), (119, 25_060)])
def test_it_has_the_papers_number_of_parameters(features, parameters):
    assert sum(p.numel() for p in build(features).parameters()) == parameters


def test_permuting_the_context_leaves_the_predictions(model):
    context, labels, targets, inputs = ask(model)
    order = torch.randperm(7, generator=torch.Generator().manual_seed(1))
    permuted = model(context[:, order], labels[:, order], targets, inputs)
    for before, after in zip(model(context, labels, targets, inputs), permuted, strict=True):
        torch.testing.assert_close(before, after)


def test_permuting_the_targets_permutes_the_predictions(model):
    context, labels, targets, inputs = ask(model)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    permuted = model(context, labels, targets[:, order], inputs[:, order])
    for before, after in zip(model(context, labels, targets, inputs), permuted, strict=True):
        torch.testing.assert_close(before[:, order], after)


def test_a_prediction_ignores_the_other_targets(model):
    context, labels, targets, inputs = ask(model, problems=1)
    alone = model(context, labels, targets[:, 3:4], inputs[:, 3:4])[0]
    torch.testing.assert_close(model(context, labels, targets, inputs)[0][:, 3:4], alone)


def test_problems_in_a_batch_ignore_each_other(model):
    asked = ask(model, problems=3)
    torch.testing.assert_close(model(*asked)[0][1:2], model(*(each[1:2] for each in asked))[0])


@pytest.mark.parametrize("told", [False, True])
def test_among_the_same_points_it_predicts_as_problem_by_problem(model, told):
    shape = model.shape
    everything, masks = points(12, 5), torch.rand(3, 12, generator=torch.Generator().manual_seed(0)) < 0.5
    labels = points(3 if told else 1, 12, shape.channels)
    targets = (~masks).flatten().nonzero()[:, 0]
    inputs = points(36, shape.inputs)
    mean, sigma = model.forward_shared(everything, labels, masks.float(), targets, inputs[targets])
    for i, mask in enumerate(masks):
        known = labels[i if told else 0][mask]
        more = inputs[12 * i : 12 * i + 12][~mask]
        alone = model(everything[mask][None], known[None], everything[~mask][None], more[None])
        torch.testing.assert_close(mean[targets // 12 == i], alone[0][0])
        torch.testing.assert_close(sigma[targets // 12 == i], alone[1][0])


def test_the_context_and_its_labels_matter(model):
    context, labels, targets, inputs = ask(model)
    mean = model(context, labels, targets, inputs)[0]
    assert mean.shape == (2, 9)
    assert not torch.allclose(mean, model(context + 1, labels, targets, inputs)[0])
    assert not torch.allclose(mean, model(context, labels + 1, targets, inputs)[0])


def test_what_is_told_of_a_target_matters():
    model = build(shape=TOLD)
    context, labels, targets, inputs = ask(model)
    mean = model(context, labels, targets, inputs)[0]
    assert not torch.allclose(mean, model(context, labels, targets, inputs + 1)[0])


def test_features_that_are_not_decoded_say_only_what_to_attend_to():
    model = build(shape=TOLD, attention="none")
    context, labels, targets, inputs = ask(model)
    first, second = model(context, labels, targets, inputs), model(context, labels, targets + 1, inputs)
    torch.testing.assert_close(first, second)


def test_sigma_is_bounded_from_below(model):
    context, labels, targets, inputs = ask(model, targets=50)
    assert model(context, labels, 100 * targets, 100 * inputs)[1].min() >= 0.01


def test_attention_equals_its_equation():
    layer = build().attention
    keys, queries, values = points(1, 6, 32), points(1, 4, 32), points(1, 6, 32) ** 2
    k, q, v = layer.key_map(keys)[0], layer.query_map(queries)[0], layer.value_map(values)[0]
    heads = []
    for head in range(8):
        part = slice(4 * head, 4 * head + 4)
        weights = torch.softmax(q[:, part] @ k[:, part].T / 2, dim=1)
        heads.append(weights @ v[:, part])
    hidden = torch.nn.functional.layer_norm(torch.cat(heads, dim=1) + queries[0], (32,))
    expected = torch.nn.functional.layer_norm(hidden + layer.mlp(hidden), (32,))
    torch.testing.assert_close(layer(keys, queries, values)[0], expected)


def test_it_starts_as_described():
    model = build(21)
    state = model.state_dict()
    assert all(value.abs().max() == 0 for name, value in state.items() if name.endswith("bias") and "norm" not in name)
    hidden = state["point_encoder.0.weight"]
    assert hidden.abs().max() <= 21**-0.5
    assert hidden.std().item() == pytest.approx(21**-0.5 / 3**0.5, rel=0.1)
    output = state["point_encoder.2.weight"]
    assert output.std().item() == pytest.approx((2 / 32) ** 0.5, rel=0.1)
    assert output.abs().max() <= (6 / 32) ** 0.5
    for name in ("key_map", "query_map", "value_map"):
        assert state[f"attention.{name}.weight"].std().item() == pytest.approx((2 / 36) ** 0.5, rel=0.1)


def test_the_generator_alone_decides_the_start():
    torch.manual_seed(1)
    first = build(seed=7).state_dict()
    torch.manual_seed(2)
    second = build(seed=7).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["decoder.0.weight"], build(seed=8).state_dict()["decoder.0.weight"])
    assert np.isfinite(first["decoder.0.weight"].numpy()).all()
