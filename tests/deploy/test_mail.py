"""Mails of the local system can be seen: each is a file."""

import smtplib
from email.message import EmailMessage
from pathlib import Path

import pytest

from deploy.local.system import System


def test_a_mail_that_was_accepted_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTS", "free")
    system = System(tmp_path)
    server = system.mail()
    server.start()
    server.process.wait_until(server.ready)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "alerts@salescompass.local", "ana@acme.example", "Score 90"
    with smtplib.SMTP("127.0.0.1", system.ports["smtp"]) as client:
        client.send_message(mail)
    server.process.stop()
    assert ["Score 90" in file.read_text() for file in (tmp_path / "mail").glob("*.eml")] == [True]
