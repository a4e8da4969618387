"""Streams: pure parts folded over partitions, state and position as one. A fold finds its interfaces here."""

from chassis.streams.contract import RESERVED, Fold, Message, Outputs, Record, Store

__all__ = ["RESERVED", "Fold", "Message", "Outputs", "Record", "Store"]
