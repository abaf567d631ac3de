"""Qpid Proton for Python 0.37: no client of Service Bus, but of AMQP."""
import sys
import time

from proton import UNDESCRIBED, Array, Data, Delivery, Message, SSLDomain, int32, symbol, timestamp, uint, ulong
from proton.reactor import Filter, LinkOption
from proton.utils import BlockingConnection

from abilities import CERTIFICATE, HOST, KEY, KEY_NAME, LARGE, PORT, QUEUE, SESSIONS, SUBSCRIPTION, TOPIC, TRANSPORT
from abilities import same, show

SECONDS = 10
NODE = f"{QUEUE}/$management"
PREFIX = "com.microsoft:"


def connect():
    if TRANSPORT == "plain":
        return BlockingConnection(f"amqp://{HOST}:{PORT}", timeout=SECONDS)
    domain = SSLDomain(SSLDomain.MODE_CLIENT)
    domain.set_trusted_ca_db(CERTIFICATE)
    domain.set_peer_authentication(SSLDomain.ANONYMOUS_PEER)
    key = {"user": KEY_NAME, "password": KEY, "allowed_mechs": "PLAIN"}
    return BlockingConnection(f"amqps://{HOST}:{PORT}", timeout=SECONDS, ssl_domain=domain, **key)


connection = connect()


class InTwoSteps(LinkOption):
    """Settles only when the broker has: its peek-lock."""

    def apply(self, link):
        link.snd_settle_mode = 0
        link.rcv_settle_mode = 1


class ForGood(LinkOption):
    def apply(self, link):
        link.snd_settle_mode = 1


def put(*bodies, address=QUEUE, **fields):
    sender = connection.create_sender(address)
    for body in bodies:
        sender.send(Message(body=body, **fields))
    sender.close()


class Receiver:
    def __init__(self, address=QUEUE, mode=InTwoSteps, *options):
        self.link = connection.create_receiver(address, credit=1, options=[mode(), *options])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def take(self, body, outcome=Delivery.ACCEPTED):
        message = self.link.receive(timeout=SECONDS)
        same(message.body, body)
        if outcome is not None:
            self.link.settle(outcome)
        return message

    def take_and(self, body, settle):
        """Settles with more than a bare outcome."""
        message = self.take(body, None)
        delivery = self.link.fetcher.unsettled.popleft()
        delivery.update(settle(delivery.local))
        delivery.settle()
        return message


def send():
    put("send", subject="s", id="m", properties={"text": "t", "number": 5})
    with Receiver() as source:
        message = source.take("send")
        same((message.subject, message.id, dict(message.properties)), ("s", "m", {"text": "t", "number": 5}))


def complete():
    put("complete")
    with Receiver() as source:
        source.take("complete")
    same(peeked(), [])


def abandon():
    put("abandon")
    with Receiver() as source:
        source.take("abandon", Delivery.MODIFIED)
        same(source.take("abandon", Delivery.RELEASED).delivery_count, 1)
        same(source.take("abandon").delivery_count, 2)


def set_aside(local):
    local.undeliverable = True
    return Delivery.MODIFIED


def dead_letter():
    put("dead letter")
    with Receiver() as source:
        source.take("dead letter", Delivery.REJECTED)
    with Receiver(f"{QUEUE}/$DeadLetterQueue") as source:
        source.take("dead letter")


def defer():
    put("defer")
    with Receiver() as source:
        message = source.take_and("defer", set_aside)
    number = message.annotations[symbol("x-opt-sequence-number")]
    deferred = by_number(number)
    same(decode(deferred["message"]).body, "defer")
    manage("update-disposition", {"lock-tokens": tokens(deferred), "disposition-status": "completed"})
    same(peeked(), [])


def by_number(number):
    numbers = Array(UNDESCRIBED, Data.LONG, number)
    body = manage("receive-by-sequence-number", {"sequence-numbers": numbers, "receiver-settle-mode": uint(1)})
    return body["messages"][0]


def tokens(deferred):
    return Array(UNDESCRIBED, Data.UUID, deferred["lock-token"])


def renew():
    put("renew")
    with Receiver() as source:
        message = source.take("renew", None)
        token = message.instructions[symbol("x-opt-lock-token")]
        same(len(manage("renew-lock", {"lock-tokens": Array(UNDESCRIBED, Data.UUID, token)})["expirations"].elements), 1)
        source.link.settle(Delivery.ACCEPTED)


def receive_and_delete():
    put("for good")
    with Receiver(QUEUE, ForGood) as source:
        source.take("for good", None)
    same(peeked(), [])


def manage(operation, body):
    """The body of an answer; None when there is nothing."""
    receiver = connection.create_receiver(NODE, credit=1)
    sender = connection.create_sender(NODE)
    try:
        properties = {"operation": PREFIX + operation}
        sender.send(Message(id=ulong(1), reply_to=receiver.link.name, properties=properties, body=body))
        answer = receiver.receive(timeout=SECONDS)
    finally:
        sender.close()
        receiver.close()
    status = answer.properties["statusCode"]
    if status == 204:
        return None
    same((status, answer.correlation_id), (200, 1))
    return answer.body


def decode(encoded):
    message = Message()
    message.decode(bytes(encoded))
    return message


def peeked():
    answer = manage("peek-message", {"from-sequence-number": 1, "message-count": int32(10)})
    return [] if answer is None else [decode(one["message"]).body for one in answer["messages"]]


def peek():
    put("peek 0", "peek 1")
    same(peeked(), ["peek 0", "peek 1"])
    with Receiver() as source:
        source.take("peek 0")
        source.take("peek 1")


def schedule():
    at = timestamp(int(time.time() * 1000) + 86_400_000)
    message = Message(id="m", body="later", annotations={symbol("x-opt-scheduled-enqueue-time"): at})
    answer = manage("schedule-message", {"messages": [{"message-id": "m", "message": message.encode()}]})
    same(peeked(), ["later"])
    manage("cancel-scheduled-message", {"sequence-numbers": answer["sequence-numbers"]})
    same(peeked(), [])


def sessions():
    for number in range(2):
        put(f"session {number}", address=SESSIONS, group_id="one")
    for wanted in ("one", None):
        session = Filter({symbol("com.microsoft:session-filter"): wanted})
        with Receiver(SESSIONS, InTwoSteps, session) as source:
            granted = source.link.link.remote_source.filter
            granted.rewind()
            granted.next()
            same(granted.get_dict()[symbol("com.microsoft:session-filter")], "one")
            source.take(f"session {0 if wanted else 1}")


def topic():
    put("topic", address=TOPIC)
    with Receiver(f"{TOPIC}/Subscriptions/{SUBSCRIPTION}") as source:
        source.take("topic")


def large():
    put("x" * LARGE)
    with Receiver() as source:
        source.take("x" * LARGE)


ALL = {
    "send": send,
    "complete": complete,
    "abandon": abandon,
    "dead-letter": dead_letter,
    "defer": defer,
    "renew": renew,
    "receive-and-delete": receive_and_delete,
    "peek": peek,
    "schedule": schedule,
    "sessions": sessions,
    "topic": topic,
    "large": large,
}
show({"send": send} if TRANSPORT != "tls" else ALL)
connection.close()
sys.exit(0)
