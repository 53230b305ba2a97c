"""What strategies are compared with: Random, the AL average, and Random with the same labels for all."""

from dataclasses import dataclass

from npal_cli.report.names import competes_trained_on_reward, is_competitor
from npal_cli.report.results import AL_AVERAGE
from npal_cli.strategies.naming import TRAINS_ON_REWARD, base_of


@dataclass(frozen=True)
class Baseline:
    """A baseline: who is compared with it, and what that says."""

    prefix: str
    """Begins the columns of :func:`npal_cli.report.cells.cells`."""
    strategy: str
    """The strategy, or the AL average."""
    title: str
    """What a gain over it is."""
    file: str
    """Ends the name of the table of gains."""
    equal_budget: bool = False
    """Whether it is for strategies whose task model is trained on the reward set's labels too, and for them alone."""
    shown: bool = True
    """Whether there are tables and plots of the gains over it."""

    def compares(self, strategy: str) -> bool:
        """Whether a strategy is compared with it."""
        return strategy != self.strategy and (strategy.endswith(TRAINS_ON_REWARD) or not self.equal_budget)

    def competes(self, strategy: str) -> bool:
        """Whether a strategy is one of those that are ranked, and corrected for."""
        return competes_trained_on_reward(strategy) if self.equal_budget else is_competitor(strategy)

    def stands_for(self, strategy: str) -> str:
        """The strategy by whose name a plot shows it: where all train on the reward set, none need say so."""
        return base_of(strategy) if self.equal_budget else strategy


RANDOM = Baseline("random", "random", "AUAC gained over Random", "gains")
AVERAGE = Baseline("average", AL_AVERAGE, "AUAC gained over the AL average", "gains_over_average", shown=False)
EQUAL_BUDGET = Baseline(
    "equal",
    f"random{TRAINS_ON_REWARD}",
    "AUAC gained over Random where all task models train on the reward set's labels too",
    "equal_budget_gains",
    equal_budget=True,
)
BASELINES = (RANDOM, AVERAGE, EQUAL_BUDGET)
