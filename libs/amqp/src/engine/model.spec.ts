import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Said, ScriptPeer } from '../testing/script-peer.js';
import type { ReceiverLink, SenderLink } from './listener.js';

const uint32 = (value: bigint) => Number(BigInt.asUintN(32, value));
const OPTIONS = { settled: false, format: 0, batchable: true, token: undefined };
const MAX_FRAME = 512;
const ACCEPTED = { type: 'accepted' } as const;

/** A client that counts everything from zero, without end, and takes its time to read what the server says. */
class NaiveClient {
  readonly peer: ScriptPeer;
  readonly sender: SenderLink;
  readonly receiver: ReceiverLink;
  readonly #firstCount: bigint;
  readonly #firstDelivery: bigint;
  /** Frames and deliveries that the server has sent, and those the client has seen. */
  sentFrames = 0n;
  seenFrames = 0n;
  sentDeliveries = 0n;
  seenDeliveries = 0n;
  /** What the client allowed last, counted as the server must: from where it had seen. */
  frameLimit: bigint;
  deliveryLimit = 0n;
  /** Credit that was drained counts as deliveries do, in the delivery-count. */
  usedUp = 0n;
  seenUsedUp = 0n;
  readonly unsettledAtClient = new Set<bigint>();
  /** The same for what the client sends. */
  ownDeliveries = 0n;
  ownLimit = 10n;
  readonly unsettledAtServer = new Set<bigint>();
  #isWhole = true;

  constructor(first: bigint, window: number) {
    this.#firstCount = first;
    this.#firstDelivery = first + 1n;
    this.peer = new ScriptPeer({}, { drain: () => {} }).open({ containerId: 'peer', maxFrameSize: MAX_FRAME });
    this.peer.begin({ nextOutgoingId: uint32(first), incomingWindow: window });
    this.frameLimit = BigInt(window);
    this.peer.attach({ name: 'down', handle: 0, role: true });
    this.sender = this.peer.sender;
    this.sender.accept();
    this.peer.attach({ name: 'up', handle: 1, role: false, initialDeliveryCount: uint32(first) });
    this.receiver = this.peer.receiver;
    this.receiver.accept(10);
    this.collect();
  }

  /** What the server has said is noted at once, but the client has not seen it yet. */
  collect(): void {
    for (const said of this.peer.said()) {
      if (said.type === 'transfer') this.#transferred(said);
      else if (said.type === 'flow' && said['handle'] === 1) this.#credited(said);
      else if (said.type === 'disposition' && said['role'] === true) this.#settled(said);
    }
  }

  allow(window: number, credit: number, drain: boolean): void {
    this.frameLimit = this.seenFrames + BigInt(window);
    this.deliveryLimit = this.seenDeliveries + this.seenUsedUp + BigInt(credit) - this.usedUp;
    this.peer.flow({
      nextIncomingId: uint32(1n + this.seenFrames),
      incomingWindow: window,
      ...{ handle: 0, deliveryCount: uint32(this.seenDeliveries + this.seenUsedUp), linkCredit: credit, drain },
    });
  }

