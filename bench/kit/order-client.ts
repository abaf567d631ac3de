import { connect, type Socket } from 'node:net';

export const UNIT_PRICE = 450;
export const QUANTITY = 2;

/** An order as clients place it. */
export interface OrderRequest {
  readonly customerId: string;
  /** Its `Idempotency-Key`; none when absent. */
  readonly key?: string;
}

/** The head of an answer is shorter, in bytes. */
const LONGEST_HEAD = 16_384;

/**
 * Places orders over connections that it keeps, as many as there are orders at a time. It knows of HTTP/1.1 what it takes
 * to send one request and read an answer that says its length: a client that does more takes a third of a machine from
 * the servers that are measured on it.
 */
export class OrderClient {
  readonly #host: string;
  readonly #port: number;
  /** Connected, with no answer to come. */
  readonly #idle: Connection[] = [];
  readonly #open = new Set<Connection>();

  /** @param url where `/orders` is, as `http://127.0.0.1:3000` */
  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#host = hostname;
    this.#port = Number(port);
  }

  /**
   * `POST /orders`. Resolves with the id of the order.
   * @throws Error for any other answer than 202, with its text, and for a connection that breaks
   */
  async post({ customerId, key }: OrderRequest): Promise<string> {
    const body = JSON.stringify({
      customerId,
      currency: 'EUR',
      lines: [{ sku: 'tea', quantity: QUANTITY, unitPrice: UNIT_PRICE }],
    });
    const head = [
      'POST /orders HTTP/1.1',
      `host: ${this.#host}:${this.#port}`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      ...(key === undefined ? [] : [`idempotency-key: ${key}`]),
    ];
    const connection = this.#idle.pop() ?? this.#connect();
    const { status, text } = await connection.ask(`${head.join('\r\n')}\r\n\r\n${body}`);
    this.#idle.push(connection);
    if (status !== 202) throw new Error(`POST /orders answered ${status}: ${text}`);
    return (JSON.parse(text) as { id: string }).id;
  }

  /** Closes its connections. */
  close(): void {
    for (const connection of this.#open) connection.close();
  }

  #connect(): Connection {
    const socket = connect(this.#port, this.#host);
    const connection = new Connection(socket);
    this.#open.add(connection);
    socket.on('close', () => {
      this.#open.delete(connection);
      if (this.#idle.includes(connection)) this.#idle.splice(this.#idle.indexOf(connection), 1);
    });
    return connection;
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One request after the other. */
class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #asked: PromiseWithResolvers<Answer> | undefined;

  constructor(socket: Socket) {
    this.#socket = socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#onData(bytes));
    socket.on('error', (error) => this.#asked?.reject(error));
    socket.on('close', () => this.#asked?.reject(new Error('The connection was closed before its answer.')));
  }

  ask(request: string): Promise<Answer> {
    this.#asked = Promise.withResolvers();
    this.#socket.write(request);
    return this.#asked.promise;
  }

  close(): void {
    this.#asked = undefined;
    this.#socket.destroy();
  }

  #onData(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    try {
      const answer = readAnswer(this.#received);
      if (answer === undefined) return;
      this.#received = Buffer.alloc(0);
      this.#asked?.resolve(answer);
    } catch (error) {
      this.#asked?.reject(error);
      this.close();
    }
  }
}

/**
 * Undefined while some of it is still to come.
 * @throws Error for an answer that does not say its length
 */
export function readAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1 && bytes.length < LONGEST_HEAD) return undefined;
  const head = bytes.toString('latin1', 0, Math.max(0, end));
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (status === undefined || length === undefined) throw new Error(`This cannot be read as an answer: ${head}`);
  const begin = end + 4;
  if (bytes.length < begin + Number(length)) return undefined;
  return { status: Number(status), text: bytes.toString('utf8', begin, begin + Number(length)) };
}
