"""Downloads that can be paused, go on where they were, and are believed only when their hash is right.

Files come into a folder of their own beside the checkpoints and move to their place together, when all are whole. A
file that is named by a commit never changes, so what is there of it can be gone on from. huggingface_hub says what
there is; its own transfer isn't used, since it reports every 10 MB and can't be stopped in between.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sdpaint.checkpoints.hub import Hub, Progress, Repo, Stop, gated, unreachable
from sdpaint.checkpoints.repo_files import RepoFile, check_path
from sdpaint.errors import CheckpointError, FileError

log = logging.getLogger(__name__)

PARTIAL = ".downloads"
"""Folder within that of the checkpoints where unfinished ones lie."""

_CHUNK = 256 * 1024
_TRIES = 5
"""So often in a row without a single new byte."""
_SPARE_BYTES = 64 * 1024 * 1024
"""What is left free on the disk."""
_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_MAX_WAIT_S = 60.0


class Paused(Exception):
    """The artist stopped the download. What is there stays."""


def folder_name(repo: str) -> str:
    """The folder of a repository's checkpoint: owner--name."""
    return repo.replace("/", "--")


def discard_unfinished(repo: str, selection: Sequence[str], folder: Path) -> None:
    """Throw away what is there of unfinished downloads of a repository, or of these files of it."""
    for partial in _unfinished(repo, selection, folder):
        shutil.rmtree(partial, ignore_errors=True)


def unfinished_bytes(repo: str, selection: Sequence[str], folder: Path) -> int:
    """How much of unfinished downloads of a repository, or of these files of it, lies on the disk."""
    files = (path for partial in _unfinished(repo, selection, folder) for path in partial.rglob("*"))
    return sum(_size_of(path) for path in files if path.is_file())


def _unfinished(repo: str, selection: Sequence[str], folder: Path) -> list[Path]:
    mark = _mark_of(selection) if selection else ""
    return list((folder / PARTIAL).glob(f"{folder_name(repo)}--{'[0-9a-f]' * 12}{mark}"))


def _mark_of(files: Sequence[str]) -> str:
    """Tells selections of one repository apart."""
    return f"-{hashlib.sha256(' '.join(files).encode()).hexdigest()[:8]}"


