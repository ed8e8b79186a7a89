"""What an import says about a source."""

from dataclasses import dataclass, field


@dataclass
class ImportReport:
    """What became of the files of a source.

    Attributes:
        source: the path that was read.
        kind: `folder`, `zip` or `csv`.
        read: images taken over.
        skipped: one sentence for each file that was left out.
        warnings: what is unusual about the whole, e.g. counts that differ from FER2013's.
    """

    source: str
    kind: str
    read: int = 0
    skipped: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
