"""`salescompass demo`: a day of prospects' behaviour, fifteen days later, what came of it, and the sale."""

from cli.demo.day import demo

__all__ = ["demo"]
