import { createServer, connect, type Server, type Socket } from 'node:net';

/** Stands between a transport and its broker on 127.0.0.1, to do to the connection what networks do. */
export class TcpProxy {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #silent = false;
  #refusing = false;
  /** The text at which the connections are cut, and how often it has still to come. */
  #cutAt: { readonly text: string; left: number } | undefined;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#forward(client));
  }

  static async to(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy is closed.');
    return address.port;
  }

  /** Open connections. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Cuts every connection; new ones are welcome at once. */
  cut(): void {
    for (const [client, broker] of this.#pairs) {
      client.destroy();
      broker.destroy();
    }
    this.#pairs.clear();
  }

  /** Cuts every connection, once, when a client is about to send `text` for the nth time from now; n counts from 1. */
  cutAt(text: string, n: number): void {
    this.#cutAt = { text, left: n };
  }

  /** Passes nothing on any more, in either direction, without closing anything: what a dead route looks like. */
  silence(): void {
    this.#silent = true;
    for (const [client, broker] of this.#pairs) {
      client.unpipe(broker).pause();
      broker.unpipe(client).pause();
    }
  }

  /** Cuts every connection and resets new ones, until {@link welcome}: the host is there and nobody listens. */
  refuse(): void {
    this.#refusing = true;
    this.cut();
  }

  welcome(): void {
    this.#refusing = false;
  }

  /** Lets new connections through again; those that fell silent stay so. */
  unsilence(): void {
    this.#silent = false;
  }

  /** Cuts every connection and refuses new ones. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.cut();
    await closed;
  }

  #forward(client: Socket): void {
    if (this.#refusing) return void client.resetAndDestroy();
    const broker = connect(this.#targetPort, '127.0.0.1');
    const pair = [client, broker] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      // An error is followed by close, which takes the other side along.
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#pairs.delete(pair);
        client.destroy();
        broker.destroy();
      });
    }
    if (this.#silent) return;
    client.on('data', (sent) => this.#look(sent));
    client.pipe(broker);
    broker.pipe(client);
  }

  #look(sent: Buffer): void {
    if (this.#cutAt === undefined || !sent.includes(this.#cutAt.text)) return;
    this.#cutAt.left -= 1;
    if (this.#cutAt.left > 0) return;
    this.#cutAt = undefined;
    this.cut();
  }
}
