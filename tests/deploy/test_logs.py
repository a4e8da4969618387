"""Logs of a local system stay small, whatever is written to them."""

from contextlib import closing
from pathlib import Path

from deploy.local.logs import piece, rotate
from deploy.local.tail import follow


def test_a_long_log_is_put_aside_while_its_process_goes_on_writing(tmp_path: Path) -> None:
    log = tmp_path / "leads-api.log"
    with log.open("a") as writing:
        for number in range(6):
            writing.write(f"line {number}\n" * 10)
            writing.flush()
            assert rotate(log, largest=50)
        writing.write("now\n")
    assert not rotate(log, largest=50)
    assert log.read_text() == "now\n"
    kept = [piece(log, number).read_text()[:6] for number in (1, 2, 3)]
    assert kept == ["line 5", "line 4", "line 3"]
    assert len(list(tmp_path.iterdir())) == 4


def test_who_follows_a_log_goes_on_after_it_was_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "leads-api.log"
    log.write_text("first\n" * 20)
    with closing(follow([log], 1)) as lines:
        assert next(lines) == "first"
        rotate(log, largest=50)
        log.write_text("second\n")
        assert next(lines) == "second"
