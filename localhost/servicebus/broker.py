"""The AMQP side of the broker: connections, links, deliveries. It runs on Proton's own loop, on one thread."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from proton import Condition, Connection, Delivery, Event, Handler, Link, MessageException, Sender, symbol, ulong
from proton import Message as AmqpMessage
from proton.reactor import Container

from localhost.clock import Clock
from localhost.servicebus import access, conditions, frames
from localhost.servicebus.management import Management, wire
from localhost.servicebus.messages import unbatched
from localhost.servicebus.namespace import Namespace, path_of
from localhost.servicebus.options import MAX_MESSAGE
from localhost.servicebus.queue import Queue, SessionLock

logger = logging.getLogger("localhost.servicebus")

_CBS = "$cbs"
_MANAGEMENT = "/$management"
_CREDIT = 100  # messages a sender may have under way


@dataclass(eq=False, slots=True)
class Consumer:
    """A receiver of a client, which for Proton is a sender of ours. `session` is held as long as it lasts."""

    link: Sender
    queue: Queue
    session: SessionLock | None
    keep: bool  # peek-lock; False: receive-and-delete


@dataclass(eq=False, slots=True)
class Waiting:
    """A receiver that waits for any session to have a message."""

    link: Sender
    queue: Queue
    until: datetime


@dataclass(eq=False, slots=True)
class Peer:
    """A connection. `replies` are the links on which it wants answers, by the address it asked at."""

    allowed: bool = False
    replies: dict[str, Sender] = field(default_factory=dict)


class Broker(Handler):  # type: ignore[misc] # Proton's types are left out of the check
    def __init__(self, namespace: Namespace, clock: Clock, key: str, container: Container) -> None:
        super().__init__()
        self._namespace = namespace
        self._management = Management(namespace)
        self._clock = clock
        self._key = key
        self._container = container
        self._peers: dict[Connection, Peer] = {}
        self._consumers: list[Consumer] = []
        self._waiting: list[Waiting] = []
        self._timer: Any = None
        self._alarm: datetime | None = None  # what the timer is set to
        self._stopping = False
        self.acceptor: Any = None

    # --- connections and links ---

    def on_connection_remote_open(self, event: Event) -> None:
        self._peers[event.connection] = Peer()
        event.connection.container = "localhost"
        event.connection.open()

    def on_session_remote_open(self, event: Event) -> None:
        event.session.open()

    def on_session_remote_close(self, event: Event) -> None:
        event.session.close()

    def on_connection_remote_close(self, event: Event) -> None:
        self._forget_connection(event.connection)
        event.connection.close()

    def on_transport_closed(self, event: Event) -> None:
        if event.connection is not None:
            self._forget_connection(event.connection)
        self._end_when_all_are_gone()

    def on_link_remote_open(self, event: Event) -> None:
        if self._stopping:
            return
        link, peer = event.link, self._peers[event.connection]
        link.source.copy(link.remote_source)
        link.target.copy(link.remote_target)
        link.snd_settle_mode = link.remote_snd_settle_mode
        link.rcv_settle_mode = link.remote_rcv_settle_mode
        address = (link.remote_source if link.is_sender else link.remote_target).address or ""
        path = path_of(address)
        if path == _CBS or (peer.allowed and path.endswith(_MANAGEMENT)):
            self._open_node(link, peer, address)
        elif not peer.allowed:
            frames.refuse(link, conditions.UNAUTHORIZED, "put-token comes first")
        elif link.is_sender:
            self._open_consumer(link, path)
        else:
            self._open_producer(link, path)
        self._go_on()

    def on_link_remote_close(self, event: Event) -> None:
        self._forget(event.link)
        event.link.close()
        self._go_on()

    def on_link_remote_detach(self, event: Event) -> None:
        self._forget(event.link)
        event.link.detach()
        self._go_on()

    def on_link_flow(self, event: Event) -> None:
        self._go_on()

    def _open_node(self, link: Link, peer: Peer, address: str) -> None:
        link.open()
        if link.is_sender:
            peer.replies[address] = link
        else:
            link.flow(_CREDIT)

    def _open_producer(self, link: Link, path: str) -> None:
        if not self._namespace.takes(path):
            frames.refuse(link, conditions.NOT_FOUND, f"there is no queue or topic {path}")
            return
        link.max_message_size = MAX_MESSAGE
        link.open()
        link.flow(_CREDIT)

    def _open_consumer(self, link: Sender, path: str) -> None:
        queue = self._namespace.queue(path)
        if queue is None:
            frames.refuse(link, conditions.NOT_FOUND, f"there is no queue or subscription {path}")
            return
        wants, session_id = frames.session_wanted(link)
        if wants != queue.options.sessions:
            frames.refuse(link, conditions.NOT_ALLOWED, "sessions are for queues that have them, and needed there")
        elif not wants:
            self._begin(link, queue, None)
        elif (lock := queue.accept_session(session_id, self._clock.now())) is not None:
            self._begin(link, queue, lock)
        elif session_id is not None:
            frames.refuse(link, conditions.SESSION_TAKEN, "another receiver holds this session")
        else:
            self._waiting.append(Waiting(link, queue, self._clock.now() + frames.session_wait(link)))

    def _begin(self, link: Sender, queue: Queue, session: SessionLock | None) -> None:
        if session is not None:
            link.source.filter.clear()
            link.source.filter.put_dict({frames.SESSION_FILTER: session.session_id})
            link.properties = {symbol("com.microsoft:locked-until-utc"): ulong(frames.ticks(session.until))}
        link.open()
        keep = link.remote_snd_settle_mode != Link.SND_SETTLED
        self._consumers.append(Consumer(link, queue, session, keep))

    def _forget(self, link: Link) -> None:
        self._waiting = [waiting for waiting in self._waiting if waiting.link != link]
        for consumer in [c for c in self._consumers if c.link == link]:
            self._consumers.remove(consumer)
            # Locks of single messages outlive the link, as in Azure; a session is given up.
            if consumer.session is not None:
                consumer.queue.close_session(consumer.session)

    def _forget_connection(self, connection: Connection) -> None:
        if self._peers.pop(connection, None) is None:
            return
        links = [c.link for c in self._consumers] + [w.link for w in self._waiting]
        for link in [link for link in links if link.connection == connection]:
            self._forget(link)
        self._go_on()

    # --- deliveries ---

    def on_delivery(self, event: Event) -> None:
        delivery, link = event.delivery, event.link
        if self._stopping:
            return  # what is not answered comes again
        if link.is_sender:
            if delivery.updated:
                self._settle(link, delivery)
        elif delivery.readable and not delivery.partial:
            raw = link.recv(delivery.pending) or b""
            link.advance()
            self._receive(event.connection, link, delivery, raw)
            link.flow(1)
        self._go_on()

    def _receive(self, connection: Connection, link: Link, delivery: Delivery, raw: bytes) -> None:
        address = link.remote_target.address or ""
        path = path_of(address)
        try:
            if path == _CBS or path.endswith(_MANAGEMENT):
                self._ask(self._peers[connection], address, raw)
            elif len(raw) > MAX_MESSAGE:
                frames.reject(delivery, conditions.TOO_LARGE, f"a message has at most {MAX_MESSAGE} bytes")
                return
            else:
                for message in unbatched(raw):
                    self._namespace.send(path, message, self._clock.now())
        except MessageException as error:
            frames.reject(delivery, conditions.DECODE, str(error))
            return
        delivery.update(Delivery.ACCEPTED)
        delivery.settle()

    def _ask(self, peer: Peer, address: str, raw: bytes) -> None:
        request = AmqpMessage()
        request.decode(raw)
        properties, path = request.properties or {}, path_of(address)
        if path == _CBS:
            peer.allowed = access.is_valid(str(request.body), self._key, datetime.now(UTC))
            status = {"status-code": 202 if peer.allowed else 401, "status-description": ""}
            reply = AmqpMessage(correlation_id=request.id, properties=status)
        else:
            body = request.body if isinstance(request.body, dict) else {}
            operation = str(properties.get("operation", ""))
            now = self._clock.now()
            answer = self._management.answer(path.removesuffix(_MANAGEMENT), operation, body, now)
            reply = frames.reply(request, answer)
        if (link := peer.replies.get(address)) is not None:
            sent = link.send(reply)
            sent.settle()

    def _settle(self, link: Sender, delivery: Delivery) -> None:
        consumer = next((c for c in self._consumers if c.link == link), None)
        outcome, why = frames.outcome(delivery)
        if consumer is None or outcome is None:
            if delivery.settled:
                delivery.settle()
            return
        now = self._clock.now()
        self._namespace.tick(now)
        if consumer.queue.settle(delivery.tag, outcome, now, why):
            delivery.update(delivery.remote_state)
            delivery.settle()
        else:
            lost = conditions.LOCK_LOST if consumer.session is None else conditions.SESSION_LOCK_LOST
            frames.reject(
                delivery, lost, "the lock is held no more; the message may have been given to another receiver"
            )

    # --- going on ---

    def on_timer_task(self, _: Event) -> None:
        self._timer = None
        self._go_on()

    def on_time_moved(self, _: Event) -> None:
        self._go_on()

    def on_stop(self, _: Event) -> None:
        self._stopping = True
        self.acceptor.close()
        self._end_when_all_are_gone()
        for connection in list(self._peers):
            connection.close()

    def on_give_up(self, _: Event) -> None:
        self._peers.clear()
        self._end_when_all_are_gone()

    def _end_when_all_are_gone(self) -> None:
        if self._stopping and not self._peers:
            self._container.stop()

    def _go_on(self) -> None:
        """Deliver messages and sessions that can be delivered, end waits that are over, and set the alarm for the next one."""
        if self._stopping:
            return
        now = self._clock.now()
        self._namespace.tick(now)
        for waiting in list(self._waiting):
            if (lock := waiting.queue.accept_session(None, now)) is not None:
                self._waiting.remove(waiting)
                self._begin(waiting.link, waiting.queue, lock)
            elif waiting.until <= now:
                self._waiting.remove(waiting)
                frames.refuse(waiting.link, conditions.TIMEOUT, "no session had a message")
        for consumer in list(self._consumers):
            self._feed(consumer, now)
        self._set_alarm()

    def _feed(self, consumer: Consumer, now: datetime) -> None:
        link = consumer.link
        if consumer.session is not None and not consumer.queue.holds(consumer.session):
            self._forget(link)
            link.condition = Condition(conditions.SESSION_LOCK_LOST, "the lock on the session ran out")
            link.close()
            return
        while (
            link.credit > 0 and (message := consumer.queue.take(now, consumer.session, keep=consumer.keep)) is not None
        ):
            delivery = link.delivery(message.token or "gone")
            link.stream(wire(message))
            link.advance()
            if not consumer.keep:
                delivery.settle()
        if link.drain_mode:
            link.drained()

    def _set_alarm(self) -> None:
        due = [waiting.until for waiting in self._waiting]
        if (next_due := self._namespace.next_due()) is not None:
            due.append(next_due)
        first = min(due, default=None)
        if self._timer is not None and first == self._alarm:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._alarm = first
        if first is not None and (seconds := self._clock.seconds_until(first)) is not None:
            self._timer = self._container.schedule(seconds, self)
