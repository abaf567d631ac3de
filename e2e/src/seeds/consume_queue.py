import os, json, time
from dotenv import load_dotenv
from azure.servicebus import ServiceBusClient, ServiceBusReceiveMode

load_dotenv()
CONN = os.environ["SERVICEBUS_CONNECTION_STRING"]
QUEUE = os.environ["QUEUE_NAME"]

if __name__ == "__main__":
  sb = ServiceBusClient.from_connection_string(CONN, logging_enable=True)
  with sb.get_queue_receiver(queue_name=QUEUE, receive_mode=ServiceBusReceiveMode.PEEK_LOCK) as receiver:
    while True:
      msgs = receiver.receive_messages(max_message_count=10, max_wait_time=5)
      if not msgs:
        time.sleep(2)
        continue
      for msg in msgs:
        try:
          body = json.loads(str(msg))
          print(f"[queue] processing order {body.get('order_id')} amount={body.get('amount')}")
          receiver.complete_message(msg)   # ACK
        except Exception as e:
          print("error:", e)
          receiver.abandon_message(msg)   # retry later