  /** The server has nothing more to send: what it is allowed is used up without deliveries. */
  drain(): void {
    this.collect();
    if (!this.#isWhole) return;
    this.sender.drained();
    if (this.deliveryLimit > this.sentDeliveries) this.usedUp += this.deliveryLimit - this.sentDeliveries;
    this.deliveryLimit = this.sentDeliveries;
  }

  see(): void {
    this.seenFrames = this.sentFrames;
    this.seenDeliveries = this.sentDeliveries;
    this.seenUsedUp = this.usedUp;
  }

  settleRange(from: number, count: number): void {
    const first = BigInt(from);
    for (let id = first; id < first + BigInt(count); id++) this.unsettledAtClient.delete(id);
    const range = { first: uint32(first), last: uint32(first + BigInt(count) - 1n) };
    this.peer.send({ type: 'disposition', role: true, ...range, settled: true, state: ACCEPTED });
  }

  sendOwn(parts: number, settled: boolean): void {
    if (this.ownDeliveries >= this.ownLimit) return;
    const deliveryId = this.ownId(this.ownDeliveries);
    for (let i = 1; i <= parts; i++) this.peer.transfer({ handle: 1, deliveryId, settled, more: i < parts });
    if (!settled) this.unsettledAtServer.add(this.ownDeliveries);
    this.ownDeliveries++;
  }

  ownId(delivery: bigint): number {
    return uint32(this.#firstDelivery + delivery);
  }

  check(): void {
    this.collect();
    const positive = (value: bigint) => Number(value < 0n ? 0n : value);
    expect(this.peer.events.filter(([event]) => event !== 'disposed')).toEqual([]);
    expect(this.sender.credit).toBe(positive(this.deliveryLimit - this.sentDeliveries));
    const hasWindow = this.frameLimit > this.sentFrames;
    expect(this.sender.canSend).toBe(this.sender.credit > 0 && hasWindow && this.#isWhole);
    expect(this.receiver.credit).toBe(Number(this.ownLimit - this.ownDeliveries));
    expect(this.peer.deliveries).toHaveLength(Number(this.ownDeliveries));
    expect(this.peer.sessions[0]?.unsettled).toBe(this.unsettledAtClient.size + this.unsettledAtServer.size);
  }

  #transferred({ deliveryId, more }: Said): void {
    expect(this.sentFrames).toBeLessThan(this.frameLimit);
    this.sentFrames++;
    this.#isWhole = !more;
    if (deliveryId === undefined) return;
    expect(deliveryId).toBe(uint32(this.sentDeliveries));
    expect(this.sentDeliveries).toBeLessThan(this.deliveryLimit);
    this.unsettledAtClient.add(this.sentDeliveries);
    this.sentDeliveries++;
  }

  #credited({ deliveryCount, linkCredit }: Said): void {
    expect(deliveryCount).toBe(uint32(this.#firstCount + this.ownDeliveries));
    this.ownLimit = this.ownDeliveries + BigInt(linkCredit as number);
  }

  #settled({ first, last = first }: Said): void {
    for (const delivery of this.unsettledAtServer) {
      const id = BigInt(this.ownId(delivery));
      const isWithin =
        BigInt.asUintN(32, id - BigInt(first as number)) <=
        BigInt.asUintN(32, BigInt(last as number) - BigInt(first as number));
      if (isWithin) this.unsettledAtServer.delete(delivery);
    }
  }
}

const small = fc.nat({ max: 8 });
const windows = fc.oneof(small, fc.constantFrom(0, 2_048, 2 ** 32 - 1));
const step: fc.Arbitrary<(client: NaiveClient) => void> = fc.oneof(
  fc.tuple(windows, small, fc.boolean()).map(
    ([window, credit, drain]) =>
      (client: NaiveClient) =>
        client.allow(window, credit, drain),
  ),
  fc.constant((client: NaiveClient) => client.see()),
  fc.constantFrom(1, 300, 2_000).map((size) => (client: NaiveClient) => {
    const couldSend = client.sender.canSend;
    const id = client.sender.send(Buffer.from('tag'), Buffer.alloc(size), OPTIONS);
    expect(id !== undefined).toBe(couldSend);
  }),
  fc.constant((client: NaiveClient) => {
    client.drain();
  }),
  fc.tuple(small, fc.integer({ min: 1, max: 40 })).map(
    ([from, count]) =>
      (client: NaiveClient) =>
        client.settleRange(from, count),
  ),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean()).map(
    ([parts, settled]) =>
      (client: NaiveClient) =>
        client.sendOwn(parts, settled),
  ),
  fc
    .tuple(small, fc.constantFrom('accepted' as const, 'released' as const))
    .map(([nth, type]) => (client: NaiveClient) => {
      const delivery = [...client.unsettledAtServer][nth];
      if (delivery !== undefined) client.receiver.settle(client.ownId(delivery), { type });
    }),
);

describe('the engine and a client that counts naively', () => {
  it('agree after each step, also where ids begin anew and windows shrink', () => {
    const first = fc.constantFrom(0n, 1n, 2n ** 31n - 2n, 2n ** 32n - 3n, 2n ** 32n - 1n);
    fc.assert(
      fc.property(first, windows, fc.array(step, { maxLength: 60 }), (from, window, steps) => {
        const client = new NaiveClient(from, window);
        client.check();
        for (const take of steps) {
          take(client);
          client.check();
        }
      }),
      { numRuns: Number(process.env['AMQP_MODEL_RUNS'] ?? 400) },
    );
  });
});
