"""A child process for the queue's kill test: generates with the real controllers and a fake engine until it is killed.

`python -m tests.queueing_child ROOT new|again`. `new` queues 200 jobs with seeds 1 to 200, of which one is cancelled
and one fails; `again` goes on with what is left. ROOT/ready is written once all are on disk; the process ends by itself
when nothing waits, after writing the seeds of those that failed to ROOT/failed.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtCore import QCoreApplication, QTimer

from sdpaint.checkpoints.identify import read_checkpoint
from sdpaint.controllers.document_controller import DocumentController
from sdpaint.controllers.generation_controller import GenerationController
from sdpaint.controllers.stores import Stores
from sdpaint.document import edits
from sdpaint.errors import OutOfMemory
from sdpaint.fileio.queue_store import QueueStore
from sdpaint.fileio.results import ResultStore
from sdpaint.generation.events import Failed
from sdpaint.imaging.geometry import Size
from sdpaint.paths import starter_checkpoint
from sdpaint.worker.engine_client import EngineClient
from tests.fakes import FakeEngine

COUNT, CANCELLED, FAILING = 200, 5, 7


class Engine(FakeEngine):
    """Takes a while for each picture, and never has room for one of them."""

    def generate(self, request, emit, cancel):
        if request.seed == FAILING:
            emit(Failed(request.id, OutOfMemory("The picture is too large", hint="Make it smaller")))
            return
        time.sleep(0.01)
        super().generate(request, emit, cancel)


def main(root: Path, is_new: bool) -> None:
    app = QCoreApplication(["child"])
    documents = DocumentController(edits.new_document(Size(64, 64)))
    info = replace(read_checkpoint(starter_checkpoint()), min_side_px=64)
    generation = GenerationController(
        documents, EngineClient(Engine), Stores(ResultStore(root / "results"), queue=QueueStore(root / "queue")), info,
        (info,),
    )

    def end_when_done() -> None:
        if not generation.is_busy and not generation.keeper.left:
            (root / "failed").write_text(" ".join(str(job.seed) for job in generation.queue.failed))
            generation.shutdown()
            app.quit()

    poll = QTimer(interval=20)
    poll.timeout.connect(end_when_done)
    if is_new:
        generation.set_params(prompt="a hill")
        generation.set_paused(True)
        for seed in range(1, COUNT + 1):
            generation.set_sampling(steps=1, seed=seed)
            generation.generate()
        generation.cancel_job(next(job for job in generation.queue.jobs if job.seed == CANCELLED))
        generation._writing.run(lambda: (root / "ready").write_text(""), lambda _: generation.set_paused(False), print)
        generation.busy_changed.connect(lambda _busy: poll.start())
    else:
        generation.keeper.left_changed.connect(lambda: generation.resume_left() if generation.keeper.left else None)
        generation.keeper.look()
        generation._writing.run(lambda: (root / "ready").write_text(""), lambda _: poll.start(), print)
    app.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] == "new")
