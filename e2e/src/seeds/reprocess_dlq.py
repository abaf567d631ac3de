import os, json
from dotenv import load_dotenv
from azure.servicebus import ServiceBusClient

load_dotenv()
CONN = os.environ["SERVICEBUS_CONNECTION_STRING"]
TOPIC = os.environ["TOPIC_NAME"]
SUB   = os.environ.get("SUBSCRIPTION_NAME", "billing")

if __name__ == "__main__":
  sb = ServiceBusClient.from_connection_string(CONN)
  with sb.get_subscription_receiver(topic_name=TOPIC, subscription_name=SUB, sub_queue="deadletter") as dlq, \
       sb.get_topic_sender(topic_name=TOPIC) as sender:
    msgs = dlq.receive_messages(max_message_count=50, max_wait_time=5)
    for msg in msgs:
      try:
        body = json.loads(str(msg))
        print(f"[DLQ->{SUB}] re-publishing {body}")
        sender.send_messages(msg)  # simple replay
        dlq.complete_message(msg)
      except Exception as e:
        print("failed to reprocess:", e)
        dlq.abandon_message(msg)
