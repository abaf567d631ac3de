import type { ErrorCondition } from '../entities/errors.js';

interface Scope {
  /** The queue, topic or subscription it concerns, with its dead-letter queues. Default all. */
  readonly entity?: string;
}

interface Bounds extends Scope {
  /** How often it happens before it is over. 1 (default) to 1,000,000. */
  readonly times?: number;
}

/** Something that goes wrong on purpose, until it happened often enough or is cleared. */
export type Fault =
  /** A send is refused with a condition, such as `amqp:resource-limit-exceeded`; nothing is stored. */
  | (Bounds & { readonly kind: 'refuse-sends'; readonly condition: ErrorCondition; readonly description?: string })
  /** A send, an attach or a management operation is refused with server-busy. */
  | (Bounds & { readonly kind: 'throttle' })
  /** A settlement is done as late as a slow network would bring it. */
  | (Bounds & { readonly kind: 'delay-settlements' /** Up to 600,000. */; readonly delayMs: number })
  /** A settlement never arrives: nothing is done and nothing answered, and the lock runs out. */
  | (Bounds & { readonly kind: 'lose-settlements' })
  /** A send is stored, but its sender gets no answer. */
  | (Bounds & { readonly kind: 'lose-send-replies' });

/** Something that goes wrong once, now. */
export type Disruption =
  /** Cuts connections, of those that are attached to the entity when one is given. */
  | (Scope & { readonly kind: 'drop-connections' })
  /** Detaches links with an error that clients recover from. */
  | (Scope & { readonly kind: 'detach-links' })
  /** Ends every lock of a message or session as if its time were over. */
  | (Scope & { readonly kind: 'expire-locks' });

/** A fault that is not over yet. */
export type ActiveFault = Fault & {
  readonly id: number;
  /** How often it will still happen. */
  readonly remaining: number;
};
