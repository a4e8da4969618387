"""Packages are fetched whole or not at all, and one at a time."""

import threading
from pathlib import Path

import pytest

from deploy.local import fetch
from deploy.local.home import SetupError

Maven = list[Path]
"""Folders that the stand-in for Maven was asked to fill."""


@pytest.fixture
def maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maven:
    """A cache of its own, and a stand-in for the one thing that goes over the network."""
    monkeypatch.setenv("SALESCOMPASS_CACHE", str(tmp_path))
    asked: Maven = []

    def fill(arguments: list[str]) -> None:
        folder = Path(arguments[-1])
        folder.mkdir()
        (folder / "whole.jar").touch()
        asked.append(folder)

    monkeypatch.setattr(fetch, "maven", fill)
    return asked


def test_a_package_is_fetched_once_even_when_two_ask_at_the_same_time(maven: Maven) -> None:
    askers = [threading.Thread(target=fetch.fetched, args=("kafka", lambda to: [str(to)])) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(maven) == 1


def test_a_half_finished_download_is_thrown_away_and_fetched_again(maven: Maven, tmp_path: Path) -> None:
    half = tmp_path / "kafka.part"
    half.mkdir()
    (half / "torn.jar").touch()
    done = fetch.fetched("kafka", lambda to: [str(to)])
    assert [file.name for file in done.iterdir()] == ["whole.jar"]
    assert not half.exists()


def test_a_broken_fetch_leaves_nothing_that_looks_finished(
    maven: Maven, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(arguments: list[str]) -> None:
        Path(arguments[-1]).mkdir()
        raise SetupError("the line broke")

    monkeypatch.setattr(fetch, "maven", breaks)
    with pytest.raises(SetupError, match="the line broke"):
        fetch.fetched("kafka", lambda to: [str(to)])
    assert not (tmp_path / "kafka").exists()


def test_a_machine_without_maven_is_told_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match="apt-get install maven"):
        fetch.maven(["help"])
