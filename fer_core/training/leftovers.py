"""What a job that was stopped or failed leaves behind: folders of runs that hold no record."""

import shutil
from pathlib import Path

from fer_core.jobs import Job, JobState, JobStore
from fer_core.training.folder import CONFIG
from fer_core.training.record import RECORD


def _folder_of(job: Job) -> Path | None:
    return Path(job.directory, job.result).resolve().parent if job.result else None


def leftovers(store: JobStore, job: Job, root: Path) -> list[Path]:
    """Folders of a job's training that hold no recorded run.

    Args:
        root: folder of the user's runs; what stands elsewhere is never named.

    Returns:
        The job's whole folder, or where some of its runs are recorded, the folders of the others. Nothing while the job
        runs, or while another one that works there has not ended.
    """
    folder = _folder_of(job)
    if folder is None or root.resolve() not in folder.parents or not folder.is_dir():
        return []
    others = [other for other in store.all() if other.id != job.id and not other.state.ended]
    if job.state is JobState.RUNNING or folder in map(_folder_of, others):
        return []
    runs = [folder, *sorted(file.parent for file in folder.glob(f"*/{CONFIG}"))]
    left = [run for run in runs if not any(run.rglob(RECORD))]
    return [folder] if folder in left else left


def delete_with_leftovers(store: JobStore, job_id: str, root: Path) -> None:
    """Forget a job, and delete what it trained so far.

    Raises:
        JobError: it runs, or there is no such job.
        OSError: a folder can't be deleted; the job stays.
    """
    for folder in leftovers(store, store.read(job_id), root):
        shutil.rmtree(folder)
    store.delete(job_id)
