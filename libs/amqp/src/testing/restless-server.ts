import { AmqpServer } from '../engine/connection.js';
import { amqpError } from '../engine/errors.js';
import type { Listener, ReceiverLink, SenderLink, Session } from '../engine/listener.js';
import { Monitor } from './monitor.js';
import { numbersFrom } from './numbers.js';

const ERROR = amqpError('amqp:internal-error', 'It pleased the server.');
const OUTCOMES = [
  { type: 'accepted' },
  { type: 'released' },
  { type: 'rejected', error: ERROR },
  { type: 'modified' },
] as const;
const LIMITS = {
  ...{ maxJoinedBytes: 4_096, maxLinks: 12, maxHeldAttaches: 4 },
  ...{ incomingWindow: 64, highWaterMark: 8_192, idleTimeOut: 10_000 },
};
const MAX_FRAME = 65_536;

/**
 * A server whose listener does whatever is allowed, inside its events too: accepts, refuses, sends, settles, detaches,
 * ends, closes, as its seed has it. It checks that each thing ends once and that nothing comes after `closed`.
 */
export class RestlessServer {
  readonly server: AmqpServer;
  readonly monitor = new Monitor(MAX_FRAME);
  readonly events: string[] = [];
  readonly #random: (below: number) => number;
  readonly #over = new Set<unknown>();
  readonly #links: (SenderLink | ReceiverLink)[] = [];
  #tags = 0;
  /** Whether it takes its output only at the end: then the output does not depend on how the input is chunked. */
  readonly #isPatient: boolean;
  readonly #pieces: Buffer[] = [];

  constructor(seed: number, isPatient = false) {
    this.#random = numbersFrom(seed);
    this.#isPatient = isPatient;
    this.server = new AmqpServer({ containerId: 'server', requireSasl: false, ...LIMITS }, this.#listener());
  }

  receive(bytes: Buffer): void {
    this.server.receive(bytes);
    if (!this.#isPatient) this.take();
  }

  /** Everything that was sent. */
  output(): Buffer {
    this.take();
    return Buffer.concat(this.#pieces);
  }

  take(): void {
    for (let piece = this.server.takeOutput(); piece; piece = this.server.takeOutput()) {
      this.#pieces.push(Buffer.from(piece));
      this.monitor.read(piece);
      this.server.giveBack(piece);
    }
  }

  #listener(): Listener {
    return {
      sasl: () => true,
      opened: () => (this.#random(50) === 0 ? ERROR : undefined),
      began: () => this.#note('began'),
      ended: (session) => this.#ends('ended', session),
      attached: (link) => this.#attached(link),
      detached: (link) => this.#ends('detached', link),
      delivery: (link, { id, payload }) => {
        this.#note(`delivery ${id} ${payload.length}`);
        if (this.#over.has(link)) throw new Error('A delivery came on a link that is gone.');
        if (this.#random(4) > 0) link.settle(id, this.#outcome());
        this.#act(link.session);
      },
      sendable: (link) => {
        this.#note('sendable');
        while (this.#random(5) > 0 && this.#send(link) !== undefined);
      },
      drain: (link) => {
        this.#note('drain');
        link.drained();
      },
      disposed: (link, id, token, _, settled) => {
        this.#note(`disposed ${id}`);
        if (this.#over.has(token)) throw new Error('A delivery was settled twice.');
        if (settled) this.#over.add(token);
        else link.settle(id, this.#outcome());
        if (!settled) this.#over.add(token);
      },
      closed: () => this.#ends('closed', this),
    };
  }

  #attached(link: SenderLink | ReceiverLink): void {
    this.#note('attached');
    this.#links.push(link);
    const choice = this.#random(10);
    if (choice === 0) link.refuse(ERROR);
    else if (choice > 2) this.#accept(link);
  }

  #accept(link: SenderLink | ReceiverLink): void {
    if (link.role === 'sender') link.accept();
    else link.accept(5 + this.#random(60), { maxMessageSize: BigInt(this.#random(3) * 800) });
  }

  #send(link: SenderLink): number | undefined {
    const token = { tag: this.#tags++ };
    const payload = Buffer.alloc(this.#random(10) === 0 ? 3_000 : 10, 1);
    return link.send(Buffer.from(String(token.tag)), payload, {
      settled: this.#random(4) === 0,
      format: 0,
      batchable: true,
      token,
    });
  }

  /** Does anything to the session, or to any link there ever was. */
  #act(session: Session): void {
    const link = this.#links[this.#random(this.#links.length || 1)];
    const choice = this.#random(200);
    if (choice === 0) session.end(ERROR);
    else if (choice === 1) this.server.close(ERROR);
    else if (choice === 2) link?.detach(ERROR);
    else if (choice < 10 && link) this.#accept(link);
    else if (choice < 20 && link?.role === 'sender') this.#send(link);
    else if (choice < 30 && link?.role === 'receiver') link.grant(this.#random(30));
  }

  #outcome() {
    return OUTCOMES[this.#random(OUTCOMES.length)] as (typeof OUTCOMES)[number];
  }

  #ends(event: string, what: unknown): void {
    this.#note(event);
    if (this.#over.has(what)) throw new Error(`It ${event} twice.`);
    this.#over.add(what);
  }

  #note(event: string): void {
    if (this.#over.has(this)) throw new Error(`'${event}' came after closed.`);
    this.events.push(event);
  }
}