class Download:
    """The transfer of some files of a repository into `folder`/owner--name. Call `run` again to go on after a pause."""

    def __init__(
        self,
        repo: Repo,
        files: Sequence[RepoFile],
        folder: Path,
        hub: Hub,
        wait_s: float = 1.0,
        is_selection: bool = False,
    ) -> None:
        """`wait_s`: before a broken connection is tried again; doubled each time.

        `is_selection`: a few files of many, which join those that were fetched of the repository before.
        """
        self._is_selection = is_selection
        self._repo, self._files, self._hub, self._wait_s = repo, tuple(files), hub, wait_s
        self.target = folder / folder_name(repo.id)
        # By the commit: what is there of another state of the repository is none of this one.
        mark = _mark_of([file.path for file in files]) if is_selection else ""
        self._partial = folder / PARTIAL / f"{folder_name(repo.id)}--{repo.commit[:12]}{mark}"
        self.total = sum(file.size for file in files)
        self._before = 0

    def run(self, progress: Progress, stop: Stop) -> Path:
        """Fetch what is missing. Returns the folder of the checkpoint.

        Raises Paused; CheckpointError where the hub refuses, fails for good or sends something else than it says;
        FileError where the disk is full or can't be written.
        """
        try:
            self._check_room()
            self._partial.mkdir(parents=True, exist_ok=True)
            with self._client() as client:
                for file in self._files:
                    self._fetch(client, file, progress, stop)
                    self._before += file.size
            return self._move()
        except OSError as error:
            raise FileError(
                f"The download can't be written to {self.target.parent}",
                hint="Make room on the disk, or check the folder's permissions; it goes on from here",
            ) from error

    def discard(self) -> None:
        """Throw away what is there of an unfinished download."""
        shutil.rmtree(self._partial, ignore_errors=True)

    @property
    def bytes_there(self) -> int:
        """How much of it lies on the disk already."""
        return sum(
            file.size if self._is_there(file) else min(_size_of(self._part(file)), file.size) for file in self._files
        )

    # -- one file --------------------------------------------------------------------------------------------------

    def _fetch(self, client: Any, file: RepoFile, progress: Progress, stop: Stop) -> None:
        place = self._place(file)
        if self._is_there(file):
            progress(self._before + file.size, self.total)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        for is_last in (False, True):
            self._transfer(client, file, progress, stop)
            if file.sha256 is None or _hash_of(self._part(file), stop) == file.sha256:
                os.replace(self._part(file), place)
                return
            self._part(file).unlink()
            log.warning("%s of %s came damaged", file.path, self._repo.id)
            if is_last:
                raise CheckpointError(
                    f"{file.path} came damaged, twice", hint="Try again later, or set another mirror"
                )

    def _transfer(self, client: Any, file: RepoFile, progress: Progress, stop: Stop) -> None:
        """Bring the part to its full length, over as many connections as it takes."""
        failures = 0
        while (there := _size_of(self._part(file))) != file.size or not self._part(file).exists():
            _check(stop)
            if there > file.size:
                self._part(file).unlink()
                there = 0
            problem = self._one_connection(client, file, there, progress, stop)
            if _size_of(self._part(file)) > there:
                failures = 0
            if problem is None:
                continue
            failures += 1
            if failures >= _TRIES:
                raise unreachable(self._hub) from problem.error
            log.info("%s: %s, trying again", file.path, problem.error)
            _sleep(max(problem.wait_s, self._wait_s * 2 ** (failures - 1)), stop)

    def _one_connection(
        self, client: Any, file: RepoFile, there: int, progress: Progress, stop: Stop
    ) -> _Problem | None:
        """Add what one connection gives to the part. Returns what went wrong, where it may pass."""
        import httpx2

        headers = {"Range": f"bytes={there}-"} if there else {}
        # Compressed transfer would make lengths and ranges mean something else.
        headers["Accept-Encoding"] = "identity"
        if self._hub.token:
            headers["Authorization"] = f"Bearer {self._hub.token}"
        url = self._hub.file_url(self._repo.id, self._repo.commit, file.path)
        try:
            with client.stream("GET", url, headers=headers) as response:
                if response.status_code in _RETRIED:
                    return _Problem(CheckpointError(f"status {response.status_code}"), _wait_of(response))
                self._check_status(response.status_code, file)
                if response.status_code == 416:
                    self._part(file).unlink(missing_ok=True)
                    return _Problem(CheckpointError("the range isn't there"))
                resumed = response.status_code == 206
                self._append(response, file, there if resumed else 0, progress, stop)
        except (httpx2.TransportError, httpx2.StreamError, httpx2.TooManyRedirects) as error:
            return _Problem(error)
        if _size_of(self._part(file)) < file.size:
            return _Problem(CheckpointError("the connection ended early"))
        return None

    def _append(self, response: Any, file: RepoFile, there: int, progress: Progress, stop: Stop) -> None:
        with self._part(file).open("ab" if there else "wb") as part:
            for chunk in response.iter_bytes(_CHUNK):
                _check(stop)
                if there + len(chunk) > file.size:
                    part.close()
                    self._part(file).unlink()
                    raise CheckpointError(
                        f"{file.path} is longer than the hub said", hint="Try again later, or set another mirror"
                    )
                part.write(chunk)
                there += len(chunk)
                progress(self._before + there, self.total)

    def _check_status(self, status: int, file: RepoFile) -> None:
        if status in (401, 403):
            raise gated(self._repo.id, has_token=self._hub.token is not None)
        if status == 404:
            raise CheckpointError(f"{file.path} isn't there any more", hint="Start the download again")
        if status not in (200, 206, 416):
            raise CheckpointError(f"The hub answered with an error ({status})", hint="Try again later")

    # -- places ----------------------------------------------------------------------------------------------------

    def _place(self, file: RepoFile) -> Path:
        return self._partial.joinpath(*check_path(file.path).parts)

    def _is_there(self, file: RepoFile) -> bool:
        """Whether it is whole: in the unfinished download or, of a selection, from an earlier one."""
        places = [self._place(file), self.target / check_path(file.path)] if self._is_selection else [self._place(file)]
        return any(place.is_file() and place.stat().st_size == file.size for place in places)

    def _part(self, file: RepoFile) -> Path:
        place = self._place(file)
        return place.with_name(place.name + ".part")

    def _check_room(self) -> None:
        folder = self.target.parent
        folder.mkdir(parents=True, exist_ok=True)
        missing = self.total - self.bytes_there
        free = shutil.disk_usage(folder).free
        if missing + _SPARE_BYTES > free:
            raise FileError(
                f"The download needs {_gigabytes(missing)}, and {_gigabytes(free)} are free",
                hint=f"Make room in {folder}, or choose another folder",
            )

    def _move(self) -> Path:
        if self._is_selection and self.target.exists():
            for file in self._files:
                place, target = self._place(file), self.target / check_path(file.path)
                if place.is_file():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(place, target)
            shutil.rmtree(self._partial)
        elif self.target.exists():
            # What was there before is given up only when the new one stands in its place.
            old = self.target.with_name(f".{self.target.name}.old")
            shutil.rmtree(old, ignore_errors=True)
            os.replace(self.target, old)
            os.replace(self._partial, self.target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.replace(self._partial, self.target)
        with contextlib.suppress(OSError):
            (self.target.parent / PARTIAL).rmdir()
        return self.target

    @contextlib.contextmanager
    def _client(self) -> Iterator[Any]:
        import httpx2

        with httpx2.Client(
            follow_redirects=True,
            proxy=self._hub.proxy,
            timeout=httpx2.Timeout(self._hub.timeout_s),
        ) as client:
            yield client


class _Problem:
    """What ended a connection, and how long the server wants to be left alone."""

    def __init__(self, error: Exception, wait_s: float = 0.0) -> None:
        self.error = error
        self.wait_s = wait_s


def _wait_of(response: Any) -> float:
    try:
        return min(_MAX_WAIT_S, max(0.0, float(response.headers.get("Retry-After", "0"))))
    except ValueError:
        return 0.0


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _hash_of(path: Path, stop: Stop) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(4 * 1024 * 1024):
            _check(stop)
            digest.update(chunk)
    return digest.hexdigest()


def _check(stop: Stop) -> None:
    if stop.is_set():
        raise Paused


def _sleep(seconds: float, stop: Stop) -> None:
    deadline = time.monotonic() + min(seconds, _MAX_WAIT_S)
    while (left := deadline - time.monotonic()) > 0:
        if stop.wait(left):
            raise Paused


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
