import type { ServiceBusReceiver } from '@azure/service-bus';
import { translateError } from './translate-error.js';

/** Bytes of a lock token. */
export const tokenSize = 16;

/**
 * Where the SDK asks for more time and settles without a link. It sends one token a request, though the request has room
 * for many (Microsoft's "AMQP in Azure Service Bus: request-response-based operations", renew-lock and
 * update-disposition). Not published; a test of ours fails should it move, and each lock then has a request of its own.
 */
interface Management {
  renewLock(token: string): Promise<unknown>;
  updateDispositionStatus(
    token: string,
    disposition: 'abandon',
    options: { readonly propertiesToModify: Readonly<Record<string, number>> },
  ): Promise<unknown>;
  _makeManagementRequest(request: LockRequest, ...more: readonly unknown[]): Promise<unknown>;
}

interface LockRequest {
  readonly body?: { readonly 'lock-tokens'?: { readonly value?: unknown } };
}

interface HasManagement {
  readonly _context: { getManagementClient(entityPath: string): Management };
}

/** Asks the broker about many locks at once, whether the links that brought their messages are open or not. */
export class LockRequests {
  readonly #receiver: ServiceBusReceiver;

  constructor(receiver: ServiceBusReceiver) {
    this.#receiver = receiver;
  }

  /**
   * Starts the time of all these locks anew, which were taken in this order; resolves with those that are lost. Rejects
   * when the broker is in trouble.
   */
  renew(tokens: readonly Buffer[]): Promise<Buffer[]> {
    return lostOf(tokens, (some) => this.#ask(some, (management, token) => management.renewLock(token)));
  }

  /** Hands back all of these, with properties set; resolves and rejects as {@link renew}. */
  abandon(tokens: readonly Buffer[], propertiesToModify: Readonly<Record<string, number>>): Promise<Buffer[]> {
    return lostOf(tokens, (some) =>
      this.#ask(some, (management, token) =>
        management.updateDispositionStatus(token, 'abandon', { propertiesToModify }),
      ),
    );
  }

  async #ask(
    [first, ...others]: readonly Buffer[],
    request: (management: Management, token: string) => Promise<unknown>,
  ): Promise<void> {
    if (first === undefined) return;
    const { _context: context } = this.#receiver as unknown as HasManagement;
    const management = context.getManagementClient(this.#receiver.entityPath);
    await request(others.length === 0 ? management : withTokens(management, others), textOf(first));
  }
}

/** The lock token that the SDK names `token`, in bytes. */
export function tokenOf(token: string | undefined): Buffer {
  return Buffer.from(String(token).replaceAll('-', ''), 'hex');
}

function textOf(token: Buffer): string {
  return token.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** The same management client, whose requests have more tokens. */
function withTokens(management: Management, others: readonly Buffer[]): Management {
  const send: Management['_makeManagementRequest'] = (request, ...more) => {
    const tokens = request.body?.['lock-tokens']?.value;
    if (!Array.isArray(tokens)) throw new TypeError('The SDK has its lock tokens elsewhere than in version 7.9.5.');
    tokens.push(...others);
    return management._makeManagementRequest(request, ...more);
  };
  return new Proxy(management, {
    get: (target, name) => (name === '_makeManagementRequest' ? send : (Reflect.get(target, name) as unknown)),
  });
}

/**
 * Asks for all at once. What is refused is asked for in parts, until each that is refused stands alone; but where the
 * first, the last and the one in the middle are lost, so are all: locks that were taken one after the other run out so.
 */
async function lostOf(tokens: readonly Buffer[], ask: (tokens: readonly Buffer[]) => Promise<void>): Promise<Buffer[]> {
  if (await isTaken(tokens, ask)) return [];
  if (tokens.length === 1) return [...tokens];
  const [last, middle] = [tokens.length - 1, Math.floor(tokens.length / 2)];
  const marks = [...new Set([0, middle, last])];
  const lost: Buffer[] = [];
  for (const mark of marks) lost.push(...(await lostOf(tokens.slice(mark, mark + 1), ask)));
  if (lost.length === marks.length) return [...tokens];
  lost.push(...(await lostOf(tokens.slice(1, middle), ask)), ...(await lostOf(tokens.slice(middle + 1, last), ask)));
  return lost;
}

/** False when one of the locks is lost, or the broker takes one at a time only. Rejects when it is in trouble. */
async function isTaken(tokens: readonly Buffer[], ask: (tokens: readonly Buffer[]) => Promise<void>): Promise<boolean> {
  try {
    if (tokens.length > 0) await ask(tokens);
    return true;
  } catch (error) {
    const { code, retryable } = translateError(error, 'ask about locks');
    if (code === 'LockLost' || (tokens.length > 1 && !retryable)) return false;
    throw error;
  }
}
