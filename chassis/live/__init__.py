"""The live stream: what happens, pushed to browsers by every API process alike. Knows no service.

    LIVE = Live(topics=("notifications.alert", "leads.score"),
                stored_by={"notifications.alert": "notifications"},      # topic to the group that stores it
                view=as_shown,                # Event -> (name, JSON object), None for what is not shown
                audiences=who_sees)           # (unit of work, events) -> for each: which scopes show it

    @router.get("/stream")
    async def stream(request: Request, caller: CallerDep) -> Response:
        return await LIVE.serve(request, caller)

    def list_alerts(uow: Transaction, position: Annotated[str | None, Depends(LIVE.position)], ...)

One reader thread per process reads the topics without a group, from the end, and hands each event to the
clients of its tenant. Its position, over all partitions, is a vector; signed, it is the id of an event.

What is shown is published after it is stored: events of a topic in `stored_by` are held back until that
group's stored offset (kept with its effects, in the same transaction) has passed them, so whoever reloads
because of an event finds its effect. Topics written by an outbox need no holding: they are written after the
commit. For the same reason a list that tells `position` before it reads misses nothing that comes later.

A client that comes back with an id first reads privately from there to where it joined the live ones: no gap,
no repeat, on any replica. Where that is not possible (retention, an id of other topics, too far behind) it is
told `reset`: load the lists again. A client too slow for its queue is cut off and comes back in that way.
"""

from chassis.live.stream import Live

__all__ = ["Live"]
