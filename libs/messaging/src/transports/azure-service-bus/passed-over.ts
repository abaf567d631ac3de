import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Clock } from '../../clock.js';
import { type DeliveryState } from '../../delivery-state.js';
import { releasesProperty } from '../../native-message.js';
import type { LockTime } from './lock-duration.js';
import { LockRequests, tokenOf, tokenSize } from './lock-requests.js';
import { LockRenewer } from './lock-renewer.js';
import { translateError } from './translate-error.js';

/** Locks that are renewed and handed back with one request. */
const blockSize = 250;
/** Requests under way at a time when all is handed back. */
const requestsAtATime = 4;

/** Some locks that were taken one after the other. */
interface Block {
  /** Their tokens, one after the other. */
  readonly tokens: Buffer;
  /** How often each message was released before. */
  readonly releases: number[];
  stopRenewing: () => void;
}

/**
 * The dead letters that a pass has locked to get at those behind them. Of each it keeps its lock token and a number, some
 * 20 bytes, and keeps it locked until all are handed back.
 */
export class PassedOver {
  readonly #requests: LockRequests;
  readonly #locks: LockRenewer;
  readonly #blocks = new Set<Block>();
  /** The newest block, which may have room. */
  #newest: Block | undefined;

  /** `receiver` stays open to the end: everything is asked over its entity. */
  constructor(receiver: ServiceBusReceiver, clock: Clock) {
    this.#requests = new LockRequests(receiver);
    this.#locks = new LockRenewer(clock);
  }

  get size(): number {
    return [...this.#blocks].reduce((sum, { releases }) => sum + releases.length, 0);
  }

  /** Holds a message whose lock lasts for `lockTime` from now on, and is not renewed by anyone else. */
  add({ lockToken }: ServiceBusReceivedMessage, { releases }: DeliveryState, lockTime: LockTime): void {
    let block = this.#newest;
    if (block === undefined || block.releases.length === blockSize) block = this.#openBlock(lockTime);
    tokenOf(lockToken).copy(block.tokens, block.releases.length * tokenSize);
    block.releases.push(releases);
  }

  /** Hands all back, and tells how many. What cannot be handed back any more is free once its lock runs out. */
  async handBack(): Promise<number> {
    this.#locks.close();
    const blocks = [...this.#blocks];
    this.#blocks.clear();
    this.#newest = undefined;
    let handedBack = 0;
    for (let start = 0; start < blocks.length; start += requestsAtATime) {
      const some = blocks.slice(start, start + requestsAtATime).map((block) => this.#handBackBlock(block));
      for (const outcome of await Promise.allSettled(some)) {
        if (outcome.status === 'fulfilled') handedBack += outcome.value;
      }
    }
    return handedBack;
  }

  #openBlock(lockTime: LockTime): Block {
    const tokens = Buffer.allocUnsafeSlow(blockSize * tokenSize);
    const block: Block = { tokens, releases: [], stopRenewing: () => {} };
    // Sooner than a letter's own lock was renewed: one that joins later may have half of its time behind it.
    const renewEveryMs = (lockTime.renewEveryMs * 2) / 3;
    block.stopRenewing = this.#locks.keep({
      durationMs: lockTime.durationMs,
      renewEveryMs,
      firstRenewalMs: Math.min(lockTime.firstRenewalMs, renewEveryMs),
      renew: () => this.#renew(block),
      isGone: (error) => translateError(error, 'renew locks').code === 'LockLost',
      onLost: () => this.#forget(block),
    });
    this.#blocks.add(block);
    this.#newest = block;
    return block;
  }

  /** What is lost is received again, and comes into another block then. */
  async #renew(block: Block): Promise<void> {
    const lost = new Set((await this.#requests.renew(tokensOf(block))).map((token) => token.toString('hex')));
    if (lost.size === 0) return;
    const kept = tokensOf(block).flatMap((token, n) =>
      lost.has(token.toString('hex')) ? [] : [{ token, releases: block.releases[n] ?? 0 }],
    );
    kept.forEach(({ token }, n) => token.copy(block.tokens, n * tokenSize));
    block.releases.splice(0, Infinity, ...kept.map(({ releases }) => releases));
    if (kept.length > 0) return;
    block.stopRenewing();
    this.#forget(block);
  }

  #forget(block: Block): void {
    this.#blocks.delete(block);
    if (this.#newest === block) this.#newest = undefined;
  }

  /** The broker counts a delivery of each; the property takes it off the attempts again. */
  async #handBackBlock(block: Block): Promise<number> {
    const byReleases = Map.groupBy(tokensOf(block), (_, n) => block.releases[n] ?? 0);
    let handedBack = 0;
    for (const [releases, tokens] of byReleases) {
      const lost = await this.#requests.abandon(tokens, { [releasesProperty]: releases + 1 });
      handedBack += tokens.length - lost.length;
    }
    return handedBack;
  }
}

function tokensOf({ tokens, releases }: Block): readonly Buffer[] {
  return releases.map((_, n) => tokens.subarray(n * tokenSize, (n + 1) * tokenSize));
}
