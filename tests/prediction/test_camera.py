import json

import pytest

from fer_core.prediction.camera import ADVICE, CameraFacts, Trouble, diagnose, ice_servers

FINE = {"secure": True, "supported": True, "permission": "granted", "cameras": 1}


@pytest.mark.parametrize(
    ("facts", "trouble"),
    [
        ({}, None),
        (FINE, None),
        ({"secure": False, "supported": False}, Trouble.INSECURE),
        ({"secure": True, "supported": False}, Trouble.UNSUPPORTED),
        (FINE | {"permission": "denied"}, Trouble.DENIED),
        (FINE | {"permission": "prompt"}, None),
        (FINE | {"cameras": 0}, Trouble.NO_CAMERA),
        (FINE | {"cameras": 0, "permission": "denied"}, Trouble.NO_CAMERA),
        (FINE | {"error": "NotAllowedError"}, Trouble.DENIED),
        (FINE | {"error": "NotFoundError"}, Trouble.NO_CAMERA),
        (FINE | {"error": "NotReadableError"}, Trouble.BUSY),
        (FINE | {"error": "SomethingNewError"}, Trouble.BUSY),
        (FINE | {"connecting": 3.0}, None),
        (FINE | {"connecting": 20.0}, Trouble.NOT_CONNECTED),
        (FINE | {"failed": True}, Trouble.NOT_CONNECTED),
        (FINE | {"playing": 2.0}, None),
        (FINE | {"playing": 8.0}, Trouble.NO_FRAMES),
        (FINE | {"playing": 8.0, "seen": True, "silent": 0.1}, None),
        (FINE | {"playing": 30.0, "seen": True, "silent": 9.0}, Trouble.STOPPED),
        (FINE | {"playing": None, "seen": True, "silent": 900.0}, None),
        (FINE | {"playing": 30.0, "seen": True, "silent": None}, None),
    ],
)
def test_each_trouble_is_told_apart(facts, trouble):
    assert diagnose(CameraFacts(**facts)) is trouble


def test_each_trouble_has_its_own_words_and_what_to_do():
    assert set(ADVICE) == set(Trouble)
    assert len(set(ADVICE.values())) == len(ADVICE)


SERVER = {"urls": "turn:turn.example.org:3478", "username": "me", "credential": "secret"}


@pytest.mark.parametrize("setting", [None, "", [], "[]"])
def test_there_is_no_ice_server_by_default(setting):
    assert ice_servers(setting) == []


@pytest.mark.parametrize("setting", [[SERVER], json.dumps([SERVER])])
def test_ice_servers_come_from_values_or_json(setting):
    assert ice_servers(setting) == [SERVER]


@pytest.mark.parametrize(
    "setting", ["turn:turn.example.org", '{"urls": "stun:x"}', [{"url": "stun:x"}], [{"urls": 3}], 5]
)
def test_a_wrong_setting_is_told_with_an_example_and_without_its_secrets(setting):
    with pytest.raises(ValueError, match="ICE servers: expected a list such as"):
        ice_servers(setting)
