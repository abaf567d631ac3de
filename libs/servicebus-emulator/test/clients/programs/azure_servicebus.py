"""azure-servicebus 7.8, Microsoft's SDK for Python on uamqp."""
import sys

# This file has the name of no package, and its folder comes first on the path.
from datetime import datetime, timedelta, timezone

from azure.servicebus import (
    NEXT_AVAILABLE_SESSION,
    ServiceBusClient,
    ServiceBusMessage,
    ServiceBusReceiveMode,
    ServiceBusSubQueue,
)
from azure.servicebus.exceptions import (
    MessageNotFoundError,
    MessageSizeExceededError,
    ServiceBusAuthenticationError,
    SessionCannotBeLockedError,
)
from azure.servicebus.management import CorrelationRuleFilter, ServiceBusAdministrationClient, SqlRuleFilter

from abilities import CERTIFICATE, HOST, KEY, KEY_NAME, LARGE, PORT, QUEUE, SESSIONS, SUBSCRIPTION, TOPIC, TRANSPORT
from abilities import same, show

CONNECTION = f"Endpoint=sb://{HOST}/;SharedAccessKeyName={KEY_NAME};SharedAccessKey={KEY}"
# It passes over a port in the endpoint, except that of a custom endpoint, which is always a WebSocket.
OPTIONS = {"custom_endpoint_address": f"sb://{HOST}:{PORT}"} if TRANSPORT == "websocket" else {}
client = ServiceBusClient.from_connection_string(CONNECTION, connection_verify=CERTIFICATE, retry_total=0, **OPTIONS)
sender = client.get_queue_sender(QUEUE)
receiver = client.get_queue_receiver(QUEUE)
dead_letters = client.get_queue_receiver(QUEUE, sub_queue=ServiceBusSubQueue.DEAD_LETTER)


def receive(source, count=1):
    messages = source.receive_messages(max_message_count=count, max_wait_time=10)
    while messages and len(messages) < count:
        messages += source.receive_messages(max_message_count=count - len(messages), max_wait_time=10)
    return messages


def take(body, source=receiver):
    """The one message that is there, which must have this body."""
    messages = receive(source)
    same([str(message) for message in messages], [body])
    return messages[0]


def send():
    sent = ServiceBusMessage(
        "send", subject="s", message_id="m", correlation_id="c", application_properties={"text": "t", "number": 5}
    )
    sender.send_messages(sent)
    message = take("send")
    same((message.subject, message.message_id, message.correlation_id), ("s", "m", "c"))
    same(message.application_properties, {b"text": b"t", b"number": 5})
    receiver.complete_message(message)


def batch():
    together = sender.create_message_batch()
    for number in range(20):
        together.add_message(ServiceBusMessage(f"batch {number}"))
    sender.send_messages(together)
    messages = receive(receiver, 20)
    same([str(message) for message in messages], [f"batch {number}" for number in range(20)])
    for message in messages:
        receiver.complete_message(message)


def complete():
    sender.send_messages(ServiceBusMessage("complete"))
    message = take("complete")
    receiver.complete_message(message)
    same(receiver.peek_messages(), [])


def abandon():
    sender.send_messages(ServiceBusMessage("abandon"))
    receiver.abandon_message(take("abandon"))
    message = take("abandon")
    same(message.delivery_count, 1)
    receiver.complete_message(message)


def dead_letter():
    sender.send_messages(ServiceBusMessage("dead letter"))
    receiver.dead_letter_message(take("dead letter"), reason="why", error_description="because")
    message = take("dead letter", dead_letters)
    same((message.dead_letter_reason, message.dead_letter_error_description), ("why", "because"))
    dead_letters.complete_message(message)


def defer():
    sender.send_messages([ServiceBusMessage(f"defer {number}") for number in range(4)])
    messages = receive(receiver, 4)
    for message in messages:
        receiver.defer_message(message)
    deferred = receiver.receive_deferred_messages([message.sequence_number for message in messages])
    same([str(message) for message in deferred], [f"defer {number}" for number in range(4)])
    # Each is settled by its lock token, through the management node.
    receiver.complete_message(deferred[0])
    receiver.dead_letter_message(deferred[1], reason="deferred")
    receiver.abandon_message(deferred[2])
    receiver.defer_message(deferred[3])
    dead_letters.complete_message(take("defer 1", dead_letters))
    for message in receiver.receive_deferred_messages([messages[2].sequence_number, messages[3].sequence_number]):
        receiver.complete_message(message)
    same(receiver.peek_messages(), [])


def renew():
    sender.send_messages(ServiceBusMessage("renew"))
    message = take("renew")
    until = message.locked_until_utc
    if receiver.renew_message_lock(message) < until:
        raise AssertionError("the lock ends sooner")
    receiver.complete_message(message)


def receive_and_delete():
    sender.send_messages(ServiceBusMessage("for good"))
    with client.get_queue_receiver(QUEUE, receive_mode=ServiceBusReceiveMode.RECEIVE_AND_DELETE) as source:
        take("for good", source)
    same(receiver.peek_messages(), [])


def peek():
    sender.send_messages([ServiceBusMessage(f"peek {number}") for number in range(3)])
    peeked = receiver.peek_messages(max_message_count=10)
    same([str(message) for message in peeked], ["peek 0", "peek 1", "peek 2"])
    later = receiver.peek_messages(max_message_count=10, sequence_number=peeked[1].sequence_number)
    same([str(message) for message in later], ["peek 1", "peek 2"])
    for message in receive(receiver, 3):
        receiver.complete_message(message)


