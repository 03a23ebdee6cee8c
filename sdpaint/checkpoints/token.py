"""The artist's token for the model hub, kept in the system's keyring and nowhere else."""

from __future__ import annotations

from typing import Any

from sdpaint.errors import SettingsError

_SERVICE, _USER = "sdpaint", "model hub"


def read_token() -> str | None:
    """The token, None where there is none or the system has no keyring that can be opened."""
    keyring, error_class = _keyring()
    try:
        token = keyring.get_password(_SERVICE, _USER)
    except error_class:
        # A machine without a keyring has no token in it either.
        return None
    return str(token) if token else None


def keep_token(token: str) -> None:
    """Keep a token. Raises SettingsError where it is none, or the system has no keyring that can be opened."""
    token = token.strip()
    if not token or len(token) > 512 or not token.isascii() or any(letter.isspace() for letter in token):
        raise SettingsError("That is no token", hint="Copy it from your account's page on the hub")
    keyring, error_class = _keyring()
    try:
        keyring.set_password(_SERVICE, _USER, token)
    except error_class as error:
        raise SettingsError(
            "The system's keyring can't be used", hint="Unlock it, or install one, such as GNOME Keyring or KWallet"
        ) from error


def forget_token() -> None:
    """Take the token out of the keyring, where there is one."""
    keyring, error_class = _keyring()
    if read_token() is None:
        return
    try:
        keyring.delete_password(_SERVICE, _USER)
    except error_class as error:
        raise SettingsError("The system's keyring can't be used", hint="Unlock it and try again") from error


def _keyring() -> tuple[Any, type[Exception]]:
    # Looking for the system's keyring takes a moment, and only gated downloads need it.
    import keyring
    from keyring.errors import KeyringError

    return keyring, KeyringError
