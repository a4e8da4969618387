"""python -m chassis.catalogue: check the contract, renew the README, bring it to broker and registry."""

import argparse
import os
import sys
from collections.abc import Sequence

from confluent_kafka import KafkaException

from chassis.catalogue import (
    Catalogue,
    ContractError,
    Incompatible,
    RegistryUnavailable,
    bring,
)
from chassis.catalogue.check import check, publish
from chassis.catalogue.contract import ROOT
from chassis.catalogue.table import readme_table, update, with_table


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0 well, 1 faults, 2 wrong arguments."""
    args = _arguments(argv)
    try:
        return COMMANDS[args.command](args)
    except (ContractError, Incompatible, RegistryUnavailable, KafkaException) as error:
        return _say_faults([str(error)])


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chassis.catalogue", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("all", help="check, and renew the README's table (default)")
    commands.add_parser("check", help="check files, examples, versions and the README; change nothing")
    commands.add_parser("table", help="print the table of services and topics")
    commands.add_parser("publish", help="note new record files as published, so that they never change")
    apply = commands.add_parser("apply", help="make topics, register schemas")
    apply.add_argument(
        "--kafka", default=os.environ.get("KAFKA_BOOTSTRAP"), help="host:port; or KAFKA_BOOTSTRAP"
    )
    apply.add_argument("--registry", default=os.environ.get("REGISTRY_URL"), help="address; or REGISTRY_URL")
    parser.set_defaults(command="all")
    return parser.parse_args(argv)


def _check(_: argparse.Namespace) -> int:
    faults = check()
    readme = (ROOT.parent / "README.md").read_text()
    if not faults and with_table(readme, readme_table(Catalogue.load())) != readme:
        faults = ["README.md: its table of topics is stale; run: make schemas"]
    return _say_faults(faults)


def _all(_: argparse.Namespace) -> int:
    if faults := check():
        return _say_faults(faults)
    _say("README.md renewed" if update() else "all is well")
    return 0


def _table(_: argparse.Namespace) -> int:
    _say(readme_table(Catalogue.load()))
    return 0


def _publish(_: argparse.Namespace) -> int:
    _say("\n".join(publish()) or "nothing new")
    return 0


def _apply(args: argparse.Namespace) -> int:
    if not (args.kafka and args.registry):
        return _say_faults(["apply needs --kafka and --registry (or KAFKA_BOOTSTRAP and REGISTRY_URL)"], 2)
    made, subjects = bring(args.kafka, args.registry)
    _say(f"{made} topics made, {subjects} subjects registered")
    return 0


COMMANDS = {"all": _all, "check": _check, "table": _table, "publish": _publish, "apply": _apply}


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _say_faults(faults: list[str], code: int = 1) -> int:
    for fault in faults:
        sys.stderr.write(fault + "\n")
    return code if faults else 0


if __name__ == "__main__":
    sys.exit(main())
