// Qpid Proton 0.37 for C: the engine alone, under a loop that waits for one thing at a time.
#include <proton/connection.h>
#include <proton/delivery.h>
#include <proton/disposition.h>
#include <proton/event.h>
#include <proton/link.h>
#include <proton/message.h>
#include <proton/proactor.h>
#include <proton/sasl.h>
#include <proton/session.h>
#include <proton/ssl.h>
#include <proton/transport.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE (250 * 1024)
#define PATIENCE_MS 10000
#define MAX_MESSAGE (512 * 1024)

static pn_proactor_t *proactor;
static pn_event_batch_t *batch;
static pn_session_t *session;
static char dead_letters[300];
static const char *queue;
static const char *problem;
static int links;

typedef bool (*Condition)(pn_event_t *event, void *context);

static bool failed(const char *what) {
  if (!problem) problem = what;
  return false;
}

// Handles events until one is what is waited for. The connection may be touched until the next call.
static bool wait_for(Condition is_it, void *context, const char *what) {
  if (problem) return false;
  pn_proactor_set_timeout(proactor, PATIENCE_MS);
  for (;;) {
    pn_event_t *event = batch ? pn_event_batch_next(batch) : NULL;
    if (!event) {
      if (batch) pn_proactor_done(proactor, batch);
      batch = pn_proactor_wait(proactor);
      continue;
    }
    switch (pn_event_type(event)) {
      case PN_PROACTOR_TIMEOUT:
      case PN_TRANSPORT_ERROR:
      case PN_CONNECTION_REMOTE_CLOSE:
        return failed(what);
      default:
        if (is_it(event, context)) return true;
    }
  }
}

static bool is_open(pn_event_t *event, void *context) {
  (void)context;
  return pn_event_type(event) == PN_CONNECTION_REMOTE_OPEN;
}

static bool has_credit(pn_event_t *event, void *link) {
  (void)event;
  return pn_link_credit(link) > 0;
}

static bool is_closed(pn_event_t *event, void *link) {
  (void)event;
  return (pn_link_state(link) & PN_REMOTE_CLOSED) != 0;
}

static bool is_settled(pn_event_t *event, void *delivery) {
  (void)event;
  return pn_delivery_settled(delivery) || pn_delivery_remote_state(delivery) != 0;
}

static bool has_arrived(pn_event_t *event, void *link) {
  (void)event;
  pn_delivery_t *delivery = pn_link_current(link);
  return delivery && pn_delivery_readable(delivery) && !pn_delivery_partial(delivery);
}

static const char *next_name(void) {
  static char name[32];
  snprintf(name, sizeof name, "link-%d", links++);
  return name;
}

static void close_link(pn_link_t *link) {
  pn_link_close(link);
  wait_for(is_closed, link, "the link was not closed");
  pn_link_free(link);
}

static void put(const char *body, size_t size) {
  static char encoded[MAX_MESSAGE];
  size_t length = sizeof encoded;
  pn_message_t *message = pn_message();
  pn_data_put_binary(pn_message_body(message), pn_bytes(size, body));
  if (pn_message_encode(message, encoded, &length) != 0) failed("the message was not encoded");
  pn_message_free(message);

  pn_link_t *sender = pn_sender(session, next_name());
  pn_terminus_set_address(pn_link_target(sender), queue);
  pn_link_open(sender);
  if (!wait_for(has_credit, sender, "the sender got no credit")) return;
  pn_delivery_t *delivery = pn_delivery(sender, pn_dtag("1", 1));
  pn_link_send(sender, encoded, length);
  pn_link_advance(sender);
  wait_for(is_settled, delivery, "nothing was said of the message");
  if (pn_delivery_remote_state(delivery) != PN_ACCEPTED) failed("the message was not accepted");
  pn_delivery_settle(delivery);
  close_link(sender);
}

static pn_link_t *open_receiver(const char *address, bool for_good) {
  pn_link_t *receiver = pn_receiver(session, next_name());
  pn_terminus_set_address(pn_link_source(receiver), address);
  pn_link_set_snd_settle_mode(receiver, for_good ? PN_SND_SETTLED : PN_SND_UNSETTLED);
  pn_link_set_rcv_settle_mode(receiver, for_good ? PN_RCV_FIRST : PN_RCV_SECOND);
  pn_link_open(receiver);
  return receiver;
}

