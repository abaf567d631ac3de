import { deepEqual, rejects } from 'node:assert/strict';
import type { Behaviour } from '../behaviour.js';
import { deadLetter } from '../dead-letter-messages.js';

export const pagesThroughDeadLetters: Behaviour = {
  sentence: 'pages through dead letters, oldest first, without taking them',
  async run(environment) {
    const transport = await environment.connect();
    deepEqual(await transport.deadLetters.peek('work'), { letters: [] });
    await deadLetter(transport, ['1', '2', '3', '4', '5']);

    for (let look = 0; look < 2; look += 1) {
      const pages: string[][] = [];
      let from: string | undefined;
      do {
        const page = await transport.deadLetters.peek('work', { limit: 2, ...(from === undefined ? {} : { from }) });
        if (page.letters.length > 0) pages.push(page.letters.map(({ id }) => id));
        from = page.next;
      } while (from !== undefined);
      deepEqual(pages, [['1', '2'], ['3', '4'], ['5']]);
    }
    await rejects(transport.deadLetters.peek('work', { limit: 0 }), { code: 'InvalidOptions' });
    await rejects(transport.deadLetters.peek('nowhere'), { code: 'QueueNotFound' });
  },
};
