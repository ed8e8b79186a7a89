"""Several networks that answer together, run by ONNX Runtime."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from pydantic import ValidationError

from fer_core.datasets.dataset import IMAGE_SIZE
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.calibration import softmax
from fer_core.prediction.card import SHIPPED_CARD, EnsembleCard, Member, Preprocessing, check_classes
from fer_core.prediction.errors import ModelError
from fer_core.validation import problems

BATCH = 32
THREADS = 2


def is_network(path: str | Path) -> bool:
    """Whether a file is one network; an ensemble's card is told by its name, which ends with .json."""
    return Path(path).suffix.lower() != ".json"


def model_file(path: str | Path) -> Path:
    """The card or network that is meant: of a folder the card `ensemble.json` in it, or its run's network.

    Raises:
        ModelError: it is a folder without either, or can't be examined.
    """
    path = Path(path)
    try:
        if not path.is_dir():
            return path
        from fer_core.training.record import model_of  # with YAML and more, which a file alone is spared

        card = path / SHIPPED_CARD.name
        found = card if card.is_file() else model_of(path)
    except OSError as error:
        raise ModelError(f"{path}: the model can't be read ({error.strerror})") from error
    if found is None:
        raise ModelError(f"{path}: in this folder is neither {card.name} nor a run's network")
    return found


def start_session(model: str | Path | bytes, threads: int = THREADS) -> onnxruntime.InferenceSession:
    """An ONNX Runtime session on the CPU that tells errors only.

    Args:
        model: a file or its content.
        threads: processor threads that one answer may use.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    # Waiting threads that spin halve the speed of both while a training runs beside.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _read(path: Path) -> tuple[bytes, str]:
    """Content of a model file and its SHA-256."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: the model can't be read ({error.strerror})") from error
    return content, hashlib.sha256(content).hexdigest()


def _session(path: Path, content: bytes, threads: int) -> onnxruntime.InferenceSession:
    """A session of a network whose classes, preprocessing and shapes are the ones that this package gives it."""
    try:
        session = start_session(content, threads)
    except Exception as error:  # ONNX Runtime's errors share no class of their own
        raise ModelError(f"{path}: not an ONNX model that can be run ({error})") from error
    metadata = session.get_modelmeta().custom_metadata_map
    try:
        check_classes(tuple(json.loads(metadata.get("classes", "[]"))))
        Preprocessing.model_validate_json(metadata.get("preprocessing", "null"))
    except ValidationError as error:
        raise ModelError(f"{path}: metadata preprocessing: {problems(error)}") from error
    except (ValueError, TypeError) as error:
        raise ModelError(f"{path}: metadata classes: {error}; export the network again") from error
    inputs, outputs = session.get_inputs(), [output.name for output in session.get_outputs()]
    expected = [IMAGE_SIZE, IMAGE_SIZE, 1]
    if [i.name for i in inputs] != ["images"] or inputs[0].shape[1:] != expected or "logits" not in outputs:
        found = ", ".join(f"{i.name} {i.shape}" for i in inputs)
        raise ModelError(
            f"{path}: expected the input images [n, {', '.join(map(str, expected))}] and the output logits, "
            f"found {found} and {', '.join(outputs)}"
        )
    return session


@dataclass(frozen=True, eq=False)
class MemberOutputs:
    """What each member says about some faces.

    Attributes:
        probabilities: (members, n, 7) float32.
        class_maps: for each member (n, h, w, 7) float32, in logits, turned back and averaged where faces were mirrored;
            None for a member whose network has none, and where n is 0.
    """

    probabilities: np.ndarray
    class_maps: tuple[np.ndarray | None, ...]


