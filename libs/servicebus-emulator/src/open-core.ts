import { randomBytes } from 'node:crypto';
import { LockTokens } from './codec/lock-token.js';
import { ReceiverCounts } from './entities/receiver-counts.js';
import { applyTopology } from './apply-topology.js';
import { AccessControl } from './auth/access-control.js';
import { OPEN_ACCESS, TokenAccess } from './auth/connection-access.js';
import { namespaceRules } from './auth/namespace-rules.js';
import type { ResolvedBrokerOptions } from './broker-options.js';
import type { BrokerCore } from './broker-core.js';
import { createIds } from './create-ids.js';
import { Clock } from './clock.js';
import { RECORD_NOTHING } from './entities/events.js';
import type { Later } from './entities/backlog-forwarder.js';
import { Namespace } from './entities/namespace.js';
import { FaultPlan } from './faults/fault-plan.js';
import type { Log } from './log.js';
import { openStore, type Store, type StoreOptions } from './store/index.js';
import type { EventTap } from './event-tap.js';

/** The disk that a data directory is on. */
export type DiskOptions = Pick<StoreOptions, 'files' | 'reserveBytes' | 'spaceCheckInterval' | 'compactAfterBytes'>;

/** A broker without its clients. */
export interface OpenedCore {
  readonly core: BrokerCore;
  /** Undefined when everybody may do everything. */
  readonly access: AccessControl | undefined;
  readonly store: Store | undefined;
  readonly stop: () => Promise<void>;
}

/**
 * Opens everything but the ways in: data, entities, time.
 * @throws when the topology contradicts itself, or the data directory is damaged or in use
 */
export async function openCore(options: ResolvedBrokerOptions, disk: DiskOptions, tap: EventTap): Promise<OpenedCore> {
  const { log } = options;
  const clock = new Clock((error) => log('error', 'Something that was due failed.', { error }));
  let recorder = RECORD_NOTHING;
  const later: Later = (work) => {
    const proceed = () => runLater(() => work(clock.now()), log);
    // The journal sets the pace, on a full disk too. Why it fails is told to those who wait for an answer.
    recorder.flushed().then(proceed, proceed);
  };
  const newId = createIds();
  const namespace = new Namespace({ timers: clock.timers, newId, later });
  const store = await openData(options, disk, namespace, clock);
  recorder = tap.attachTo(store?.recorder ?? RECORD_NOTHING);
  namespace.recordTo(recorder);
  namespace.forwardAvailable(clock.now());
  const stop = async () => {
    namespace.close();
    clock.close();
    await store?.close();
  };
  try {
    if (options.topology) applyTopology(namespace, options.topology, clock.now());
    await store?.recorder.flushed();
    clock.start();
    const access = options.requireAuth ? createAccess(options, namespace) : undefined;
    const { enforceTokenExpiry: enforceExpiry, enforceIdleTimeouts } = options;
    const parts = { namespace, newId, clock, store, log, access, enforceExpiry, enforceIdleTimeouts };
    return { core: createCore(parts), access, store, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Once clients had their turn. */
function runLater(work: () => void, log: Log): void {
  setImmediate(() => {
    try {
      work();
    } catch (error) {
      log('error', 'Messages were not sent on.', { error });
    }
  });
}

async function openData(
  { dataDir, fresh, sync, log }: ResolvedBrokerOptions,
  disk: DiskOptions,
  namespace: Namespace,
  clock: Clock,
): Promise<Store | undefined> {
  if (dataDir === undefined) return undefined;
  const store = await openStore({
    ...disk,
    dir: dataDir,
    fresh,
    sync,
    log: (message) => log('warn', message),
  });
  try {
    await store.recover((event) => namespace.apply(event, clock.now()));
    store.snapshotFrom(() => namespace.snapshot());
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface CoreParts {
  readonly newId: () => string;
  readonly namespace: Namespace;
  readonly clock: Clock;
  readonly store: Store | undefined;
  readonly log: Log;
  readonly access: AccessControl | undefined;
  readonly enforceExpiry: boolean;
  readonly enforceIdleTimeouts: boolean;
}

function createCore({ store, access, enforceExpiry, ...parts }: CoreParts): BrokerCore {
  return {
    ...parts,
    faults: new FaultPlan(),
    openAccess: (ended) => (access ? new TokenAccess({ control: access, enforceExpiry, ended }) : OPEN_ACCESS),
    startedAt: parts.clock.now(),
    tokens: new LockTokens(randomBytes(4).readUInt32BE()),
    receivers: new ReceiverCounts(),
    whenDurable: store ? notifyWhenDurable(store) : (done) => done(),
  };
}

/** All that wait for the same write share one promise. */
function notifyWhenDurable({ recorder }: Store): BrokerCore['whenDurable'] {
  let flushed: Promise<void> | undefined;
  let waiting: ((error?: unknown) => void)[] = [];
  return (done) => {
    const promise = recorder.flushed();
    if (promise === flushed) {
      waiting.push(done);
      return;
    }
    const all = [done];
    flushed = promise;
    waiting = all;
    const notify = (error?: unknown) => {
      // Who comes later asks anew: the journal gives out this promise until the next write.
      if (flushed === promise) flushed = undefined;
      for (const one of all) one(error);
    };
    promise.then(() => notify(), notify);
  };
}

function createAccess(options: ResolvedBrokerOptions, { registry }: Namespace): AccessControl {
  const { topology, acceptEntraTokens } = options;
  return new AccessControl({ registry, rules: namespaceRules(topology), acceptEntraTokens });
}
