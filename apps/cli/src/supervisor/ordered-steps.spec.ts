import { describe, expect, it } from '@jest/globals';
import { startInOrder, type Step, stopInOrder } from './ordered-steps.js';

/** Steps that write down what happens to them, and end a start only when asked to. */
function recordingSteps(
  shape: Readonly<Record<string, { needs?: string[]; stopsBefore?: string[]; clean?: boolean }>>,
) {
  const happened: string[] = [];
  const steps: Step[] = Object.entries(shape).map(([name, { needs = [], stopsBefore = [], clean = true }]) => ({
    name,
    needs,
    stopsBefore,
    start: async () => {
      happened.push(`${name} starts`);
      await Promise.resolve();
      happened.push(`${name} is ready`);
    },
    stop: async () => {
      happened.push(`${name} stops`);
      await Promise.resolve();
      happened.push(`${name} has stopped`);
      return clean;
    },
  }));
  return { steps, happened };
}

const system = {
  api: { needs: ['broker', 'database'], stopsBefore: ['worker'] },
  worker: { needs: ['broker', 'database'] },
  database: {},
  broker: {},
};

describe('startInOrder', () => {
  it('starts what is independent at once, and the rest as soon as what it needs is ready', async () => {
    const { steps, happened } = recordingSteps(system);
    await startInOrder(steps);
    expect(happened.slice(0, 2)).toEqual(['database starts', 'broker starts']);
    expect(happened.indexOf('api starts')).toBeGreaterThan(happened.indexOf('database is ready'));
    expect(happened.indexOf('worker starts')).toBeLessThan(happened.indexOf('api is ready'));
  });

  it('starts nothing more after a failure, and rejects with it', async () => {
    const { steps, happened } = recordingSteps(system);
    const failing = steps.map((step) =>
      step.name === 'broker' ? { ...step, start: () => Promise.reject(new Error('the port is taken')) } : step,
    );
    await expect(startInOrder(failing)).rejects.toThrow('the port is taken');
    expect(happened.filter((what) => !what.startsWith('database'))).toEqual([]);
  });

  it('starts nothing more once it is aborted', async () => {
    const { steps, happened } = recordingSteps(system);
    await expect(startInOrder(steps, AbortSignal.abort(new Error('asked to stop')))).rejects.toThrow('asked to stop');
    expect(happened).toEqual([]);
  });

  it('refuses needs that nothing satisfies', async () => {
    const { steps } = recordingSteps({ chicken: { needs: ['egg'] }, egg: { needs: ['chicken'] } });
    await expect(startInOrder(steps)).rejects.toThrow('Nothing satisfies the needs of chicken, egg.');
  });
});

describe('stopInOrder', () => {
  it('stops in reverse, and what it was asked to stop first, first', async () => {
    const { steps, happened } = recordingSteps(system);
    expect(await stopInOrder(steps)).toBe(true);
    const order = (...names: string[]): number[] => names.map((name) => happened.indexOf(name));
    const expected = order('api has stopped', 'worker stops', 'worker has stopped', 'database stops');
    expect(expected).toEqual([...expected].sort((a, b) => a - b));
    expect(happened).toHaveLength(8);
  });

  it('reports when one of them needed force, and still stops the others', async () => {
    const { steps, happened } = recordingSteps({ ...system, worker: { ...system.worker, clean: false } });
    expect(await stopInOrder(steps)).toBe(false);
    expect(happened).toContain('database has stopped');
  });
});
