"""How OpenMP's threads wait, set before torch is loaded. No torch here.

By default they spin at the end of each parallel region until the last of them arrives. On a machine where anything
else runs (the window, for one) the last is often the one that was put aside for it, while the others burn the core
that it needs: on two cores beside one busy process 20 steps of the starter took 4 to 30 s, and 1.3 to 2.2 s with
threads that sleep while they wait. On an idle machine both take the same within a few per cent.
"""

from __future__ import annotations

import os


def let_waiting_threads_sleep() -> None:
    """Choose the passive wait policy, unless the environment already says which. Effective until torch is imported."""
    if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"} & os.environ.keys():
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
