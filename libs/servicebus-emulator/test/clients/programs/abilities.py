"""What every client in Python says of itself: a line of JSON for each ability that it was asked to show."""
import json
import os
import sys

TRANSPORT = sys.argv[1]
HOST = os.environ["BROKER_HOST"]
PORT = int(os.environ["BROKER_PORT"])
CERTIFICATE = os.environ["BROKER_CERTIFICATE"]
KEY_NAME = os.environ["BROKER_KEY_NAME"]
KEY = os.environ["BROKER_KEY"]
QUEUE = os.environ["BROKER_QUEUE"]
SESSIONS = os.environ["BROKER_SESSIONS"]
TOPIC = os.environ["BROKER_TOPIC"]
SUBSCRIPTION = os.environ["BROKER_SUBSCRIPTION"]

LARGE = 250 * 1024


def show(abilities):
    """Runs the functions by the names of the abilities they show; one that fails does not keep the others from it."""
    for name, attempt in abilities.items():
        try:
            attempt()
        except Exception as error:  # whatever a client throws is its answer
            print(json.dumps({"ability": name, "error": f"{type(error).__name__}: {error}"[:300]}), flush=True)
        else:
            print(json.dumps({"ability": name}), flush=True)


def same(actual, expected):
    """Raises an AssertionError that shows both."""
    if actual != expected:
        raise AssertionError(f"expected {short(expected)}, not {short(actual)}")


def short(value):
    text = repr(value)
    return text if len(text) < 100 else f"{text[:100]}… of {len(text)} characters"
