"""ResNet18 as a task model, and what its images, its loss prediction and its cache do."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from joblib import Parallel, delayed

from npal_cli.classifiers.resnet18.cache import FitCache
from npal_cli.classifiers.resnet18.images import Channels, augment, crop_and_flip
from npal_cli.classifiers.resnet18.loss_prediction import LossPrediction, ranking_loss
from npal_cli.classifiers.resnet18.network import ResNet18 as Network
from npal_cli.classifiers.resnet18.options import LossPredictionOptions, ResNetOptions
from npal_cli.classifiers.resnet18.training import Trainer
from npal_cli.errors import ArtifactError, UsageError
from tests.conftest import make_image_problem, make_resnet


def fit(classifier, problem, weights=None):
    rows = problem.annotated
    weights = np.ones(problem.n_classes) if weights is None else weights
    return classifier.fit(problem.features[rows], problem.labels[rows], weights)


def save_and_load(cache, state):
    for _ in range(5):
        cache.save("key", cache.initial, state)
    return len(state["weights"]), len(cache.load("key", cache.initial)["weights"])


@pytest.fixture
def images():
    return make_image_problem(pool=60)


def test_the_network_has_the_shapes_of_the_paper():
    found = Network(channels=3, classes=10, width=64)(torch.zeros(2, 3, 32, 32))
    assert found.logits.shape == (2, 10)
    assert found.features.shape == (2, 512)
    assert [tuple(stage.shape[1:]) for stage in found.stages] == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4)]
    layers = [m for m in Network(3, 10, 64).modules() if isinstance(m, torch.nn.Conv2d) and m.kernel_size == (3, 3)]
    assert len(layers) + 1 == 18  # and the linear one; shortcuts are not counted


def test_it_takes_mnists_images_as_they_are():
    found = Network(channels=1, classes=10, width=4)(torch.zeros(1, 1, 28, 28))
    assert [stage.shape[-1] for stage in found.stages] == [28, 14, 7, 4]


def test_it_learns_what_can_be_learnt(images):
    model = fit(make_resnet(epochs=40, decay_after=30, width=4), images)
    rows = images.pool
    assert (model.predict(images.features[rows]) == images.labels[rows]).mean() > 0.9


def test_it_does_what_every_classifier_does(images):
    model = fit(make_resnet(), images)
    x = images.features[images.pool]
    np.testing.assert_allclose(model.probabilities(x).sum(axis=1), 1)
    np.testing.assert_array_equal(model.probabilities(x).argmax(axis=1), model.predict(x))
    assert model.represent(x).shape == (len(x), 16)
    ordered = np.sort(np.log(model.probabilities(x)), axis=1)
    np.testing.assert_allclose(model.boundary_distances(x), ordered[:, -1] - ordered[:, -2], rtol=1e-3, atol=1e-4)


def test_what_it_says_of_an_image_depends_on_no_other_image(images):
    model = fit(make_resnet(), images)
    x = images.features[images.pool]
    order = np.random.default_rng(0).permutation(len(x))
    for part in (model.probabilities, model.represent):
        np.testing.assert_allclose(part(x[order]), part(x)[order], atol=1e-5)
        np.testing.assert_allclose(part(x[:1]), part(x)[:1], atol=1e-5)


def test_the_same_run_and_points_give_the_same_bytes_and_another_run_others(images):
    x = images.features[images.pool]
    first, again, other = (fit(make_resnet(seed), images).probabilities(x) for seed in (0, 0, 1))
    assert first.tobytes() == again.tobytes()
    assert np.abs(first - other).max() > 1e-3


def test_torchs_own_random_state_is_neither_used_nor_changed(images):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = fit(make_resnet(), images).represent(images.features[:5])
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert fit(make_resnet(), images).represent(images.features[:5]).tobytes() == first.tobytes()


def test_class_weights_weight_the_loss(images):
    """Only class 0 counts: all is taken for it."""
    model = fit(make_resnet(epochs=20, decay_after=15), images, np.array([3.0, 1e-6, 1e-6]))
    assert (model.predict(images.features[images.pool]) == 0).mean() > 0.9


def test_weighting_all_classes_alike_changes_nothing(images):
    x = images.features[images.pool]
    plain, heavy = (fit(make_resnet(), images, np.full(3, weight)).probabilities(x) for weight in (1.0, 4.0))
    assert plain.tobytes() == heavy.tobytes()


def test_a_training_that_diverges_is_one_line_and_no_network(images, tmp_path):
    cache = FitCache(tmp_path / "shared", tmp_path / "own", initial=len(images.annotated))
    with pytest.raises(UsageError, match=r"on 20 images diverged at learning rate 1e\+10; set a smaller one") as error:
        fit(make_resnet(cache=cache, learning_rate=1e10), images)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "shared").exists()


def test_scores_are_not_in_half_precision():
    """Ranked by, they would tie."""
    images = make_image_problem(size=32)
    model = fit(make_resnet(precision="bfloat16").with_loss_prediction(LossPredictionOptions()), images)
    x = images.features
    for part in (model.represent(x), model.predicted_loss(x), model.probabilities(x)):
        assert not np.array_equal(part, torch.as_tensor(part).bfloat16().double().numpy())


def test_the_learning_rate_is_a_tenth_after_some_epochs(images, monkeypatch):
    rates = []
    step = torch.optim.SGD.step

    def spy(self, *args):
        rates.append(self.param_groups[0]["lr"])
        return step(self, *args)

    monkeypatch.setattr(torch.optim.SGD, "step", spy)
    fit(make_resnet(epochs=4, decay_after=3, batch_size=32), images)
    np.testing.assert_allclose(rates, [0.1, 0.1, 0.1, 0.01])


class TestChannels:
    def test_are_those_of_the_values(self):
        values = np.random.default_rng(0).integers(256, size=(20, 3, 5, 4), dtype=np.uint8)
        channels = Channels.of(values)
        np.testing.assert_allclose(channels.mean, values.mean(axis=(0, 2, 3)) / 255)
        np.testing.assert_allclose(channels.deviation, values.std(axis=(0, 2, 3)) / 255)

    def test_bring_the_training_part_to_mean_0_and_deviation_1(self):
        values = np.random.default_rng(0).integers(256, size=(20, 2, 5, 4), dtype=np.uint8)
        normalised = Channels.of(values).normalise(torch.as_tensor(values))
        np.testing.assert_allclose(normalised.mean(dim=(0, 2, 3)), 0, atol=1e-5)
        np.testing.assert_allclose(normalised.std(dim=(0, 2, 3), correction=0), 1, rtol=1e-5)


class TestAugmentation:
    def test_shifting_by_four_and_not_flipping_changes_nothing(self):
        images = torch.randint(256, (3, 2, 6, 5), dtype=torch.uint8)
        still = torch.full((3, 2), 4)
        assert torch.equal(crop_and_flip(images, still, torch.zeros(3, dtype=torch.int64)), images)

    def test_each_image_is_shifted_and_mirrored_by_itself(self):
        images = torch.randint(1, 256, (2, 1, 6, 6), dtype=torch.uint8)
        moved = crop_and_flip(images, torch.tensor([[5, 4], [4, 2]]), torch.tensor([0, 1]))
        assert torch.equal(moved[0, 0, :5], images[0, 0, 1:])
        assert moved[0, 0, 5].max() == 0  # black
        assert torch.equal(moved[1, 0].flip(1)[:, 2:], images[1, 0, :, :4])
        assert moved[1, 0].flip(1)[:, :2].max() == 0

    def test_draws_come_from_the_generator(self):
        images = torch.randint(256, (8, 1, 6, 6), dtype=torch.uint8)
        one, same, other = (augment(images, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
        assert torch.equal(one, same)
        assert not torch.equal(one, other)

    def test_a_classifier_that_augments_is_another(self, images):
        plain, augmented = (fit(make_resnet(augmentation=how), images) for how in ("none", "crop_and_flip"))
        x = images.features[:5]
        assert np.abs(plain.probabilities(x) - augmented.probabilities(x)).max() > 1e-3


class TestLossPrediction:
    def test_the_ranking_loss_of_pairs_computed_by_hand(self):
        predicted, losses = torch.tensor([1.0, 0.0, 0.5, 3.0]), torch.tensor([2.0, 5.0, 1.0, 1.0])
        # pairs (0, 3): sign +, 1 + 2 = 3; (1, 2): sign +, 1 + 0.5 = 1.5
        assert ranking_loss(predicted, losses, margin=1.0).item() == pytest.approx((3 + 1.5) / 2)

    def test_of_an_odd_number_the_last_image_is_left_out(self):
        predicted, losses = torch.tensor([1.0, 0.0, 9.0]), torch.tensor([2.0, 5.0, 1.0])
        assert ranking_loss(predicted, losses, 1.0) == ranking_loss(predicted[:2], losses[:2], 1.0)
        assert ranking_loss(predicted[:1], losses[:1], 1.0).item() == 0

    def test_true_losses_get_no_gradient(self):
        predicted, losses = torch.rand(4, requires_grad=True), torch.rand(4, requires_grad=True)
        ranking_loss(predicted, losses, 5.0).backward()
        assert losses.grad is None
        assert predicted.grad.abs().sum() > 0

    def test_it_predicts_one_loss_an_image(self):
        stages = [torch.rand(5, channels, 4, 4) for channels in (2, 4, 8, 16)]
        assert LossPrediction([2, 4, 8, 16])(stages).shape == (5,)

    @pytest.mark.parametrize("detach_after", [0, 1, 2, 3])
    def test_its_gradient_reaches_the_network_up_to_the_epoch_it_is_detached_after(self, detach_after, images):
        """Were the ranking loss not detached, its weight would change the network."""
        networks = {}
        for weight in (1.0, 3.0):
            seen = networks[weight] = []

            def remember(_epoch, model, seen=seen):
                seen.append(torch.cat([p.detach().flatten().clone() for p in model.network.parameters()]))

            options = LossPredictionOptions(weight=weight, detach_after=detach_after)
            plain = make_resnet(epochs=4, decay_after=3, learning_rate=0.01)
            trainer = replace(plain._trainer, on_epoch=remember, loss_prediction=options)
            fit(type(plain)(trainer, plain._run), images)
        same = [torch.equal(one, other) for one, other in zip(*networks.values(), strict=True)]
        assert same == [detach_after == 0] * 4  # once apart they stay so; without a gradient they never are

    def test_once_detached_the_network_is_trained_as_if_alone(self, images):
        alone = fit(make_resnet(), images)
        beside = fit(make_resnet().with_loss_prediction(LossPredictionOptions(detach_after=0)), images)
        x = images.features[images.pool]
        assert alone.probabilities(x).tobytes() == beside.probabilities(x).tobytes()

    def test_the_epoch_from_which_on_nothing_flows_is_the_one_given(self, images, monkeypatch):
        flows = []
        import npal_cli.classifiers.resnet18.training as module

        def spy(predicted, losses, margin):
            flows.append(stages[-1].requires_grad)
            return ranking_loss(predicted, losses, margin)

        stages = []
        forward = LossPrediction.forward
        monkeypatch.setattr(LossPrediction, "forward", lambda self, s: stages.append(s[0]) or forward(self, s))
        monkeypatch.setattr(module, "ranking_loss", spy)
        options = LossPredictionOptions(detach_after=3)
        fit(make_resnet(epochs=5, decay_after=4, batch_size=32).with_loss_prediction(options), images)
        assert flows == [True, True, True, False, False]

    def test_a_network_trained_without_it_cannot_predict_its_loss(self, images):
        with pytest.raises(TypeError, match="without the prediction of its loss"):
            fit(make_resnet(), images).predicted_loss(images.features[:2])


class TestCache:
    @pytest.fixture
    def cache(self, tmp_path, images):
        return FitCache(tmp_path / "shared", tmp_path / "own", initial=len(images.annotated))

    def test_a_fit_is_made_once(self, cache, images, monkeypatch):
        first = fit(make_resnet(cache=cache), images)
        monkeypatch.setattr(Trainer, "train", lambda *_: pytest.fail("trained again"))
        again = fit(make_resnet(cache=cache), images)
        x = images.features[images.pool]
        assert first.probabilities(x).tobytes() == again.probabilities(x).tobytes()

    def test_only_the_first_fit_of_a_run_is_shared(self, cache, images):
        fit(make_resnet(cache=cache), images)
        fit(make_resnet(cache=cache), images.annotate(images.pool[:3]))
        assert [len(list(folder.iterdir())) for folder in (cache.shared, cache.own)] == [1, 1]

    @pytest.mark.parametrize("change", ["points", "labels", "weights", "options", "run", "loss prediction"])
    def test_another_fit_is_not_taken_for_it(self, change, cache, images):
        fit(make_resnet(cache=cache), images)
        rows, weights, classifier = images.annotated.copy(), np.ones(3), make_resnet(cache=cache)
        labels = images.labels[rows].copy()
        match change:
            case "points":
                rows[0] = images.pool[0]
            case "labels":
                labels[0] = (labels[0] + 1) % 3
            case "weights":
                weights[0] = 2.0
            case "options":
                classifier = make_resnet(cache=cache, learning_rate=0.05)
            case "run":
                classifier = make_resnet(seed=1, cache=cache)
            case "loss prediction":
                classifier = classifier.with_loss_prediction(LossPredictionOptions())
        classifier.fit(images.features[rows], labels, weights)
        assert len(list(cache.shared.iterdir())) == 2

    def test_two_processes_may_make_the_same_fit(self, cache):
        state = {"weights": np.arange(200_000)}
        for one, other in Parallel(n_jobs=2)(delayed(save_and_load)(cache, state) for _ in range(4)):
            assert one == other == 200_000
        assert [path.name for path in cache.shared.iterdir()] == ["key.npz"]

    def test_a_disk_that_is_full_is_one_line(self, cache, monkeypatch):
        def full(*_args, **_kwargs):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(np, "savez", full)
        with pytest.raises(ArtifactError, match="No space left on device; free space or choose another --root"):
            cache.save("key", 1, {"weights": np.zeros(3)})
        assert list(cache.own.iterdir()) == []

    def test_a_damaged_file_is_made_anew(self, cache, images):
        first = fit(make_resnet(cache=cache), images).represent(images.features[:3])
        (path,) = cache.shared.iterdir()
        path.write_bytes(path.read_bytes()[:500])
        assert fit(make_resnet(cache=cache), images).represent(images.features[:3]).tobytes() == first.tobytes()
        assert path.stat().st_size > 500


@pytest.mark.parametrize(("width", "asked"), [(4, False), (8, True), (64, True)])
def test_convolutions_that_write_past_their_arrays_are_not_asked_for(width, asked):
    trainer = Trainer(ResNetOptions(width=width), Channels((0.2,), (0.25,)), torch.device("cpu"))
    with trainer.convolutions():
        assert torch.backends.mkldnn.enabled == asked
    assert torch.backends.mkldnn.enabled
