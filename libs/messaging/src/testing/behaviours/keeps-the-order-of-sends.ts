import { expect, it } from '@jest/globals';
import { outgoing } from '../outgoing.js';
import { receive } from '../receive.js';
import { inEnvironment, type TransportHarness } from '../transport-harness.js';

export function keepsTheOrderOfSends(harness: TransportHarness): void {
  it('keeps the order of messages to one destination, within a send and between sends', () =>
    inEnvironment(harness, async (environment) => {
      const transport = await environment.connect();
      const ids = Array.from({ length: 300 }, (_, index) => `m-${index}`);
      const messages = ids.map((id) => outgoing(id));
      await Promise.all([transport.send(messages.slice(0, 200)), transport.send(messages.slice(200))]);

      const work = await receive(transport, 'work');
      const seen: string[] = [];
      while (seen.length < ids.length) seen.push((await work.complete()).envelope.id);
      expect(seen).toEqual(ids);
    }));
}
