"""The strategies that train networks: on toys whose answer is known, and row by row."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from npal_cli.classifiers.resnet18.options import LossPredictionOptions
from npal_cli.strategies.gcn import CoreGCN, GCNOptions, UncertainGCN
from npal_cli.strategies.geometric import KCenterGreedy, k_center_greedy
from npal_cli.strategies.lloss import LearningLoss
from npal_cli.strategies.networks.graph import Graph, GraphNetwork, train_graph_network
from npal_cli.strategies.vaal import VAAL, VAALOptions
from npal_cli.testing import make_problem
from tests.conftest import make_image_problem, make_resnet
from tests.strategies.conftest import state_of


def shuffled(problem, seed=1):
    """The same problem, annotated set and pool in another order; and where each pool point went."""
    draws = np.random.default_rng(seed)
    order = draws.permutation(len(problem.pool))
    annotated = draws.permutation(problem.annotated)
    return replace(problem, annotated=annotated, pool=problem.pool[order]), order


class TestKCenterGreedy:
    def brute_force(self, pool, centers, size):
        chosen: list[int] = []
        for _ in range(size):
            known = np.concatenate([centers, pool[chosen]])
            nearest = np.linalg.norm(pool[:, None] - known[None], axis=2).min(axis=1)
            nearest[chosen] = -1
            chosen.append(int(nearest.argmax()))
        return chosen

    @pytest.mark.parametrize("kind", [np.float32, np.float64])
    def test_equals_brute_force(self, kind):
        draws = np.random.default_rng(0)
        pool, centers = (draws.normal(size=(n, 6)).astype(kind) for n in (200, 15))
        choice = k_center_greedy(pool, centers, 60, np.random.default_rng(0))
        assert choice.chosen.tolist() == self.brute_force(pool, centers, 60)

    def test_picks_the_hand_computed_points(self):
        pool, centers = np.array([[-1.0], [4.0], [9.0], [10.0]]), np.array([[1.0]])
        choice = k_center_greedy(pool, centers, 3, np.random.default_rng(0))
        assert choice.chosen.tolist() == [3, 1, 0]  # 9 from the center; 3 from it; 2, where 9 is 1 from 10
        assert choice.scores.tolist() == [2, 3, 8, 9]

    def test_works_on_what_the_last_layer_sees(self):
        problem = make_image_problem()
        state = state_of(problem)
        pool, annotated = (state.classifier.represent(x) for x in (state.pool_features, state.annotated_features))
        chosen = KCenterGreedy().query([state], 5)[0].chosen
        assert chosen.tolist() == self.brute_force(pool, annotated, 5)


class TestGraph:
    def test_gathering_is_the_product_with_the_matrix_of_the_publication(self):
        features = torch.rand(12, 5, dtype=torch.float64)
        unit = features / features.norm(dim=1, keepdim=True)
        similar = unit @ unit.T - torch.eye(12)
        matrix = similar / similar.sum(dim=1, keepdim=True) + torch.eye(12)
        values = torch.rand(12, 3, dtype=torch.float64)
        torch.testing.assert_close(Graph(features).gather(values), matrix @ values)

    def test_the_scale_of_the_features_does_not_matter(self):
        features = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
        plain, scaled = (
            train_graph_network(features * factor, 10, GCNOptions(epochs=5), np.random.default_rng(0), "cpu")
            for factor in (1, 8)
        )
        np.testing.assert_array_equal(plain.labelled, scaled.labelled)

    def test_a_network_of_two_convolutions_computed_by_hand(self):
        features = torch.rand(6, 4)
        network, graph = GraphNetwork(4, GCNOptions(hidden=3)), Graph(features)
        hidden = torch.relu(graph.gather(features) @ network.first.weight.T + network.first.bias)
        logits = graph.gather(hidden) @ network.second.weight.T + network.second.bias
        torch.testing.assert_close(network(graph, features), logits[:, 0])
        torch.testing.assert_close(network.hidden(graph, features), hidden)

    def test_dropout_drops_its_share_of_the_hidden_units(self):
        network = GraphNetwork(4, GCNOptions(hidden=500, dropout=0.3))
        torch.nn.init.zeros_(network.first.weight)
        torch.nn.init.ones_(network.first.bias)  # every hidden unit is 1
        torch.nn.init.constant_(network.second.weight, 1 / 500)
        torch.nn.init.zeros_(network.second.bias)
        graph, features = Graph(torch.eye(4)), torch.eye(4)
        assert network(graph, features).detach().mean().item() == pytest.approx(1, abs=1e-5)
        dropped = network(graph, features, torch.Generator().manual_seed(0)).detach()
        assert dropped.std().item() > 0.005
        assert dropped.mean().item() == pytest.approx(1, abs=0.1)  # the rest are scaled up

    def test_it_learns_which_nodes_are_labelled(self):
        draws = np.random.default_rng(0)
        labelled, like, unlike = (draws.normal(size=(30, 8)) + 4 * np.eye(8)[axis] for axis in (0, 0, 1))
        features = np.concatenate([labelled, like, unlike])
        nodes = train_graph_network(features, 30, GCNOptions(learning_rate=0.01), draws, "cpu")
        assert nodes.labelled[30:60].mean() > nodes.labelled[60:].mean() + 0.1
        assert nodes.loss[-1] < nodes.loss[0]
        assert nodes.hidden.shape == (90, 128)

    @pytest.mark.parametrize("kind", [UncertainGCN, CoreGCN])
    @pytest.mark.parametrize("make", [make_problem, make_image_problem])
    def test_scores_belong_to_their_rows_under_any_order_of_pool_and_annotated_set(self, kind, make):
        """Without dropout there is nothing random about a node: its score goes where it goes."""
        problem = make()
        other, order = shuffled(problem)
        state = state_of(problem)
        strategy = kind(GCNOptions(epochs=20, dropout=0.0))
        represent = state.classifier.represent  # of one and the same model
        moved = replace(state, problem=other.as_seen("reward_set"))
        assert len(represent(moved.pool_features)) == len(order)
        before, after = (
            strategy.query([replace(each, random=np.random.default_rng(0))], 6)[0] for each in (state, moved)
        )
        np.testing.assert_allclose(after.scores, before.scores[order], rtol=1e-3, atol=1e-5)
        assert other.pool[after.chosen].tolist() == problem.pool[before.chosen].tolist()

    def test_uncgcn_chooses_what_is_nearest_to_its_margin(self):
        problem = make_problem()
        options = GCNOptions(epochs=20, dropout=0.0, margin=0.3)
        state = state_of(problem)
        choice = UncertainGCN(options).query([state], 5)[0]
        features = np.concatenate([state.annotated_features, state.pool_features])
        nodes = train_graph_network(features, 20, options, np.random.default_rng(0), "cpu")
        expected = np.argsort(np.abs(nodes.labelled[20:] - 0.3))[:5]
        assert choice.chosen.tolist() == expected.tolist()

    def test_coregcn_spreads_over_the_hidden_layer(self):
        problem = make_problem()
        options = GCNOptions(epochs=20)
        state = state_of(problem)
        choice = CoreGCN(options).query([state], 5)[0]
        features = np.concatenate([state.annotated_features, state.pool_features])
        nodes = train_graph_network(features, 20, options, np.random.default_rng(0), "cpu")
        alone = k_center_greedy(nodes.hidden[20:], nodes.hidden[:20], 5, np.random.default_rng(0))
        assert choice.chosen.tolist() == alone.chosen.tolist()


class TestVAAL:
    def test_chooses_what_looks_unlike_the_labelled_images(self):
        """Annotated images are dark; in the pool, in any order, half are dark and half are bright."""
        draws = np.random.default_rng(0)
        problem = make_image_problem(pool=40)
        images = draws.integers(60, size=problem.features.shape, dtype=np.uint8)
        bright = draws.permutation(problem.pool)[:20]
        images[bright] += 180
        problem = replace(problem, features=images)
        strategy = VAAL(VAALOptions(epochs=60, width=4, latent=8, batch_size=20, learning_rate=2e-3))
        for seed in (0, 1):
            moved, _ = shuffled(problem, seed)
            choice = strategy.query([state_of(moved, strategy=strategy)], 10)[0]
            assert set(moved.pool[choice.chosen]) <= set(bright), seed
            assert choice.loss.shape == (60,)
            assert choice.loss[-1] < choice.loss[0]


class TestLearningLoss:
    def test_chooses_the_largest_predicted_loss_whatever_the_order_of_the_pool(self):
        problem = make_image_problem()
        strategy = LearningLoss(LossPredictionOptions())
        state = state_of(problem, strategy=strategy)
        other, order = shuffled(problem)
        seen = replace(state.problem, pool=other.pool)
        moved = replace(state, problem=seen, random=np.random.default_rng(0))
        losses = state.classifier.predicted_loss(state.pool_features)
        before, after = (strategy.query([each], 6)[0] for each in (state, moved))
        assert before.chosen.tolist() == np.argsort(-losses)[:6].tolist()
        assert order[after.chosen].tolist() == before.chosen.tolist()

    def test_predicts_larger_losses_where_they_are_larger(self):
        """Half of the images are noise of a brightness of their own, with labels that nothing tells."""
        draws = np.random.default_rng(0)
        easy = make_image_problem(pool=200)
        hard = draws.integers(256, size=easy.features.shape, dtype=np.uint8)
        noisy = draws.uniform(size=len(easy.labels)) < 0.5
        images = np.where(noisy[:, None, None, None], hard, easy.features)
        labels = np.where(noisy, draws.integers(3, size=len(noisy)), easy.labels)
        strategy = LearningLoss(LossPredictionOptions(detach_after=100))
        model = strategy.task_model(make_resnet(epochs=15, decay_after=12, width=4))
        fitted = model.fit(images[easy.pool], labels[easy.pool], np.ones(3))
        losses = fitted.predicted_loss(images[easy.test])
        assert losses[noisy[easy.test]].mean() > losses[~noisy[easy.test]].mean()

    def test_needs_a_network(self):
        from npal_cli.classifiers import ClassifierOptions, make_classifier

        with pytest.raises(TypeError, match="logistic cannot learn to predict its loss"):
            LearningLoss().task_model(make_classifier("logistic", ClassifierOptions()))