// The next message, which must have this body and this count. @param outcome 0 for one that is settled already
static void take(pn_link_t *receiver, const char *body, size_t size, unsigned count, uint64_t outcome) {
  static char encoded[MAX_MESSAGE];
  pn_link_flow(receiver, 1);
  if (!wait_for(has_arrived, receiver, "no message came")) return;
  pn_delivery_t *delivery = pn_link_current(receiver);
  ssize_t length = pn_link_recv(receiver, encoded, sizeof encoded);
  pn_message_t *message = pn_message();
  if (length <= 0 || pn_message_decode(message, encoded, (size_t)length) != 0) failed("the message was not decoded");
  pn_data_t *data = pn_message_body(message);
  pn_data_rewind(data);
  pn_data_next(data);
  pn_bytes_t bytes = pn_data_get_binary(data);
  if (bytes.size != size || memcmp(bytes.start, body, size) != 0) failed("another message came");
  if (pn_message_get_delivery_count(message) != count) failed("the delivery count is another");
  pn_message_free(message);
  if (outcome) {
    if (outcome == PN_MODIFIED) pn_disposition_set_failed(pn_delivery_local(delivery), true);
    pn_delivery_update(delivery, outcome);
    wait_for(is_settled, delivery, "the broker did not settle");
  }
  pn_delivery_settle(delivery);
}

static void exchange(const char *body, size_t size, bool for_good) {
  put(body, size);
  pn_link_t *receiver = open_receiver(queue, for_good);
  take(receiver, body, size, 0, for_good ? 0 : PN_ACCEPTED);
  close_link(receiver);
}

static void simple(void) { exchange("simple", 6, false); }

static void for_good(void) { exchange("for good", 8, true); }

static void large(void) {
  char *body = malloc(LARGE);
  memset(body, 'x', LARGE);
  exchange(body, LARGE, false);
  free(body);
}

static void again(void) {
  put("again", 5);
  pn_link_t *receiver = open_receiver(queue, false);
  take(receiver, "again", 5, 0, PN_MODIFIED);
  take(receiver, "again", 5, 1, PN_RELEASED);
  take(receiver, "again", 5, 2, PN_ACCEPTED);
  close_link(receiver);
}

static void dead_letter(void) {
  put("dead", 4);
  pn_link_t *receiver = open_receiver(queue, false);
  take(receiver, "dead", 4, 0, PN_REJECTED);
  close_link(receiver);
  receiver = open_receiver(dead_letters, false);
  take(receiver, "dead", 4, 0, PN_ACCEPTED);
  close_link(receiver);
}

static void show(const char *ability, void (*attempt)(void)) {
  attempt();
  if (problem) printf("{\"ability\":\"%s\",\"error\":\"%s\"}\n", ability, problem);
  else printf("{\"ability\":\"%s\"}\n", ability);
  fflush(stdout);
}

static void connect_to_broker(bool tls) {
  char address[300];
  pn_proactor_addr(address, sizeof address, getenv("BROKER_HOST"), getenv("BROKER_PORT"));
  pn_connection_t *connection = pn_connection();
  pn_transport_t *transport = pn_transport();
  pn_connection_set_container(connection, "proton-c");
  if (tls) {
    pn_ssl_domain_t *domain = pn_ssl_domain(PN_SSL_MODE_CLIENT);
    pn_ssl_domain_set_trusted_ca_db(domain, getenv("BROKER_CERTIFICATE"));
    pn_ssl_domain_set_peer_authentication(domain, PN_SSL_VERIFY_PEER, NULL);
    if (pn_ssl_init(pn_ssl(transport), domain, NULL) != 0) failed("TLS was not set up");
    pn_ssl_domain_free(domain);
    pn_connection_set_user(connection, getenv("BROKER_KEY_NAME"));
    pn_connection_set_password(connection, getenv("BROKER_KEY"));
    pn_sasl_allowed_mechs(pn_sasl(transport), "PLAIN");
  }
  pn_connection_open(connection);
  session = pn_session(connection);
  pn_session_open(session);
  pn_proactor_connect2(proactor, connection, transport, address);
  wait_for(is_open, NULL, "the connection was not opened");
}

int main(int argc, char **argv) {
  bool tls = argc > 1 && strcmp(argv[1], "tls") == 0;
  queue = getenv("BROKER_QUEUE");
  snprintf(dead_letters, sizeof dead_letters, "%s/$DeadLetterQueue", queue);
  proactor = pn_proactor();
  connect_to_broker(tls);
  show("send", simple);
  if (tls) {
    show("complete", simple);
    show("abandon", again);
    show("dead-letter", dead_letter);
    show("receive-and-delete", for_good);
    show("large", large);
  }
  return problem ? 1 : 0;
}
