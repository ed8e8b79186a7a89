import pytest
from pydantic import ValidationError

from fer_core.training.config import RECORDED, RunConfig


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"epochs": 0}, "epochs"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"loss": "hinge"}, "loss"),
        ({"no_such_field": 1}, "no_such_field"),
        ({"small_epochs": 30, "epochs": 30}, "small_epochs"),
        ({"augment": "copies", "sampling": "none"}, "augment"),
        ({"loss": "focal", "mixup": 0.2}, "mixup"),
        ({"network": "lenet"}, "network: expected one of"),
        ({"network": "cnn", "pretrained": True}, "pretrained"),
        ({"network": "alexnet", "input_size": 48}, "input_size"),
        ({"network": "cnn", "small_epochs": 2}, "small_epochs"),
        ({"network": "face_resnet", "small_epochs": 3}, "small_size: face_resnet needs at least 96, got 32"),
        ({"network": "cnn", "dropout": 0.1}, "dropout: cnn has no dropout"),
        ({"network": "densenet121", "freeze_epochs": 2}, "freeze_epochs"),
        ({"network": "densenet121", "pretrained": True, "freeze_epochs": 5, "epochs": 5}, "freeze_epochs"),
        ({"network": "efficientnet_lite0", "pretrained": True, "activation": "elu"}, "activation: the pretrained"),
        ({"network": "face_resnet", "pretrained": True, "activation": "silu"}, "activation: the pretrained"),
        (
            {"network": "efficientnet_lite0", "pretrained": True, "freeze_epochs": 1, "small_epochs": 1},
            "small_epochs: does not go with freeze_epochs",
        ),
        ({"loss": "focal"}, "label_smoothing: does not go with the focal loss"),
        ({"loss": "focal", "soft_labels": "soft.npz"}, "soft_labels: do not go with the focal loss"),
        ({"soft_labels": "soft.npz", "soft_epochs": 6, "epochs": 5}, "soft_epochs: 6 are more than all"),
    ],
)
def test_impossible_configurations_are_refused_with_the_field_named(fields: dict, named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        RunConfig(**fields)


def test_the_focal_loss_goes_without_smoothing_and_older_records_with_it_are_read() -> None:
    assert RunConfig(loss="focal", label_smoothing=0).loss == "focal"
    smoothed = RunConfig.model_validate({"loss": "focal", "label_smoothing": 0.1}, context={RECORDED: True})
    assert smoothed.label_smoothing == 0.1


def test_pretrained_weights_of_a_backbone_go_with_any_activation_of_the_layers_on_top() -> None:
    assert RunConfig(network="densenet121", pretrained=True, activation="elu").activation == "elu"


def test_a_configuration_survives_being_written_and_read() -> None:
    config = RunConfig(network="compact_vgg", early_stopping=3, ema=0.99, mixup=0.2)
    assert RunConfig.model_validate_json(config.model_dump_json()) == config


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        RunConfig().epochs = 3


def test_a_copy_with_other_fields_is_checked_like_a_new_one() -> None:
    config = RunConfig(network="cnn", epochs=5)
    assert config.changed(epochs=3, mixup=0.2) == RunConfig(network="cnn", epochs=3, mixup=0.2)
    assert config.epochs == 5
    with pytest.raises(ValidationError, match="mixup: does not go with the focal loss"):
        config.changed(loss="focal", mixup=0.2)
