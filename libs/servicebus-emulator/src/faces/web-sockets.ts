import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';

const PATH = '/$servicebus/websocket';
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
    const path = (request.url ?? '').replace(/\?.*$/, '');
    if (decodeURIComponent(path).toLowerCase() !== PATH) {
      socket.end(`HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\nWebSockets are served at ${PATH} only.\n`);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#amqp(createWebSocketStream(webSocket)));
  }
}
