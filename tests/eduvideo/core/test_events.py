import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import OperationalError, transaction

from eduvideo.core import clock, events, relay
from eduvideo.core.events import Event, emit, on, on_many
from eduvideo.core.models import Lease, OutboxEvent
from tests.servers.valkey import ValkeyServer
from tests.waiting import wait_until


@dataclass(frozen=True, slots=True)
class BellRang(Event):
    lesson_id: int


@dataclass(frozen=True, slots=True)
class BellCracked(Event):
    lesson_id: int


@dataclass(frozen=True, slots=True)
class HourStruck(Event):
    hour: int


@dataclass(slots=True)
class Belfry:
    """What a handler of many events was given at once; one for a lesson below zero makes it fail."""

    runs: list[list[int]]
    looks: int = 0
    is_away: bool = False

    def look(self) -> None:
        self.looks += 1
        if self.is_away:
            raise ConnectionError("nobody in the tower")

    def hear(self, news: Sequence[BellRang | BellCracked]) -> None:
        self.runs.append([event.lesson_id for event in news])
        if self.is_away or any(event.lesson_id < 0 for event in news):
            raise ValueError("a broken bell")


@pytest.fixture
def belfry(heard: list[int], monkeypatch: pytest.MonkeyPatch) -> Belfry:
    belfry = Belfry([])
    monkeypatch.setattr(events, "_many_handlers", [])
    on_many(BellRang, BellCracked, needs=belfry.look)(belfry.hear)
    return belfry


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets so many seconds pass."""
    passed = [0.0]
    now = clock.now
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(seconds=passed[0]))

    def wait(seconds: float) -> None:
        passed[0] += seconds

    return wait


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lessons whose bell a handler has heard; a negative one makes the handler fail."""
    lessons: list[int] = []
    monkeypatch.setattr(events, "_handlers", events.defaultdict(list))
    monkeypatch.setattr(events, "_classes", {})

    @on(BellRang)
    def hear(event: BellRang) -> None:
        lessons.append(event.lesson_id)
        if event.lesson_id < 0:
            raise ValueError("a broken bell")

    return lessons


def ring(lesson_id: int, kind: type[BellRang | BellCracked] = BellRang) -> None:
    with transaction.atomic():
        emit(kind(lesson_id=lesson_id))


def make_due() -> None:
    OutboxEvent.objects.update(due_at=clock.now())