def schedule():
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    numbers = sender.schedule_messages([ServiceBusMessage("a"), ServiceBusMessage("b")], tomorrow)
    same([message.sequence_number for message in receiver.peek_messages(10)], numbers)
    sender.cancel_scheduled_messages(numbers)
    same(receiver.peek_messages(), [])
    sender.schedule_messages(ServiceBusMessage("soon"), datetime.now(timezone.utc) + timedelta(milliseconds=300))
    receiver.complete_message(take("soon"))


def sessions():
    with client.get_queue_sender(SESSIONS) as to_sessions:
        to_sessions.send_messages([ServiceBusMessage(f"session {n}", session_id="one") for n in range(3)])
    with client.get_queue_receiver(SESSIONS, session_id="one") as source:
        same(source.session.get_state(), None)
        source.session.set_state("kept")
        if source.session.renew_lock() < datetime.now(timezone.utc):
            raise AssertionError("the lock of the session ends in the past")
        messages = receive(source, 3)
        same([str(message) for message in messages], ["session 0", "session 1", "session 2"])
        source.complete_message(messages[0])
        source.defer_message(messages[1])
        source.complete_message(messages[2])
        for message in source.receive_deferred_messages(messages[1].sequence_number):
            source.complete_message(message)
    with client.get_queue_sender(SESSIONS) as to_sessions:
        to_sessions.send_messages(ServiceBusMessage("next", session_id="one"))
    with client.get_queue_receiver(SESSIONS, session_id=NEXT_AVAILABLE_SESSION) as source:
        same(source.session.session_id, "one")
        same(source.session.get_state(), b"kept")
        source.complete_message(take("next", source))


def topic():
    with client.get_topic_sender(TOPIC) as to_topic:
        to_topic.send_messages(ServiceBusMessage("topic"))
    with client.get_subscription_receiver(TOPIC, SUBSCRIPTION) as source:
        source.complete_message(take("topic", source))


def large():
    body = b"x" * LARGE
    sender.send_messages(ServiceBusMessage(body))
    messages = receive(receiver)
    same([b"".join(message.body) == body for message in messages], [True])
    receiver.complete_message(messages[0])


def refusals():
    sender.send_messages(ServiceBusMessage("refusals"))
    with client.get_queue_receiver(QUEUE) as other:
        message = take("refusals", other)
        other.complete_message(message)
        refused(MessageNotFoundError, lambda: receiver.receive_deferred_messages([message.sequence_number]))
    with client.get_queue_receiver(SESSIONS, session_id="held"):
        refused(SessionCannotBeLockedError, lambda: open_and_close(client.get_queue_receiver(SESSIONS, session_id="held")))
    too_large = ServiceBusMessage(b"x" * 300 * 1024)
    # The client reads the text of a refused token in memory that it has given back: it must be as long as Azure's.
    error = refused(ServiceBusAuthenticationError, lambda: open_and_close(client.get_queue_sender("missing")))
    same("Status code: 404" in str(error) and "missing' could not be found" in str(error), True)
    refused(MessageSizeExceededError, lambda: sender.send_messages(too_large))


def open_and_close(handler):
    with handler:
        pass


def refused(expected, attempt):
    try:
        attempt()
    except expected as error:
        return error
    raise AssertionError(f"no {expected.__name__}")


def administration():
    admin = ServiceBusAdministrationClient.from_connection_string(CONNECTION, connection_verify=CERTIFICATE)
    queue, events = f"{QUEUE}-made", f"{TOPIC}-made"
    same(admin.create_queue(queue, max_delivery_count=7).max_delivery_count, 7)
    description = admin.get_queue(queue)
    description.lock_duration = timedelta(seconds=30)
    admin.update_queue(description)
    same(admin.get_queue(queue).lock_duration, timedelta(seconds=30))
    same(admin.get_queue_runtime_properties(queue).total_message_count, 0)
    same(queue in [one.name for one in admin.list_queues()], True)
    admin.create_topic(events)
    same(events in [one.name for one in admin.list_topics()], True)
    admin.create_subscription(events, "audit")
    same([one.name for one in admin.list_subscriptions(events)], ["audit"])
    same(admin.get_subscription_runtime_properties(events, "audit").total_message_count, 0)
    admin.create_rule(events, "audit", "red", filter=SqlRuleFilter("colour = 'red'"))
    admin.create_rule(events, "audit", "blue", filter=CorrelationRuleFilter(label="blue"))
    same(sorted(one.name for one in admin.list_rules(events, "audit")), ["$Default", "blue", "red"])
    same(admin.get_rule(events, "audit", "red").filter.sql_expression, "colour = 'red'")
    admin.delete_rule(events, "audit", "red")
    admin.delete_subscription(events, "audit")
    admin.delete_topic(events)
    admin.delete_queue(queue)
    same(queue in [one.name for one in admin.list_queues()], False)
    same(admin.get_namespace_properties().name, "clients")
    admin.close()


ALL = {
    "send": send,
    "batch": batch,
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
    "refusals": refusals,
    "administration": administration,
}
show({"send": send} if TRANSPORT != "tls" else ALL)
for handler in (sender, receiver, dead_letters, client):
    handler.close()
sys.exit(0)
