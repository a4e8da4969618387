import threading
from collections.abc import Callable

from chassis.crew import Crew


def waiting(event: threading.Event) -> Callable[[], None]:
    """A role that ends when the event is set."""

    def work() -> None:
        event.wait()

    return work


def test_all_roles_end_when_told() -> None:
    stop = threading.Event()
    crew = Crew({"one": waiting(stop), "two": waiting(stop)}, stop)
    crew.start()
    assert set(crew.running()) == {"one", "two"}
    stop.set()
    assert crew.finish(5) == []
    assert crew.failure is None


def test_the_first_role_that_fails_ends_all() -> None:
    stop, died = threading.Event(), list[str]()

    def fails() -> None:
        raise ConnectionError("gone")

    crew = Crew({"steady": waiting(stop), "weak": fails}, stop, died.append)
    crew.start()
    crew.wait()
    assert crew.finish(5) == []
    assert isinstance(crew.failure, ConnectionError)
    assert died == ["weak"]


def test_a_role_that_does_not_end_is_named() -> None:
    stop, never = threading.Event(), threading.Event()
    crew = Crew({"stuck": waiting(never), "well": waiting(stop)}, stop)
    crew.start()
    stop.set()
    assert crew.finish(0.2) == ["stuck"]
    never.set()
    assert crew.finish(5) == []


def test_it_is_over_when_every_role_has_done_its_work() -> None:
    crew = Crew({"seed": lambda: None}, threading.Event())
    crew.start()
    crew.wait()
    assert crew.running() == []
