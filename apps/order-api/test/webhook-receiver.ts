import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A notice as it arrived. */
export interface ReceivedNotice {
  readonly id: string;
  /** Whether the signature is of this id, time and body, and the time is now. */
  readonly isGenuine: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** A receiver of alerts that checks what it gets by the rules of Standard Webhooks, and not by our code. */
export class WebhookReceiver {
  readonly key = Buffer.alloc(32, 7);
  readonly received: ReceivedNotice[] = [];
  /** What it answers, in turn, or that it does not; 204 to all others. */
  readonly answers: (number | 'nothing')[] = [];
  readonly #server = createServer((request, response) => {
    void this.#receive(request).then((notice) => {
      this.received.push(notice);
      const answer = this.answers.shift() ?? 204;
      if (answer !== 'nothing') response.writeHead(answer, { location: '/elsewhere' }).end();
    });
  });

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await once(receiver.#server.listen(0, '127.0.0.1'), 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/alerts`;
  }

  /** The variables of an order-api that tells this receiver. */
  get env(): Readonly<Record<string, string>> {
    return { OPS_ALERT_WEBHOOK_URL: this.url, OPS_ALERT_WEBHOOK_SECRET: `whsec_${this.key.toString('base64')}` };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #receive(request: IncomingMessage): Promise<ReceivedNotice> {
    const body = await text(request);
    const of = (name: string) => String(request.headers[name] ?? '');
    const [id, timestamp] = [of('webhook-id'), of('webhook-timestamp')];
    const wanted = createHmac('sha256', this.key).update(`${id}.${timestamp}.${body}`).digest();
    const given = Buffer.from(of('webhook-signature').replace(/^v1,/, ''), 'base64');
    const isSigned = given.length === wanted.length && timingSafeEqual(given, wanted);
    const isNow = Math.abs(Date.now() / 1_000 - Number(timestamp)) < 300;
    return { id, isGenuine: isSigned && isNow, body: JSON.parse(body) };
  }
}
