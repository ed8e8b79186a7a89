"""What keeps a live camera from being seen, told apart by what browser and server know, and what to do about it."""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

from fer_core.words import N_

CONNECTING_SECONDS = 15.0
"""After which a connection that has not come about is taken as failed."""
SILENT_SECONDS = 5.0
"""Without a frame, after which a connected camera counts as silent."""


class Trouble(Enum):
    """Each with what it is called."""

    INSECURE = N_("This address is not secure, so the browser gives no camera.")
    UNSUPPORTED = N_("This browser offers no camera to pages.")
    DENIED = N_("The browser may not use the camera here.")
    NO_CAMERA = N_("No camera was found.")
    BUSY = N_("The camera is there but does not start.")
    NOT_CONNECTED = N_("The video connection did not come about.")
    NO_FRAMES = N_("The connection stands, but no picture arrives.")
    STOPPED = N_("The camera stopped in the middle of the stream.")


ADVICE: dict[Trouble, str] = {
    Trouble.INSECURE: N_(
        "Browsers allow the camera on https:// addresses and on localhost alone. Open the page there, or put it behind "
        "a server that speaks https."
    ),
    Trouble.UNSUPPORTED: N_(
        "Open the page in a current Chrome, Edge, Firefox or Safari, not inside another app or page."
    ),
    Trouble.DENIED: N_(
        "Click the camera or lock symbol beside the address, allow the camera, and load the page again. If it is "
        "allowed there, look at the system's privacy settings for the browser."
    ),
    Trouble.NO_CAMERA: N_("Plug one in or switch it on; the page notices by itself. On a server, no camera is normal."),
    Trouble.BUSY: N_("Close other programs and tabs that use it (meetings, recorders), then start again."),
    Trouble.NOT_CONNECTED: N_(
        "A firewall or the network prevents a direct connection between browser and server (ICE failed). Whoever runs "
        "this page can name STUN and TURN servers: `ice_servers` in .streamlit/secrets.toml, or FER_ICE_SERVERS."
    ),
    Trouble.NO_FRAMES: N_(
        "Check that the camera's shutter is open and that no other program is using the camera, then start again."
    ),
    Trouble.STOPPED: N_("It was unplugged, fell asleep or was taken by another program. Stop, and start again."),
}
CAMERA_WORKS = {Trouble.NOT_CONNECTED, Trouble.NO_FRAMES, Trouble.STOPPED}
"""Troubles of the stream alone: a single snapshot may still go well."""


@dataclass(frozen=True)
class CameraFacts:
    """What is known of a camera and its stream; None where it is not known.

    Attributes:
        secure: the page stands on https or localhost (`window.isSecureContext`).
        supported: the browser offers cameras to pages (`navigator.mediaDevices`).
        permission: `granted`, `denied` or `prompt`.
        cameras: how many there are.
        error: name of the error that the browser gave when the camera was tried, such as `NotReadableError`.
        connecting: seconds that the connection has been coming about; None while it is not.
        failed: the last connection ended before it stood.
        playing: seconds that the connection has stood; None while it does not.
        seen: a frame ever came in, answered or not.
        silent: seconds since the last one; None where silence is meant.
    """

    secure: bool | None = None
    supported: bool | None = None
    permission: str | None = None
    cameras: int | None = None
    error: str | None = None
    connecting: float | None = None
    failed: bool = False
    playing: float | None = None
    seen: bool = False
    silent: float | None = None


ERRORS: dict[str, Trouble] = {
    "NotAllowedError": Trouble.DENIED,
    "SecurityError": Trouble.DENIED,
    "NotFoundError": Trouble.NO_CAMERA,
    "OverconstrainedError": Trouble.NO_CAMERA,
    "NotReadableError": Trouble.BUSY,
    "AbortError": Trouble.BUSY,
}
"""Errors of `getUserMedia` (W3C, Media Capture and Streams)."""


def diagnose(facts: CameraFacts) -> Trouble | None:
    """What is wrong; None where nothing is known to be. The first cause is told, and not what follows from it."""
    if facts.seen:
        silent = facts.playing is not None and facts.silent is not None and facts.silent >= SILENT_SECONDS
        return Trouble.STOPPED if silent else None
    if facts.secure is False:
        return Trouble.INSECURE
    if facts.supported is False:
        return Trouble.UNSUPPORTED
    if facts.cameras == 0:
        return Trouble.NO_CAMERA
    if facts.permission == "denied":
        return Trouble.DENIED
    if facts.error:
        return ERRORS.get(facts.error, Trouble.BUSY)
    if facts.playing is not None:
        return Trouble.NO_FRAMES if facts.playing >= SILENT_SECONDS else None
    if facts.connecting is not None:
        return Trouble.NOT_CONNECTED if facts.connecting >= CONNECTING_SECONDS else None
    return Trouble.NOT_CONNECTED if facts.failed else None


def ice_servers(setting: Any) -> list[dict[str, Any]]:
    """STUN and TURN servers out of a setting.

    Args:
        setting: None or empty for no server, or a list of `{"urls": ..., "username": ..., "credential": ...}`, as
            values or as JSON; username and credential may be absent.

    Raises:
        ValueError: anything else.
    """
    if not setting:
        return []
    try:
        entries = json.loads(setting) if isinstance(setting, str) else setting
        servers = [dict(entry) for entry in entries]
        if all(isinstance(server["urls"], str | list) for server in servers):
            return servers
    except (ValueError, TypeError, KeyError):
        pass
    raise ValueError(
        'ICE servers: expected a list such as [{"urls": "turn:turn.example.org:3478", "username": "me", "credential": '
        f'"secret"}}], found {type(setting).__name__} that is none'
    )
