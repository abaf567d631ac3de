import { describe, expect, it } from '@jest/globals';
import { createPool } from '../postgres/create-pool.js';
import { databaseIndicator, receiverDegradation, receiverLiveness } from './indicators.js';

const receiver = (state: 'connecting' | 'running' | 'stalled' | 'stopped') => () => ({ state, inFlight: 2 });

describe('a receiver', () => {
  it.each(['connecting', 'running', 'stopped'] as const)('that is %s is no reason to restart', (state) => {
    expect(receiverLiveness(receiver(state)).check()).toEqual({ state, inFlight: 2 });
  });

  it('that has stalled is one, and says why', () => {
    expect(() => receiverLiveness(receiver('stalled')).check()).toThrow('the receiver has stalled');
    const detailed = () => ({ ...receiver('stalled')(), detail: 'The head has not moved for 60 s.' });
    expect(() => receiverLiveness(detailed).check()).toThrow('The head has not moved for 60 s.');
  });

  it('shows the places that handlers keep beyond their time limit', () => {
    const health = () => ({ ...receiver('running')(), occupied: 1 });
    expect(receiverLiveness(health).check()).toEqual({ state: 'running', inFlight: 2, occupied: 1 });
    expect(receiverDegradation(health).check()).toEqual({ state: 'running', inFlight: 2, occupied: 1 });
  });

  it.each(['connecting', 'stalled', 'stopped'] as const)('that is %s is a degradation', (state) => {
    expect(() => receiverDegradation(receiver(state)).check()).toThrow(`the receiver is ${state}`);
  });

  it('that is not attached is none while somebody pauses its queue, and is while an outage does', () => {
    const replaced = { state: 'connecting', inFlight: 0, detail: 'The receiver is being replaced.' } as const;
    const pausedBy = (dependency: string) => () => ({
      ...replaced,
      paused: { dependency, detail: 'look', since: new Date(0) },
    });
    expect(receiverDegradation(pausedBy('manual')).check()).toMatchObject({ state: 'connecting' });
    expect(() => receiverDegradation(pausedBy('database')).check()).toThrow('The receiver is being replaced.');
  });

  it('that has stalled is one also while somebody pauses its queue', () => {
    const paused = { dependency: 'manual', detail: 'look', since: new Date(0) };
    const health = () => ({ ...receiver('stalled')(), paused });
    expect(() => receiverDegradation(health).check()).toThrow('the receiver is stalled');
  });
});

it('a database that nobody answers for is not ready', async () => {
  const onError = (error: Error) => {
    throw error;
  };
  // Port 1 is reserved, and nothing listens there.
  const pool = createPool({
    url: 'postgres://me:secret@127.0.0.1:1/none',
    applicationName: 'indicators.spec',
    onError,
  });
  await expect(databaseIndicator(pool).check()).rejects.toThrow('ECONNREFUSED');
  await pool.end();
});
