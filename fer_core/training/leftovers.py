"""What a job that was stopped or failed leaves behind: folders of runs that hold no record."""

from pathlib import Path

from fer_core.jobs import Job, JobState, JobStore
from fer_core.training.folder import CONFIG, folders_in, trains_now
from fer_core.training.record import RECORD
from fer_core.training.study import PRUNED


def members_folder(ensemble: Path) -> Path:
    """Where the members of an ensemble are trained anew: beside its folder."""
    return ensemble.with_name(f"{ensemble.name}-members")


def _folders_of(job: Job) -> list[Path]:
    if not job.result:
        return []
    folder = Path(job.directory, job.result).resolve().parent
    return [folder, members_folder(folder)] if job.kind == "ensemble" else [folder]


def leftovers(store: JobStore, job: Job, root: Path) -> list[Path]:
    """Folders of a job's training that hold no recorded run.

    Args:
        root: folder of the user's runs; what stands elsewhere is never named.

    Returns:
        The job's whole folder, or where some of its runs are recorded, the folders of those that are neither recorded
        nor given up for better ones. Nothing while the job runs, of one that finished, or while another one that works
        there has not finished, as it may be resumed; and nothing that a process trains now, in the queue or not.
    """
    if job.state in (JobState.RUNNING, JobState.FINISHED):
        return []
    others = [other for other in store.all() if other.id != job.id and other.state is not JobState.FINISHED]
    used = {folder for other in others for folder in _folders_of(other)}
    mine = [folder for folder in _folders_of(job) if root.resolve() in folder.parents and folder not in used]
    return [left for folder in mine if folder.is_dir() for left in _unrecorded(folder)]


def _unrecorded(folder: Path) -> list[Path]:
    if not any(folder.rglob(RECORD)) and not any(map(trains_now, [folder, *folders_in(folder)])):
        return [folder]
    runs = sorted(file.parent for file in folder.glob(f"*/{CONFIG}"))
    return [run for run in runs if not (any(run.rglob(RECORD)) or (run / PRUNED).exists() or trains_now(run))]


def delete_with_leftovers(store: JobStore, job_id: str, root: Path) -> None:
    """Forget a job, and delete what it trained so far.

    Raises:
        JobError: it runs, or there is no such job.
        OSError: a folder can't be deleted; the job stays.
    """
    store.delete(job_id, leftovers=lambda job: leftovers(store, job, root))
