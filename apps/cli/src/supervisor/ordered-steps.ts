/** Something that is started after what it needs, and stopped before it. */
export interface Step {
  readonly name: string;
  /** Names of the steps that must be done first. */
  readonly needs: readonly string[];
  /** Names of further steps that are stopped after this one only, although it starts without them. */
  readonly stopsBefore?: readonly string[];
  start(): Promise<void>;
  /** Whether it ended by itself, without force. Absent for a step that leaves nothing running. */
  stop?(): Promise<boolean>;
}

/**
 * Starts steps as soon as what they need is there, independent ones at the same time. Rejects with the first failure;
 * then no further step starts, and those under way are the caller's to stop.
 */
export async function startInOrder(steps: readonly Step[], signal?: AbortSignal): Promise<void> {
  const started = new Map<string, Promise<void>>();
  const failed = new AbortController();
  const over = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  for (const step of inOrder(steps)) {
    const needed = step.needs.flatMap((name) => started.get(name) ?? []);
    const start = async (): Promise<void> => {
      await Promise.all(needed);
      over.throwIfAborted();
      await step.start();
    };
    started.set(
      step.name,
      start().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    );
  }
  await Promise.all(started.values());
}

/** Stops steps in reverse, each after everything that needs it. The result says whether none needed force. */
export async function stopInOrder(steps: readonly Step[]): Promise<boolean> {
  const stopped = new Map<Step, Promise<boolean>>();
  const stopOnce = (step: Step): Promise<boolean> => {
    const known = stopped.get(step) ?? stop(step);
    stopped.set(step, known);
    return known;
  };
  const stop = async (step: Step): Promise<boolean> => {
    const before = await Promise.all(steps.filter(isStoppedBefore(step)).map(stopOnce));
    const own = (await step.stop?.()) ?? true;
    return own && !before.includes(false);
  };
  return !(await Promise.all(steps.map(stopOnce))).includes(false);
}

const isStoppedBefore =
  (step: Step) =>
  ({ needs, stopsBefore = [] }: Step): boolean =>
    needs.includes(step.name) || stopsBefore.includes(step.name);

/** The steps, each after the ones it needs. Throws when a need is unknown or goes round in a circle. */
function inOrder(steps: readonly Step[]): Step[] {
  const ordered: Step[] = [];
  const waiting = new Set(steps);
  const isDone = (name: string): boolean => ordered.some((step) => step.name === name);
  while (waiting.size > 0) {
    const next = [...waiting].filter((step) => step.needs.every(isDone));
    if (next.length === 0) {
      throw new Error(`Nothing satisfies the needs of ${[...waiting].map((s) => s.name).join(', ')}.`);
    }
    for (const step of next) {
      ordered.push(step);
      waiting.delete(step);
    }
  }
  return ordered;
}
