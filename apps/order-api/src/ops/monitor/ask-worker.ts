import type { TokenSource } from '@orderflow/service-kit';
import { z } from 'zod';
import { reasonOf } from '../reason-of.js';
import type { WorkerReport } from './findings.js';

const timeoutMs = 5_000;

const since = z.iso.datetime().transform((text) => Date.parse(text));
const pause = z.object({
  ordered: z.object({ reason: z.string(), since }).nullable(),
  paused: z.object({ dependency: z.string(), detail: z.string(), since }).nullable(),
});
const outbox = z.object({
  waiting: z.object({ oldestAgeMs: z.number() }),
  held: z.object({ keys: z.number() }),
  setAside: z.object({ total: z.number() }),
});

/** What a worker answers to `GET /ops/pause`. */
export type PauseAnswer = z.output<typeof pause>;

export interface AskWorkerOptions {
  /** For the workers; absent where no tokens are asked for. */
  readonly token: TokenSource | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/**
 * Asks a consumer how it is. Resolves with why not where it does not say: one that is away holds up nobody.
 * @param url where it answers, without a slash in the end
 */
export async function askWorker(url: string, options: AskWorkerOptions): Promise<WorkerReport | string> {
  try {
    const [paused, waiting] = await Promise.all([
      ask(`${url}/ops/pause`, pause, options),
      ask(`${url}/ops/outbox?limit=1`, outbox, options),
    ]);
    if (paused === undefined) return `Its consumer does not serve ${url}/ops/pause.`;
    return { ...reportOfPause(paused, options.now()), ...(waiting && { outbox: outboxOf(waiting) }) };
  } catch (error) {
    return `Its consumer does not answer: ${reasonOf(error)}`;
  }
}

/** A pause that somebody ordered is told before an outage that the consumer found. */
export function reportOfPause({ ordered, paused }: PauseAnswer, now: number): WorkerReport {
  const [first] = [ordered?.since, paused?.since].filter((moment) => moment !== undefined).sort((a, b) => a - b);
  if (first === undefined) return { pausedSeconds: 0 };
  const because = ordered ? `paused by hand: ${ordered.reason}` : `${paused?.dependency}: ${paused?.detail}`;
  return { pausedSeconds: Math.max(0, Math.round((now - first) / 1_000)), pausedBecause: because };
}

function outboxOf({ waiting, held, setAside }: z.output<typeof outbox>): NonNullable<WorkerReport['outbox']> {
  return { oldestAgeSeconds: Math.round(waiting.oldestAgeMs / 1_000), heldKeys: held.keys, setAside: setAside.total };
}

/** Undefined where the worker has no such route, as one of an earlier version. */
async function ask<S extends z.ZodType>(
  url: string,
  schema: S,
  { token, signal }: AskWorkerOptions,
): Promise<z.output<S> | undefined> {
  const answer = await fetch(url, {
    headers: token ? { authorization: `Bearer ${await token()}` } : {},
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  if (!answer.ok) {
    await answer.body?.cancel();
    if (answer.status === 404) return undefined;
    throw new Error(`${answer.status} at ${url}`);
  }
  const parsed = schema.safeParse(await answer.json());
  if (parsed.success) return parsed.data;
  throw new Error(`something else than expected at ${url}`);
}
