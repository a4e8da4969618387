"""Why a consumer stops, or begins again."""


class Overtaken(Exception):
    """Another member has moved a position since this one stored or loaded it: what was read is void."""


class ConsumerStopped(Exception):
    """The consumer ended by itself: a person has to look; restarting at once would not help."""

    exit_code = 70


class TooManyFailures(ConsumerStopped):
    """One record after the other could not be applied: so it is not the records."""

    exit_code = 71


class OffsetLost(ConsumerStopped):
    """A stored position lies outside what the topic still has (F30): never silently to the latest."""

    exit_code = 72


class TopicRecreated(ConsumerStopped):
    """The topic is not the one whose positions are stored: it was deleted and made again (F34)."""

    exit_code = 73