class Ensemble:
    """Networks that answer together by soft voting; may be used from several threads at once.

    Args:
        card: members and how their answers are joined.
        sessions: one for each member, in the card's order.
        folder: where the members' files stand.
    """

    def __init__(self, card: EnsembleCard, sessions: list[onnxruntime.InferenceSession], folder: Path) -> None:
        self.card, self.folder = card, folder
        self._sessions = sessions
        self._weights = np.array([member.weight for member in card.members])

    @classmethod
    def load(cls, card_path: str | Path = SHIPPED_CARD, threads: int = THREADS) -> "Ensemble":
        """The ensemble of a card.

        Args:
            card_path: the card; member files stand relative to it.
            threads: processor threads that one answer may use.

        Raises:
            ModelError: the card or a member can't be read, or a member is not the file that the card names.
        """
        card = EnsembleCard.read(card_path)
        sessions = []
        for member in card.members:
            path = Path(card_path).parent / member.file
            content, sha256 = _read(path)
            if sha256 != member.sha256:
                raise ModelError(
                    f"{path}: SHA-256 is {sha256[:12]}..., expected {member.sha256[:12]}... by {card_path}; "
                    "the file is damaged or another one, take both from the same place"
                )
            sessions.append(_session(path, content, threads))
        return cls(card, sessions, Path(card_path).parent)

    @classmethod
    def of_file(cls, path: str | Path, threads: int = THREADS) -> "Ensemble":
        """The ensemble of a card, or one network alone, or either in a folder; see `load`, `of_model`, `model_file`."""
        path = model_file(path)
        return cls.of_model(path, threads) if is_network(path) else cls.load(path, threads)

    @classmethod
    def of_model(cls, onnx_path: str | Path, threads: int = THREADS, *, flip_averaging: bool = True) -> "Ensemble":
        """One network alone, not calibrated (temperature 1) and always sure.

        Raises:
            ModelError: the file can't be read, or is not a network of this package.
        """
        path = Path(onnx_path)
        content, sha256 = _read(path)
        session = _session(path, content, threads)
        metadata = session.get_modelmeta().custom_metadata_map
        card = EnsembleCard(
            name=path.stem,
            classes=EMOTIONS,
            preprocessing=Preprocessing(),
            flip_averaging=flip_averaging,
            temperature=1.0,
            not_sure_below=0.0,
            data_fingerprint=metadata.get("data_fingerprint", ""),
            members=(Member(name=path.stem, file=path.name, sha256=sha256),),
        )
        return cls(card, [session], path.parent)

    @property
    def names(self) -> tuple[str, ...]:
        """What the members are called."""
        return self.card.titles

    def member_outputs(self, images: np.ndarray) -> MemberOutputs:
        """Probabilities and class activation maps of each member, from the same pass.

        Args:
            images: (n, 48, 48) uint8 grayscale.

        Raises:
            ValueError: another shape or type.
        """
        return self._run(images, class_maps=True)

    def member_probabilities(self, images: np.ndarray) -> np.ndarray:
        """What each member says.

        Args:
            images: (n, 48, 48) uint8 grayscale.

        Returns:
            (members, n, 7) float32: softmax of each pass, then the mean of a face and its mirror image.

        Raises:
            ValueError: another shape or type.
        """
        return self._run(images, class_maps=False).probabilities

    def combine(self, member_probabilities: np.ndarray) -> np.ndarray:
        """Soft voting: the weighted mean over the members, calibrated.

        Args:
            member_probabilities: (members, n, 7).

        Returns:
            (n, 7), rows sum to 1.
        """
        mean = np.average(member_probabilities, axis=0, weights=self._weights)
        return self.card.calibrated(mean.astype(np.float32))

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of the ensemble.

        Args:
            images: (n, 48, 48) uint8 grayscale.

        Returns:
            (n, 7) float32, rows sum to 1.
        """
        return self.combine(self.member_probabilities(images))

    def _run(self, images: np.ndarray, *, class_maps: bool) -> MemberOutputs:
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (IMAGE_SIZE, IMAGE_SIZE):
            expected = f"uint8 (n, {IMAGE_SIZE}, {IMAGE_SIZE})"
            raise ValueError(f"images: expected {expected}, got {images.dtype} {images.shape}")
        probabilities = np.empty((len(self._sessions), len(images), len(EMOTIONS)), dtype=np.float32)
        maps: list[list[np.ndarray]] = [[] for _ in self._sessions]
        for start in range(0, len(images), BATCH):
            part = images[start : start + BATCH, :, :, None].astype(np.float32)
            for number, session in enumerate(self._sessions):
                with_maps = class_maps and "class_maps" in {output.name for output in session.get_outputs()}
                logits, *found = self._passes(session, part, ["logits", "class_maps"] if with_maps else ["logits"])
                probabilities[number, start : start + BATCH] = softmax(logits).mean(axis=0)
                if found:
                    straight, *mirrored = found[0]
                    maps[number].append(np.mean([straight, *(turned[:, :, ::-1] for turned in mirrored)], axis=0))
        return MemberOutputs(probabilities, tuple(np.concatenate(member) if member else None for member in maps))

    def _passes(
        self, session: onnxruntime.InferenceSession, images: np.ndarray, outputs: list[str]
    ) -> list[np.ndarray]:
        """Each output as (passes, n, ...): the images, and their mirror images where the card asks for them."""
        passes = [images, images[:, :, ::-1]] if self.card.flip_averaging else [images]
        answers = session.run(outputs, {"images": np.concatenate(passes)})
        return [answer.reshape(len(passes), len(images), *answer.shape[1:]) for answer in answers]