@pytest.mark.django_db(transaction=True)
class TestOutbox:
    def test_an_event_cannot_be_emitted_outside_a_transaction(self) -> None:
        with pytest.raises(RuntimeError, match="outside a transaction"):
            emit(BellRang(lesson_id=1))

    def test_an_event_of_a_transaction_that_fails_never_happened(self, heard: list[int]) -> None:
        with pytest.raises(KeyError), transaction.atomic():
            emit(BellRang(lesson_id=1))
            raise KeyError
        assert relay.relay_due_events() == 0
        assert heard == []

    def test_events_are_delivered_once_and_in_order(self, heard: list[int]) -> None:
        for lesson_id in range(3):
            ring(lesson_id)
        assert relay.relay_due_events() == 3
        assert relay.relay_due_events() == 0
        assert heard == [0, 1, 2]

    def test_a_failing_event_does_not_hold_up_the_others_and_is_tried_again(self, heard: list[int]) -> None:
        ring(-1)
        ring(2)
        assert relay.relay_due_events() == 1
        make_due()
        relay.relay_due_events()
        assert heard == [-1, 2, -1]
        failed = OutboxEvent.objects.get(done_at=None)
        assert failed.attempts == 2
        assert "a broken bell" in failed.error

    def test_an_event_that_never_succeeds_is_put_aside_for_an_operator(self, heard: list[int]) -> None:
        ring(-1)
        for _ in range(relay.MAX_ATTEMPTS):
            make_due()
            relay.relay_due_events()
        make_due()
        relay.relay_due_events()
        assert len(heard) == relay.MAX_ATTEMPTS
        assert OutboxEvent.objects.get().dead_at is not None

    def test_what_is_due_is_handed_over_at_once_and_in_order(self, belfry: Belfry, heard: list[int]) -> None:
        for lesson_id, kind in ((1, BellRang), (2, BellCracked), (3, BellRang)):
            ring(lesson_id, kind)
        assert relay.relay_due_events() == 3
        assert belfry.runs == [[1, 2, 3]]
        assert heard == [1, 3]
        assert relay.relay_due_events() == 0

    def test_one_that_fails_is_found_among_many_and_the_others_are_done(self, belfry: Belfry, heard: list[int]) -> None:
        for lesson_id in (1, 2, -3, 4, 5, 6):
            ring(lesson_id)
        assert relay.relay_due_events() == 5
        assert heard == [1, 2, 4, 5, 6]
        assert len(belfry.runs) < 8
        failed = OutboxEvent.objects.get(done_at=None)
        assert (failed.payload, failed.attempts) == ({"lesson_id": -3}, 1)
        assert "a broken bell" in failed.error
        belfry.runs.clear()
        make_due()
        assert relay.relay_due_events() == 0
        assert belfry.runs == [[-3]]

    def test_one_of_another_release_does_not_hold_up_the_others(self, belfry: Belfry) -> None:
        ring(1, BellCracked)
        OutboxEvent.objects.update(payload={"bell": 1})
        ring(2, BellCracked)
        assert relay.relay_due_events() == 1
        assert belfry.runs == [[2]]

    def test_while_a_part_is_away_its_events_wait_without_cost_and_others_go_on(
        self, belfry: Belfry, heard: list[int], later: Callable[[float], None]
    ) -> None:
        on(HourStruck)(lambda event: heard.append(event.hour))
        away = relay.AwayParts()
        belfry.is_away = True
        for lesson_id in range(250):
            ring(lesson_id, BellCracked)
        with transaction.atomic():
            emit(HourStruck(hour=7))
        assert relay.relay_due_events(away) == 1
        assert heard == [7]
        assert (len(belfry.runs), belfry.looks) == (1, 1)
        for _ in range(40):
            later(relay.MAX_PAUSE_S)
            relay.relay_due_events(away)
            relay.relay_due_events(away)
        assert (len(belfry.runs), belfry.looks) == (1, 41)
        assert not OutboxEvent.objects.filter(done_at=None).exclude(attempts=0).exists()
        belfry.is_away = False
        belfry.runs.clear()
        later(relay.MAX_PAUSE_S)
        assert relay.relay_due_events(away) == 250
        assert [len(run) for run in belfry.runs] == [100, 100, 50]

    def test_emitting_works_while_the_broker_is_away(self, heard: list[int], valkey: ValkeyServer) -> None:
        valkey.kill()
        ring(7)
        assert relay.relay_due_events() == 1
        assert heard == [7]

    def test_the_relay_wakes_up_for_an_event(self, heard: list[int]) -> None:
        stop, rung = threading.Event(), threading.Event()
        heard_append = heard.append

        def hear(event: BellRang) -> None:
            heard_append(event.lesson_id)
            rung.set()

        def rings() -> bool:
            """In SQLite's shared memory nobody waits while another thread writes."""
            try:
                ring(5)
            except OperationalError:
                return False
            return True

        events._handlers[events.event_name(BellRang)] = [hear]
        thread = threading.Thread(target=relay.run, args=(stop,))
        thread.start()
        try:
            wait_until(rings, timeout_s=10, message="the tables stayed locked")
            assert rung.wait(10)
        finally:
            stop.set()
            thread.join(10)
        assert heard == [5]
        assert not Lease.objects.exists()


@pytest.mark.django_db
class TestLease:
    def test_only_one_holder_at_a_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert relay.acquire_lease("one", seconds=60)
        assert relay.acquire_lease("one", seconds=60)
        monkeypatch.setattr(relay, "HOLDER", "another:1")
        assert not relay.acquire_lease("one", seconds=60)

    def test_a_lease_that_is_over_can_be_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert relay.acquire_lease("one", seconds=-1)
        monkeypatch.setattr(relay, "HOLDER", "another:1")
        assert relay.acquire_lease("one", seconds=60)
