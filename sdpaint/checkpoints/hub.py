"""The model hub: what a repository holds. Asked only when the artist asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sdpaint.checkpoints.repo_files import RepoFile, check_repo_id
from sdpaint.checkpoints.token import read_token
from sdpaint.errors import CheckpointError, SettingsError
from sdpaint.settings.schema import Settings

DEFAULT_ENDPOINT = "https://huggingface.co"


@dataclass(frozen=True)
class Hub:
    """How to reach the hub, or a mirror of it. `proxy` None: as the system says."""

    endpoint: str = DEFAULT_ENDPOINT
    token: str | None = None
    proxy: str | None = None
    timeout_s: float = 15.0

    @classmethod
    def of_settings(cls, settings: Settings) -> Hub:
        """As the artist has set it up, with the token that the keyring holds. Raises SettingsError."""
        endpoint = settings.hub_endpoint.strip().rstrip("/") or DEFAULT_ENDPOINT
        if not endpoint.startswith(("https://", "http://")):
            raise SettingsError(f"{endpoint} is no address of a mirror", hint="Write it with https:// in front")
        return cls(endpoint, read_token(), settings.hub_proxy.strip() or None)

    def file_url(self, repo: str, commit: str, path: str) -> str:
        """Where a file of a certain state of a repository lies."""
        from huggingface_hub import hf_hub_url

        return hf_hub_url(repo, path, revision=commit, endpoint=self.endpoint)


@dataclass(frozen=True)
class Repo:
    """A repository as it is: `commit` names its state, for good."""

    id: str
    commit: str
    files: tuple[RepoFile, ...]
    license: str = ""


def describe(repo: str, hub: Hub, revision: str | None = None) -> Repo:
    """Ask what a repository holds. Raises CheckpointError where it isn't there, closed, or the hub out of reach."""
    check_repo_id(repo)
    from huggingface_hub import HfApi
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    api = HfApi(endpoint=hub.endpoint, token=hub.token or False)
    try:
        info = api.model_info(repo, revision=revision, files_metadata=True, timeout=hub.timeout_s)
    except OfflineModeIsEnabled as error:
        raise CheckpointError(
            "Downloads are turned off by the environment variable HF_HUB_OFFLINE", hint="Unset it to download"
        ) from error
    except GatedRepoError as error:
        raise gated(repo, has_token=hub.token is not None) from error
    except RepositoryNotFoundError as error:
        raise _not_found(repo) from error
    except RevisionNotFoundError as error:
        raise CheckpointError(f"{repo} has no revision {revision}", hint="Leave it out for the newest") from error
    except HfHubHTTPError as error:
        status = getattr(error.response, "status_code", 0)
        if status in (401, 403):
            raise gated(repo, has_token=hub.token is not None) from error
        if status == 404:
            raise _not_found(repo) from error
        raise CheckpointError(f"The hub answered with an error ({status})", hint="Try again later") from error
    except Exception as error:
        # httpx's and urllib's errors of the network, and JSON that is none.
        raise unreachable(hub) from error
    files = tuple(
        RepoFile(
            sibling.rfilename,
            int((sibling.lfs.size if sibling.lfs else sibling.size) or 0),
            sibling.lfs.sha256 if sibling.lfs else None,
        )
        for sibling in info.siblings or ()
    )
    license_name = getattr(info.card_data, "license", None) if info.card_data else None
    return Repo(repo, str(info.sha), files, str(license_name or ""))


def _not_found(repo: str) -> CheckpointError:
    return CheckpointError(
        f"There is no repository {repo}, or it is private", hint="Check its name; for a private one, give a token"
    )


def gated(repo: str, has_token: bool) -> CheckpointError:
    """What is said of a repository whose licence has to be accepted first."""
    remedy = (
        "Accept its licence on its page, with the account of your token"
        if has_token
        else "Accept its licence on its page, then give sdpaint a token of your account"
    )
    return CheckpointError(f"{repo} is open only to those who accepted its licence", hint=remedy)


def unreachable(hub: Hub) -> CheckpointError:
    """What is said where nothing answers."""
    return CheckpointError(
        f"{hub.endpoint} can't be reached", hint="Check the connection, the proxy, or set another mirror"
    )


Progress = Callable[[int, int], None]
"""Called with the bytes that are there, and all; from the thread that downloads, many times a second."""

Stop = threading.Event
"""Set to pause: what is there stays, and the next call goes on from it."""
