"""uamqp 1.5, the AMQP library under Microsoft's older SDKs for Python, by itself."""
import sys

import uamqp
from uamqp import authentication, constants, types

from abilities import CERTIFICATE, HOST, KEY, KEY_NAME, LARGE, PORT, QUEUE, TRANSPORT, same, show

URI = f"amqps://{HOST}/{QUEUE}"
OVER = constants.TransportType.AmqpOverWebsocket if TRANSPORT == "websocket" else constants.TransportType.Amqp
BATCH_FORMAT = 0x80013700
MINUTES = 10_000  # ms that a receiver waits at most


def sign_in():
    """By SASL PLAIN; its tokens, over $cbs, are what azure-servicebus uses."""
    return authentication.SASLPlain(HOST, KEY_NAME, KEY, port=PORT, verify=CERTIFICATE, transport_type=OVER)


def put(*messages, settle=None):
    sender = uamqp.SendClient(URI, auth=sign_in(), send_settle_mode=settle)
    sender.queue_message(*messages)
    same(all(state == constants.MessageState.SendComplete for state in sender.send_all_messages()), True)


class Receiver:
    def __init__(self, path="", mode=constants.SenderSettleMode.Unsettled):
        self.client = uamqp.ReceiveClient(
            URI + path,
            auth=sign_in(),
            timeout=MINUTES,
            auto_complete=False,
            send_settle_mode=mode,
            receive_settle_mode=constants.ReceiverSettleMode.PeekLock
            if mode == constants.SenderSettleMode.Unsettled
            else constants.ReceiverSettleMode.ReceiveAndDelete,
        )

    def __enter__(self):
        self.client.open()
        return self

    def __exit__(self, *_):
        self.client.close()

    def take(self, body):
        messages = self.client.receive_message_batch(max_batch_size=1)
        same([b"".join(message.get_data()) for message in messages], [body])
        return messages[0]

    def take_and_accept(self, body):
        self.take(body).accept()
        self.client.do_work()


def send():
    message = uamqp.Message(b"send", application_properties={b"number": 5})
    put(message)
    with Receiver() as source:
        received = source.take(b"send")
        same(received.application_properties, {b"number": 5})
        received.accept()
        source.client.do_work()


def batch():
    put(uamqp.BatchMessage([b"batch 0", b"batch 1"], multi_messages=False))
    with Receiver() as source:
        for body in (b"batch 0", b"batch 1"):
            source.take_and_accept(body)


def complete():
    put(uamqp.Message(b"complete"))
    with Receiver() as source:
        source.take_and_accept(b"complete")
    same(peeked(), 0)


def abandon():
    put(uamqp.Message(b"abandon"))
    with Receiver() as source:
        source.take(b"abandon").modify(True, False)
        source.client.do_work()
        message = source.take(b"abandon")
        same(message.header.delivery_count, 1)
        message.release()
        source.client.do_work()
        message = source.take(b"abandon")
        same(message.header.delivery_count, 2)
        message.accept()
        source.client.do_work()


def dead_letter():
    put(uamqp.Message(b"dead letter"))
    with Receiver() as source:
        info = {b"DeadLetterReason": b"why"}
        source.take(b"dead letter").reject(condition=b"com.microsoft:dead-letter", info=info)
        source.client.do_work()
    with Receiver("/$DeadLetterQueue") as source:
        message = source.take(b"dead letter")
        same(message.application_properties[b"DeadLetterReason"], b"why")
        message.accept()
        source.client.do_work()


def receive_and_delete():
    put(uamqp.Message(b"for good"))
    with Receiver(mode=constants.SenderSettleMode.Settled) as source:
        source.take(b"for good")
    same(peeked(), 0)


def manage(operation, body):
    """The status and the body of an answer of the queue's management node, which names no reply-to."""
    with Receiver() as source:
        answer = source.client.mgmt_request(
            uamqp.Message(body, application_properties={b"operation": operation}),
            operation,
            op_type=b"entity-mgmt",
            node=f"{QUEUE}/$management".encode(),
            timeout=MINUTES,
            status_code_field=b"statusCode",
            description_fields=b"statusDescription",
            callback=lambda status, message, description: (status, message),
        )
        return answer


def peeked():
    fields = {"from-sequence-number": types.AMQPLong(1), "message-count": types.AMQPInt(10)}
    status, message = manage(b"com.microsoft:peek-message", fields)
    return 0 if status == 204 else len(message.get_data()[b"messages"])


def peek():
    put(uamqp.Message(b"peek"))
    same(peeked(), 1)
    with Receiver() as source:
        source.take_and_accept(b"peek")
    same(peeked(), 0)


def large():
    body = b"x" * LARGE
    put(uamqp.Message(body))
    with Receiver() as source:
        source.take_and_accept(body)


ALL = {
    "send": send,
    "batch": batch,
    "complete": complete,
    "abandon": abandon,
    "dead-letter": dead_letter,
    "receive-and-delete": receive_and_delete,
    "peek": peek,
    "large": large,
}
show({"send": send} if TRANSPORT != "tls" else ALL)
sys.exit(0)
