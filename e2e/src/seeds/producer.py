import os, json, uuid, time
from datetime import datetime
from dotenv import load_dotenv
from azure.servicebus import ServiceBusClient, ServiceBusMessage

load_dotenv()
CONN = os.environ["SERVICEBUS_CONNECTION_STRING"]
QUEUE = os.environ["QUEUE_NAME"]
TOPIC = os.environ["TOPIC_NAME"]

def send_queue_messages(sb: ServiceBusClient, n=10):
  with sb.get_queue_sender(queue_name=QUEUE) as sender:
    for i in range(n):
      order = {
        "order_id": str(uuid.uuid4()),
        "ts": datetime.utcnow().isoformat() + "Z",
        "amount": 49.99 + i
      }
      msg = ServiceBusMessage(json.dumps(order), application_properties={"type": "order"})
      sender.send_messages(msg)
      print(f"[queue] sent {order['order_id']}")

def send_topic_messages(sb: ServiceBusClient, n=5):
  with sb.get_topic_sender(topic_name=TOPIC) as sender:
    for i in range(n):
      evt = {
        "event_id": str(uuid.uuid4()),
        "type": "user.signup" if i % 2 == 0 else "purchase",
        "ts": datetime.utcnow().isoformat() + "Z"
      }
      msg = ServiceBusMessage(json.dumps(evt), subject=evt["type"])
      sender.send_messages(msg)
      print(f"[topic] sent {evt['event_id']} ({evt['type']})")

if __name__ == "__main__":
  sb = ServiceBusClient.from_connection_string(conn_str=CONN, logging_enable=True)
  send_queue_messages(sb, n=10)
  time.sleep(1)
  send_topic_messages(sb, n=6)
  print("Done.")
