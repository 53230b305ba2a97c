"""ResNet18 as task model of the image study (section 3, supplement B.1): what it says about itself."""

from dataclasses import replace
from typing import final

from npal_cli.classifiers.base import Ability, Classifier, FitServices
from npal_cli.classifiers.resnet18.options import ResNetOptions


@final
class ResNet18Kind:
    """A residual network, trained anew at each fit; torch is imported when one is made."""

    name = "resnet18"
    label = "ResNet18"
    abilities: frozenset[Ability] = frozenset(("probabilities", "boundaries", "images", "loss_prediction"))
    Options = ResNetOptions

    @classmethod
    def make(cls, options: ResNetOptions, services: FitServices | None = None) -> Classifier:
        """With its options, for a run whose images its channels are scaled by.

        Raises:
            TypeError: without services.
        """
        from npal_cli.classifiers.resnet18.cache import FitCache
        from npal_cli.classifiers.resnet18.images import Channels, resolve
        from npal_cli.classifiers.resnet18.task_model import ResNet18
        from npal_cli.classifiers.resnet18.training import Trainer

        if services is None:
            raise TypeError("a ResNet18 is made for a run")
        resolved = replace(options, augmentation=resolve(options.augmentation, services.data))
        trainer = Trainer(resolved, Channels.of(services.known()), services.device())
        cache = FitCache(services.shared_fits, services.own_fits, services.initial)
        return ResNet18(trainer, services.run, cache)
