from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from sdpaint.errors import CheckpointError
from sdpaint.generation.events import Cancelled, Finished, ImageDone, Preview
from sdpaint.worker.engine_client import EngineClient
from tests.fakes import FakeEngine
from tests.guards import GUARD_S
from tests.worker.test_engine_worker import request


@pytest.fixture
def make(qapp):
    clients = []

    def make(engine, **options):
        client = EngineClient(engine if callable(engine) else lambda: engine, **options)
        client.seen = []
        client.event_arrived.connect(client.seen.append)
        clients.append(client)
        return client

    yield make
    for client in clients:
        assert client.shutdown()


def ended(client, job_id, kind=Finished):
    return lambda: any(isinstance(e, kind) and e.request_id == job_id for e in client.seen)


def test_a_request_is_worked_off_on_another_thread(qtbot, make):
    engine = FakeEngine()
    client = make(engine)
    job = client.submit(request())
    assert client.pending == (job,)
    qtbot.waitUntil(ended(client, job))
    assert engine.threads == engine.threads - {threading.get_ident()} != set()
    assert client.pending == ()


def test_events_arrive_on_the_gui_thread(qtbot, make):
    client = make(FakeEngine())
    threads = []
    client.event_arrived.connect(lambda _: threads.append(threading.get_ident()))
    qtbot.waitUntil(ended(client, client.submit(request())))
    assert set(threads) == {threading.get_ident()}


def test_jobs_wait_for_one_another(qtbot, make):
    client = make(FakeEngine())
    jobs = [client.submit(request()) for _ in range(3)]
    qtbot.waitUntil(ended(client, jobs[-1]))
    order = list(dict.fromkeys(event.request_id for event in client.seen))
    assert order == jobs


def test_a_busy_gui_thread_finds_one_preview(qtbot, make):
    engine = FakeEngine(hold_at=3)
    client = make(engine)
    job = client.submit(request())
    engine.wait_until_held()  # without the event loop: two steps have been made meanwhile
    engine.release()
    qtbot.waitUntil(ended(client, job))
    previews = [event for event in client.seen if isinstance(event, Preview)]
    assert previews[-1].step == 3
    assert len(previews) <= 2


def test_cancel_ends_the_running_job_within_a_step_and_the_waiting_ones_at_once(qtbot, make):
    engine = FakeEngine(hold_at=2)
    client = make(engine)
    jobs = [client.submit(request()) for _ in range(3)]
    engine.wait_until_held()
    client.cancel()
    for job in jobs:
        qtbot.waitUntil(ended(client, job, Cancelled))
    assert len(engine.requests) == 1
    assert not any(isinstance(event, ImageDone) for event in client.seen)


def test_cancelling_a_waiting_job_leaves_the_running_one_alone(qtbot, make):
    engine = FakeEngine(hold_at=2)
    client = make(engine)
    running, waiting = client.submit(request()), client.submit(request())
    engine.wait_until_held()
    client.cancel(waiting)
    qtbot.waitUntil(ended(client, waiting, Cancelled))
    engine.release()
    qtbot.waitUntil(ended(client, running))
    assert len(engine.requests) == 1


def test_finishing_early_hands_out_what_is_there(qtbot, make):
    engine = FakeEngine(hold_at=2)
    client = make(engine)
    job = client.submit(request())
    engine.wait_until_held()
    client.finish_early()
    qtbot.waitUntil(ended(client, job))
    (done,) = [event for event in client.seen if isinstance(event, ImageDone)]
    assert not done.complete


def test_the_next_job_works_after_a_cancel(qtbot, make):
    engine = FakeEngine(hold_at=2)
    client = make(engine)
    first = client.submit(request())
    engine.wait_until_held()
    client.cancel()
    qtbot.waitUntil(ended(client, first, Cancelled))
    engine.release()
    qtbot.waitUntil(ended(client, client.submit(request())))


def test_a_checkpoint_is_loaded_ahead(qtbot, make, tmp_path):
    engine = FakeEngine(device="ready")
    client = make(engine)
    with qtbot.waitSignal(client.device_changed, check_params_cb=lambda line, why: line == "ready"):
        client.preload(tmp_path)
    assert engine.warmed_up == [tmp_path]


def test_a_failed_preload_is_said(qtbot, make, tmp_path):
    client = make(FakeEngine(warm_up_error=CheckpointError("gone", "choose another")))
    with qtbot.waitSignal(client.preload_failed) as signal:
        client.preload(tmp_path)
    assert signal.args[0].message == "gone"


def test_shutdown_in_the_middle_ends_the_thread_and_nothing_is_said_afterwards(qtbot, make):
    engine = FakeEngine(hold_at=2)
    client = make(engine)
    client.submit(request())
    client.submit(request())
    engine.wait_until_held()
    assert client.shutdown()
    said = len(client.seen)
    qtbot.wait(20)
    assert len(client.seen) == said
    assert engine.is_closed
    assert client.shutdown()
    with pytest.raises(RuntimeError):
        client.submit(request())


def test_a_client_that_was_never_used_starts_no_thread(make):
    assert make(FakeEngine).shutdown()


def test_a_hung_engine_does_not_keep_the_program(qtbot, make):
    release = threading.Event()
    reached = threading.Event()

    def hang(*_):
        reached.set()
        release.wait(GUARD_S)

    client = make(FakeEngine([[hang]]))
    client.submit(replace(request()))
    assert reached.wait(GUARD_S)
    assert client.shutdown(timeout_s=0.05) is False
    release.set()
    qtbot.waitUntil(client.shutdown)


def test_a_client_dropped_while_its_thread_hung_does_not_abort_the_process():
    program = """
import os, threading
from PySide6.QtCore import QCoreApplication
from sdpaint.worker.engine_client import EngineClient
from tests.fakes import FakeEngine
from tests.guards import GUARD_S
from tests.worker.test_engine_worker import request
app = QCoreApplication([])
reached = threading.Event()
client = EngineClient(lambda: FakeEngine([[lambda *_: (reached.set(), threading.Event().wait(60))]]))
client.submit(request())
reached.wait(GUARD_S)
ended = client.shutdown(0.05)
del client
print("left", ended, flush=True)
os._exit(7)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "left False"
    assert done.returncode == 7, done.stderr
