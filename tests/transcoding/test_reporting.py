import threading
from dataclasses import dataclass, field

import pytest

from tests.waiting import wait_until
from transcoding import reporting
from transcoding.errors import CancelledError
from transcoding.messages import EventKind, Snapshot, Stage, TranscodeEvent
from transcoding.reporting import Reporter
from transcoding.sandbox import StopSignal


@dataclass
class Broker:
    """Takes events, unless it is away."""

    is_away: bool = False
    is_cancelled: bool = False
    sent: list[TranscodeEvent] = field(default_factory=list)
    tries: int = 0
    tried: threading.Event = field(default_factory=threading.Event)

    def send(self, event: TranscodeEvent) -> None:
        self.tries += 1
        self.tried.set()
        if self.is_away:
            raise ConnectionError
        self.sent.append(event)

    def cancelled(self) -> bool:
        return self.is_cancelled


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    for name in ("PROGRESS_EVERY_S", "CANCEL_EVERY_S", "RETRY_S"):
        monkeypatch.setattr(reporting, name, 0.05)
    monkeypatch.setattr(reporting, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(reporting, "LAST_WORDS_S", 0.5)
    return Broker()


def reporter_for(broker: Broker, stop: StopSignal | None = None) -> Reporter:
    return Reporter(job="j", token=3, send=broker.send, is_cancelled=broker.cancelled, stop=stop or StopSignal())


def tell(reporter: Reporter, kind: EventKind, percent: float) -> None:
    reporter.news(kind, stage=Stage.ENCODE, percent=percent, snapshot=Snapshot(encoded_ms=round(percent)))


def test_milestones_arrive_in_order_and_numbers_only_grow(broker: Broker) -> None:
    with reporter_for(broker) as reporter:
        for percent in range(100):
            kind = {0: EventKind.STARTED, 40: EventKind.PLAYABLE}.get(percent, EventKind.PROGRESS)
            tell(reporter, kind, percent)
        assert reporter.deliver(reporter.done(Snapshot(encoded_ms=100)))
    kinds = [event.kind for event in broker.sent if event.kind is not EventKind.PROGRESS]
    assert kinds == [EventKind.STARTED, EventKind.PLAYABLE, EventKind.DONE]
    numbers = [event.seq for event in broker.sent]
    assert numbers == sorted(set(numbers))
    assert broker.sent[-1].kind is EventKind.DONE
    assert broker.sent[-1].snapshot.encoded_ms == 100
    assert broker.sent[-1].percent == 100


def test_progress_is_thinned_out(broker: Broker) -> None:
    with reporter_for(broker) as reporter:
        for percent in range(1000):
            tell(reporter, EventKind.PROGRESS, percent / 10)
        reporter.deliver(reporter.done(Snapshot()))
    assert len(broker.sent) < 20


def test_silence_is_broken_by_a_heartbeat(broker: Broker) -> None:
    with reporter_for(broker) as reporter:
        tell(reporter, EventKind.STARTED, 0)
        wait_until(lambda: len(broker.sent) >= 3, timeout_s=10, message="no heartbeat")
    assert {event.kind for event in broker.sent[1:]} == {EventKind.PROGRESS}


def test_a_broker_that_is_away_holds_nothing_up_and_gets_everything_later(broker: Broker) -> None:
    broker.is_away = True
    with reporter_for(broker) as reporter:
        tell(reporter, EventKind.STARTED, 0)
        tell(reporter, EventKind.PLAYABLE, 10)
        wait_until(lambda: broker.tries > 2, timeout_s=10, message="no second try")
        broker.is_away = False
        assert reporter.deliver(reporter.done(Snapshot()))
    kinds = [event.kind for event in broker.sent if event.kind is not EventKind.PROGRESS]
    assert kinds == [EventKind.STARTED, EventKind.PLAYABLE, EventKind.DONE]


def test_a_broker_that_stays_away_is_given_up(broker: Broker) -> None:
    broker.is_away = True
    with reporter_for(broker) as reporter:
        assert not reporter.deliver(reporter.done(Snapshot()))


def test_a_cancel_key_stops_the_job(broker: Broker) -> None:
    stop = StopSignal()
    broker.is_cancelled = True
    with reporter_for(broker, stop), pytest.raises(CancelledError):
        stop.wait(10)
