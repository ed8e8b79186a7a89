import pytest

from fer_core.networks import NETWORKS
from fer_core.training.presets import presets, report_preset


def test_each_network_of_the_report_has_its_optimum() -> None:
    for name, spec in NETWORKS.items():
        if spec.report:
            config = report_preset(name)
            assert config.network == name
            assert (config.batch_size, config.sampling, config.loss) == (32, "full", "cross_entropy")
    assert report_preset("vgg").activation == "elu"
    assert report_preset("densenet121").pretrained


def test_a_network_that_the_report_does_not_know_is_named() -> None:
    with pytest.raises(ValueError, match="compact_vgg"):
        report_preset("compact_vgg")


def test_there_is_a_preset_of_each_network_and_names_differ() -> None:
    assert {config.network for config in presets().values()} == set(NETWORKS)
    assert any(config.freeze_epochs for config in presets().values())
