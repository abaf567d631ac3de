import './install-probe.js';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Delivery } from '../../src/index.js';
import { AdvancingClock } from '../../src/testing/advancing-clock.js';
import { probe } from './install-probe.js';
import type { Command, Report, Strike, WorkerSettings } from './protocol.js';
import { type Service, startService } from './service.js';
import { createStriker } from './striker.js';

/** A worker in a process of its own, to be struck: `worker SETTINGS`. */
const settings = JSON.parse(process.argv[2] ?? '') as WorkerSettings;
const clock = new AdvancingClock();
clock.jump(settings.aheadMs);
const report = (message: Report): void => void process.send?.(message);

const striker = createStriker(settings, clock);
let holds = settings.holds === true;
/** The service, once it has started. */
const started: { service?: Service } = {};
const holding = new Set<() => void>();

function arm(armed: Strike | undefined): void {
  if (armed === undefined) probe.disarm();
  else probe.arm(armed, () => striker.strike(armed));
}

async function hold({ signal }: Delivery, heedsAbort: boolean): Promise<void> {
  if (!holds) return;
  const released = new Promise<void>((resolve) => holding.add(resolve));
  report({ kind: 'holding' });
  await Promise.race(heedsAbort ? [released, once(signal, 'abort')] : [released]);
  if (heedsAbort) signal.throwIfAborted();
}

async function obey(command: Command): Promise<void> {
  switch (command.kind) {
    case 'arm':
      holds = command.hold;
      probe.takeReached();
      arm(command.strike);
      return report({ kind: 'armed' });
    case 'disarm':
      arm(undefined);
      return report({ kind: 'disarmed' });
    case 'let-go':
      holds = false;
      for (const release of holding) release();
      return holding.clear();
    case 'cut':
      return striker.cut();
    case 'pause':
      return started.service?.pause();
    case 'resume':
      return started.service?.resume();
    case 'advance':
      return clock.jump(command.ms);
    case 'report':
      return reportState(command.id);
    case 'stop':
      await started.service?.stop(command.drainTimeoutMs);
      await nextTurn(); // a strike may be due then
      reportState();
      process.disconnect();
  }
}

function reportState(id?: number): void {
  // What has not started may have something in hand by the next moment.
  const { inFlight = 1, probes = 0 } = started.service ?? {};
  report({ kind: 'state', ...(id !== undefined && { id }), inFlight, probes, reached: probe.takeReached() });
}

arm(settings.strike);
process.on('message', (command) => void obey(command as Command));
// Whoever started it is gone.
process.on('disconnect', () => process.exit());
started.service = await startService({
  ...settings,
  clock,
  hold,
  onError: (error) => report({ kind: 'error', message: String(error) }),
});
report({ kind: 'ready' });
