"""pyamqp, the AMQP library under Microsoft's newer SDKs for Python, as azure-eventhub 5.11 carries it."""
import sys
import time

from azure.eventhub._pyamqp import ReceiveClient, SendClient
from azure.eventhub._pyamqp.authentication import SASTokenAuth
from azure.eventhub._pyamqp.constants import ReceiverSettleMode, SenderSettleMode
from azure.eventhub._pyamqp.error import AMQPError
from azure.eventhub._pyamqp.message import Message

from abilities import CERTIFICATE, HOST, KEY, KEY_NAME, LARGE, PORT, QUEUE, TRANSPORT, same, show

URI = f"amqps://{HOST}:{PORT}/{QUEUE}"
SECONDS = 10


def options():
    # A token over $cbs, asked for without a reply-to.
    auth = SASTokenAuth(URI, f"sb://{HOST}/{QUEUE}", KEY_NAME, KEY)
    return {"auth": auth, "connection_verify": CERTIFICATE, "send_settle_mode": SenderSettleMode.Unsettled}


def put(*bodies):
    with SendClient(f"{HOST}:{PORT}", URI, **options()) as sender:
        for body in bodies:
            sender.send_message(Message(data=[body]), timeout=SECONDS)


class Receiver:
    def __init__(self, path=""):
        modes = {"receive_settle_mode": ReceiverSettleMode.Second, "link_credit": 10}
        self.client = ReceiveClient(f"{HOST}:{PORT}", URI + path, **modes, **options())

    def __enter__(self):
        self.client.open()
        while not self.client.client_ready():
            pass
        return self

    def __exit__(self, *_):
        self.client.close()

    def take(self, body):
        """The next message and the number of its delivery, which its own batches leave out."""
        # pylint: disable=protected-access
        end = time.monotonic() + SECONDS
        while self.client._received_messages.empty():
            if time.monotonic() > end:
                raise AssertionError(f"{body!r} did not come")
            self.client.do_work()
        frame, message = self.client._received_messages.get_nowait()
        same(b"".join(message.data), body)
        return frame[1], message

    def settle(self, delivery_id, outcome, **details):
        self.client.settle_messages(delivery_id, outcome, **details)


def send():
    put(b"send")
    with Receiver() as source:
        delivery, _ = source.take(b"send")
        source.settle(delivery, "accepted")


def complete():
    put(b"one", b"two")
    with Receiver() as source:
        for body in (b"one", b"two"):
            source.settle(source.take(body)[0], "accepted")
    put(b"three")
    with Receiver() as source:
        source.settle(source.take(b"three")[0], "accepted")


def abandon():
    put(b"abandon")
    with Receiver() as source:
        source.settle(source.take(b"abandon")[0], "modified", delivery_failed=True)
        delivery, message = source.take(b"abandon")
        same(message.header.delivery_count, 1)
        source.settle(delivery, "released")
        delivery, message = source.take(b"abandon")
        same(message.header.delivery_count, 2)
        source.settle(delivery, "accepted")


def dead_letter():
    put(b"dead letter")
    error = AMQPError(condition=b"com.microsoft:dead-letter", description=None, info={b"DeadLetterReason": b"why"})
    with Receiver() as source:
        source.settle(source.take(b"dead letter")[0], "rejected", error=error)
    with Receiver("/$DeadLetterQueue") as source:
        delivery, message = source.take(b"dead letter")
        same(message.application_properties[b"DeadLetterReason"], b"why")
        source.settle(delivery, "accepted")


def large():
    body = b"x" * LARGE
    put(body)
    with Receiver() as source:
        source.settle(source.take(body)[0], "accepted")


ALL = {"send": send, "complete": complete, "abandon": abandon, "dead-letter": dead_letter, "large": large}
show({"send": send} if TRANSPORT != "tls" else ALL)
sys.exit(0)
