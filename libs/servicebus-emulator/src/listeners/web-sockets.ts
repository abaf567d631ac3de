import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';

/** Some clients encode the dollar sign, others end with a slash. */
const PATH = /^\/(\$|%24)servicebus\/websocket\/?(\?|$)/i;
const PROTOCOL = 'AMQPWSB10';
/** Clients send an AMQP frame, or a few, in one WebSocket message. */
const MAX_PAYLOAD = 4 * 1024 * 1024;

/** Unwraps AMQP clients that come inside a WebSocket. */
export class WebSockets {
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PAYLOAD,
    handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
  });
  readonly #amqp: (stream: Duplex) => void;

  /** @param amqp takes what is inside */
  constructor(amqp: (stream: Duplex) => void) {
    this.#amqp = amqp;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!PATH.test(request.url ?? '')) {
      const hint = 'WebSockets are served at /$servicebus/websocket only.';
      socket.end(`HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n${hint}\n`);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const stream = createWebSocketStream(webSocket);
      stream.on('error', () => undefined); // 'close' follows.
      this.#amqp(stream);
    });
  }
}
