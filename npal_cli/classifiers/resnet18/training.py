"""Training the network from scratch, alone or with the module that predicts its loss."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor, nn

from npal_cli.classifiers.resnet18.images import Channels, augment
from npal_cli.classifiers.resnet18.loss_prediction import LossPrediction, ranking_loss
from npal_cli.classifiers.resnet18.network import Activations, ResNet18
from npal_cli.classifiers.resnet18.options import LossPredictionOptions, ResNetOptions
from npal_cli.errors import UsageError

PREDICTED_AT_ONCE = 1000
"""Images in a batch where no gradient is needed."""


@final
class Model(nn.Module):
    """The network, and the module that predicts its loss where there is one."""

    def __init__(self, channels: int, classes: int, width: int, *, predicts_loss: bool) -> None:
        super().__init__()
        self.network = ResNet18(channels, classes, width)
        self.loss_prediction = LossPrediction([width * factor for factor in (1, 2, 4, 8)]) if predicts_loss else None


@dataclass(frozen=True)
class Trainer:
    """Trains models on one device."""

    options: ResNetOptions
    channels: Channels
    device: torch.device
    loss_prediction: LossPredictionOptions | None = None
    on_epoch: Callable[[int, Model], None] = lambda _epoch, _model: None
    """Told the number of epochs done, and the model."""

    def new_model(self, image_channels: int, classes: int, seed: int) -> Model:
        """A model with fresh weights, which depend on ``seed`` alone."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = Model(image_channels, classes, self.options.width, predicts_loss=self.loss_prediction is not None)
        placed: Model = model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # stub
        return placed

    def train(
        self,
        model: Model,
        images: UInt8[Tensor, "image channel height width"],
        labels: Int[Tensor, " image"],
        class_weights: Float[Tensor, " class"],
        generator: torch.Generator,
    ) -> None:
        """Train ``model``; the images are on the device already, and stay there.

        Class weights are scaled to a mean of 1 over the images, so that they change what counts but not how large the
        loss is beside the weight decay.

        Raises:
            UsageError: if the training diverges.
        """
        options = self.options
        class_weights = class_weights / class_weights[labels].mean()
        parts = [model.network, *([model.loss_prediction] if model.loss_prediction is not None else [])]
        optimisers = [
            torch.optim.SGD(
                part.parameters(), options.learning_rate, options.momentum, weight_decay=options.weight_decay
            )
            for part in parts
        ]
        schedules = [torch.optim.lr_scheduler.MultiStepLR(each, [options.decay_after], 0.1) for each in optimisers]
        forward = torch.compile(model.network, mode="reduce-overhead") if options.compile else model.network
        model.train()
        with self.convolutions():
            for epoch in range(options.epochs):
                order = torch.randperm(len(images), generator=generator).to(self.device)
                for rows in order.split(options.batch_size):
                    batch = images[rows]
                    if options.augmentation == "crop_and_flip":
                        batch = augment(batch, generator)
                    inputs = self.channels.normalise(batch)
                    with self.autocast():
                        found = forward(inputs.contiguous(memory_format=torch.channels_last))
                        loss = self._loss(model, found, labels[rows], class_weights, epoch)
                    for optimiser in optimisers:
                        optimiser.zero_grad(set_to_none=True)
                    loss.backward()
                    for optimiser in optimisers:
                        optimiser.step()
                for schedule in schedules:
                    schedule.step()
                self.on_epoch(epoch + 1, model)
        model.eval()
        if not all(bool(values.isfinite().all()) for values in model.state_dict().values()):
            raise UsageError(
                f"training ResNet18 on {len(images)} images diverged at learning rate {options.learning_rate:g}; "
                "set a smaller one (classifiers.resnet18.learning_rate in params.yaml)"
            )

    def activations(self, model: Model, images: UInt8[Tensor, "image channel height width"]) -> Activations:
        """What the trained network makes of some images; logits and features in float32 whatever it computes in."""
        with torch.inference_mode(), self.autocast():
            inputs = self.channels.normalise(images).contiguous(memory_format=torch.channels_last)
            found: Activations = model.network(inputs)
        return found

    @contextmanager
    def convolutions(self) -> Iterator[None]:
        """Where gradients are safe: oneDNN is not asked for those of stages that have no channels by the eight.

        On processors without AVX-512 it writes past their arrays, channels last (oneDNN 3.12).
        """
        before = bool(torch.backends.mkldnn.enabled)
        torch.backends.mkldnn.enabled = before and self.options.width % 8 == 0  # type: ignore[assignment]  # stub
        try:
            yield
        finally:
            torch.backends.mkldnn.enabled = before  # type: ignore[assignment]  # stub

    def autocast(self) -> torch.autocast:
        """The precision that the options ask for."""
        precision = self.options.precision
        lower = precision == "bfloat16" or (precision == "auto" and self.device.type == "cuda")
        return torch.autocast(self.device.type, torch.bfloat16, enabled=lower)

    def _loss(
        self, model: Model, found: Activations, labels: Tensor, class_weights: Tensor, epoch: int
    ) -> Float[Tensor, ""]:
        """Cross-entropy, each image weighted by its class, and the ranking loss where losses are predicted."""
        losses = nn.functional.cross_entropy(found.logits, labels, reduction="none") * class_weights[labels]
        if model.loss_prediction is None or self.loss_prediction is None:
            return losses.mean()
        detached = epoch >= self.loss_prediction.detach_after
        stages = [stage.detach() if detached else stage for stage in found.stages]
        predicted = model.loss_prediction(stages)
        return losses.mean() + self.loss_prediction.weight * ranking_loss(
            predicted, losses, self.loss_prediction.margin
        )
