"""Straight-line readers and writers, generated from a schema: a third of what the general ones cost.

They know the plain cases only. Whatever is not exactly what the schema says makes them raise, and the caller
asks fastavro, which has the last word; a property test holds both equal.
"""

from chassis.avro_codegen.numbers import Unusual
from chassis.avro_codegen.reading import Read, reader
from chassis.avro_codegen.source import Unsupported
from chassis.avro_codegen.writing import Write, writer

__all__ = ["Read", "Unsupported", "Unusual", "Write", "reader", "writer"]
