import os, json, time, sys
from dotenv import load_dotenv
from azure.servicebus import ServiceBusClient, ServiceBusReceiveMode

load_dotenv()
CONN = os.environ["SERVICEBUS_CONNECTION_STRING"]
TOPIC = os.environ["TOPIC_NAME"]
SUB  = os.environ.get("SUBSCRIPTION_NAME", "billing")  # pass env to switch: billing/analytics

if __name__ == "__main__":
  sb = ServiceBusClient.from_connection_string(CONN, logging_enable=True)
  with sb.get_subscription_receiver(topic_name=TOPIC, subscription_name=SUB,
                                    receive_mode=ServiceBusReceiveMode.PEEK_LOCK) as receiver:
    while True:
      msgs = receiver.receive_messages(max_message_count=10, max_wait_time=5)
      if not msgs:
        time.sleep(2)
        continue
      for msg in msgs:
        try:
          body = json.loads(str(msg))
          print(f"[{SUB}] event type={msg.subject} payload={body}")
          receiver.complete_message(msg)
        except Exception as e:
          print("error:", e, file=sys.stderr)
          receiver.dead_letter_message(msg, reason="processing-failed", error_description=str(e))
