import pytest

from fer_core.networks import NETWORKS
from fer_core.networks.recorded import recorded_costs


def test_there_is_a_cost_for_each_network() -> None:
    assert list(recorded_costs()) == list(NETWORKS)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_recorded_costs_are_those_of_the_built_networks(name: str) -> None:
    from fer_core.networks.cost import network_cost

    cost = network_cost(NETWORKS[name].build())
    assert recorded_costs()[name] == {"parameters": cost.parameters, "multiply_adds": cost.multiply_adds}
