from __future__ import annotations

import threading

import numpy as np

from sdpaint.generation.events import Finished, ImageDone, Phase, Preview, Progress, Started
from sdpaint.worker.mailbox import Mailbox
from tests.guards import GUARD_S

PIXEL = np.zeros((1, 1, 3), np.uint8)


def test_it_wakes_its_reader_once_for_all_that_lies_there():
    woken = []
    box = Mailbox(lambda: woken.append(1))
    box.put(Started("a", 1))
    box.put(Finished("a", 1.0))
    assert len(woken) == 1
    assert [type(event) for event in box.take_all()] == [Started, Finished]
    box.put(Started("b", 1))
    assert len(woken) == 2


def test_the_latest_preview_and_progress_win_and_all_else_stays_in_order():
    box = Mailbox(lambda: None)
    box.put(Preview("a", 0, 1, PIXEL))
    box.put(Progress("a", Phase.SAMPLING, 1, 2))
    done = ImageDone("a", 0, 5, PIXEL)
    box.put(done)
    box.put(Preview("a", 1, 1, PIXEL))
    box.put(Progress("a", Phase.SAMPLING, 2, 2))
    events = box.take_all()
    assert events[0] is done
    assert [(type(event), event.step) for event in events[1:]] == [(Preview, 1), (Progress, 2)]
    assert box.take_all() == []


def test_nothing_is_lost_between_threads():
    ready = threading.Semaphore(0)
    box = Mailbox(ready.release)
    total = 2000

    def send(name: str) -> None:
        for number in range(total):
            box.put(Finished(name, float(number)))

    senders = [threading.Thread(target=send, args=(name,)) for name in "ab"]
    for sender in senders:
        sender.start()
    received = []
    while len(received) < 2 * total:
        assert ready.acquire(timeout=GUARD_S)
        received += box.take_all()
    for sender in senders:
        sender.join()
    for name in "ab":
        assert [e.seconds for e in received if e.request_id == name] == list(range(total))
