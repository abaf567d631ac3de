import type { Incident, Optional, TransportEnvironment, TransportHarness } from './transport-harness.js';

/** Something that every transport has to do; independent of a test runner: it fails by throwing. */
export interface Behaviour {
  /** What it demands, as a sentence whose subject is the transport: `keeps the order of sends`. */
  readonly sentence: string;
  /** The capability that it needs; a broker without it declares why in {@link TransportHarness.missing}. */
  readonly needs?: Optional;
  /** What happens to the broker in it; where that cannot happen it does not apply. */
  readonly incident?: Incident;
  /** Runs it on a broker of its own. Rejects with an AssertionError that shows what was expected and what came. */
  run(environment: TransportEnvironment): Promise<void>;
}

/** The part of a test runner that the suites need; `node:test`, Jest, Vitest and Mocha all have it. */
export interface Runner {
  describe(title: string, body: () => void): unknown;
  it(title: string, body: () => Promise<void>): unknown;
}

/** The same with hooks, for suites whose tests share the making of a store. */
export interface RunnerWithHooks extends Runner {
  beforeEach(hook: () => Promise<void>): unknown;
  afterEach(hook: () => Promise<void>): unknown;
}

/**
 * Registers a test for each behaviour that applies. Where the harness declares a capability missing, the transport has to
 * say the same, and the title gives the reason.
 */
export function registerBehaviours(
  behaviours: readonly Behaviour[],
  harness: TransportHarness,
  { it }: Pick<Runner, 'it'>,
): void {
  for (const { sentence, needs, incident, run } of behaviours) {
    if (incident !== undefined && !harness.incidents.includes(incident)) continue;
    const why = needs === undefined ? undefined : harness.missing?.[needs];
    if (why === undefined) it(sentence, () => inEnvironment(harness, incident, run));
    else {
      it(`${sentence} [missing: ${why}]`, () =>
        inEnvironment(harness, incident, (environment) => lacks(environment, needs)));
    }
  }
}

async function lacks(environment: TransportEnvironment, needs: Optional | undefined): Promise<void> {
  const { capabilities } = await environment.connect();
  if (needs === undefined || !capabilities[needs]) return;
  throw new Error(`The transport has the capability ${needs}, and its harness declares it missing.`);
}

/** Runs one behaviour in an environment of its own, and closes that whatever happens. */
async function inEnvironment(
  harness: TransportHarness,
  incident: Incident | undefined,
  run: (environment: TransportEnvironment) => Promise<void>,
): Promise<void> {
  const environment = await harness.start(incident);
  try {
    await run(environment);
  } finally {
    await environment.close();
  }
}
