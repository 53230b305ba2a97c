"""ResNet18 as task model of the image study (section 3, supplement B.1)."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import final

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from npal_cli.classifiers.base import Ability
from npal_cli.classifiers.resnet18.cache import FitCache, key_of
from npal_cli.classifiers.resnet18.network import Activations
from npal_cli.classifiers.resnet18.options import LossPredictionOptions
from npal_cli.classifiers.resnet18.training import PREDICTED_AT_ONCE, Model, Trainer
from npal_cli.randomness import Run, draw_seed, stream

Images = UInt8[np.ndarray, "image channel height width"]


@final
class ResNet18:
    """A residual network, trained anew at each fit.

    Fits of a run to equally many points begin with the same weights and take their batches in the same order: what
    differs between strategies is what they labelled.
    """

    name = "resnet18"
    abilities: frozenset[Ability] = frozenset(("probabilities", "boundaries", "images", "loss_prediction"))

    def __init__(self, trainer: Trainer, run: Run, cache: FitCache | None = None) -> None:
        self._trainer = trainer
        self._run = run
        self._cache = cache

    def with_loss_prediction(self, options: LossPredictionOptions) -> "ResNet18":
        """The same, trained along with a module that predicts its loss."""
        return ResNet18(replace(self._trainer, loss_prediction=options), self._run, self._cache)

    def fit(
        self, features: Images, labels: Int[np.ndarray, " image"], class_weights: Float[np.ndarray, " class"]
    ) -> "FittedResNet18":
        """Train on ``features``, each image weighted by its class; or take the same fit from the cache."""
        trainer, points = self._trainer, len(labels)
        draws = stream("fit", *self._run, points)
        model = trainer.new_model(features.shape[1], len(class_weights), draw_seed(draws))
        key = self._key(features, labels, class_weights)
        known = self._cache.load(key, points) if self._cache is not None else None
        if known is not None:
            model.load_state_dict({name: torch.from_numpy(value) for name, value in known.items()})
            return FittedResNet18(trainer, model.eval())

        def placed(values: np.ndarray, kind: torch.dtype) -> Tensor:
            return torch.as_tensor(values, dtype=kind, device=trainer.device)

        trainer.train(
            model,
            placed(features, torch.uint8),
            placed(labels, torch.int64),
            placed(class_weights, torch.float32),
            torch.Generator().manual_seed(draw_seed(draws)),
        )
        if self._cache is not None:
            state = {name: value.detach().cpu().numpy() for name, value in model.state_dict().items()}
            self._cache.save(key, points, state)
        return FittedResNet18(trainer, model)

    def _key(self, features: Images, labels: np.ndarray, class_weights: np.ndarray) -> str:
        trainer = self._trainer
        parameters = {
            "options": asdict(trainer.options),
            "loss_prediction": asdict(trainer.loss_prediction) if trainer.loss_prediction is not None else None,
            "channels": asdict(trainer.channels),
            "device": trainer.device.type,
            "torch": torch.__version__,
            "run": list(self._run),
        }
        return key_of(parameters, features, labels, class_weights)


@final
class FittedResNet18:
    """A trained network, on its device."""

    def __init__(self, trainer: Trainer, model: Model) -> None:
        self._trainer = trainer
        self._model = model

    def predict(self, features: Images) -> Int[np.ndarray, " image"]:
        """The class of each image."""
        logits = [found.argmax(dim=1) for found, _, _ in self._batches(features)]
        return np.asarray(torch.cat(logits).cpu().numpy(), dtype=np.int64)

    def probabilities(self, features: Images) -> Float[np.ndarray, "image class"]:
        """Class probabilities of each image, float64."""
        logits = [found.double().softmax(dim=1) for found, _, _ in self._batches(features)]
        return np.asarray(torch.cat(logits).cpu().numpy())

    def soft_predictions(self, features: Images) -> Float[np.ndarray, "image class"]:
        """The probabilities."""
        return self.probabilities(features)

    def represent(self, features: Images) -> Float[np.ndarray, "image feature"]:
        """What enters the last layer: the penultimate activations (supplement B.1), float32."""
        return np.asarray(torch.cat([found for _, found, _ in self._batches(features)]).cpu().numpy())

    def predicted_loss(self, features: Images) -> Float[np.ndarray, " image"]:
        """The loss that the network is predicted to have on each image.

        Raises:
            TypeError: if it was not trained along with the prediction of its loss.
        """
        module = self._model.loss_prediction
        if module is None:
            raise TypeError("this network was trained without the prediction of its loss")
        with torch.inference_mode(), self._trainer.autocast():
            losses = [module(stages) for _, _, stages in self._batches(features)]
        return np.asarray(torch.cat(losses).cpu().numpy())

    def boundary_distances(self, features: Images) -> Float[np.ndarray, " image"]:
        """The difference between the two largest logits."""
        ordered = [found.sort(dim=1).values for found, _, _ in self._batches(features)]
        logits = torch.cat(ordered).cpu().numpy()
        return np.asarray(logits[:, -1] - logits[:, -2])

    def _batches(self, features: Images) -> Iterator[Activations]:
        device = self._trainer.device
        for start in range(0, len(features), PREDICTED_AT_ONCE):
            batch = torch.as_tensor(features[start : start + PREDICTED_AT_ONCE], device=device)
            yield self._trainer.activations(self._model, batch)
