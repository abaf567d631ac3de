type Protocol = 'amqp' | 'http' | 'tls';

/** The first byte of a TLS handshake record. */
const TLS_HANDSHAKE = 0x16;
/** The first letters of HTTP's methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS. */
const HTTP = new Set([...'GHPDO'].map((letter) => letter.charCodeAt(0)));

/** What a client speaks; what is neither TLS nor HTTP is left to AMQP, which refuses it properly. */
export function protocolOf(firstByte: number): Protocol {
  if (firstByte === TLS_HANDSHAKE) return 'tls';
  return HTTP.has(firstByte) ? 'http' : 'amqp';
}
