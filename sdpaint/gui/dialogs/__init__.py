"""Dialogs: only for what a line or a panel cannot do."""
