"""Sample pictures of a repository: which of its files look like some, and fetching these. Only on request."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from sdpaint.checkpoints.download import Download
from sdpaint.checkpoints.hub import Hub, Progress, Repo, Stop
from sdpaint.checkpoints.repo_files import RepoFile
from sdpaint.errors import CheckpointError

MOST_SAMPLES = 3
MOST_BYTES = 6 * 1024 * 1024
"""Of one picture; larger ones aren't fetched."""

_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
_SAMPLES = re.compile(
    r"(?<![a-z])(demo|example|gallery|generat|grid|out|output|preview|result|sample|showcase)(s|ed|ion|ions)?(?![a-z])"
)
_OTHERS = re.compile(
    r"(?<![a-z])(arch|architecture|avatar|badge|banner|benchmark|chart|comparison|diagram|elo|figure|framework|icon|input"
    r"|licen[cs]e|logo|loss|mask|metric|overview|pipeline|plot|qr|score|structure|survey|table|teaser|wechat|workflow"
    r")s?(?![a-z])"
)
"""In names of pictures that say nothing of what a checkpoint makes."""


def sample_files(repo: Repo) -> tuple[RepoFile, ...]:
    """Up to three pictures: those whose names or folders say that they are samples first, logos and diagrams last.

    Raises CheckpointError where there are none, or all are too large.
    """
    pictures = [file for file in repo.files if file.path.lower().endswith(_SUFFIXES) and file.size > 0]
    if not pictures:
        raise CheckpointError(f"{repo.id} has no sample pictures", hint="Its page may show some")
    small = [file for file in pictures if file.size <= MOST_BYTES]
    if not small:
        raise CheckpointError(
            f"The pictures of {repo.id} are larger than {MOST_BYTES >> 20} MB", hint="Look at them on its page"
        )
    return tuple(sorted(small, key=_rank)[:MOST_SAMPLES])


def fetch_samples(
    repo: Repo, files: Iterable[RepoFile], hub: Hub, progress: Progress, stop: Stop, wait_s: float = 1.0
) -> Iterator[tuple[RepoFile, bytes]]:
    """The content of one file after the other. `wait_s`: before a broken connection is tried again.

    Nothing of it stays on the disk. Raises as Download.run does, Paused where `stop` is set.
    """
    files = tuple(files)
    total, before = sum(file.size for file in files), 0
    for file in files:
        with tempfile.TemporaryDirectory(prefix="sdpaint-samples-") as folder:
            download = Download(repo, [file], Path(folder), hub, wait_s)
            target = download.run(partial(_tell, progress, before, total), stop)
            content = (target / file.path).read_bytes()
        yield file, content
        before += file.size


def _tell(progress: Progress, before: int, total: int, done: int, _of_one: int) -> None:
    progress(before + done, total)


def _rank(file: RepoFile) -> int:
    """Of two alike, the first in the repository is taken."""
    path = file.path.lower()
    if _OTHERS.search(path):
        return 2
    return 0 if _SAMPLES.search(path) else 1
