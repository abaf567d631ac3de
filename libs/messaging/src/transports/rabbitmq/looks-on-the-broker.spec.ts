import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RabbitMqEnvironment } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { deadLetter, deadLetterIds } from '../../testing/dead-letter-messages.js';

whereInstalled(() => {
  describe('a look at dead letters on a real broker', () => {
    let environment: RabbitMqEnvironment;

    beforeEach(async () => {
      environment = await RabbitMqEnvironment.start();
    });
    afterEach(() => environment.close());

    const connect = () => environment.connectThroughProxy().then(({ transport }) => transport);

    it('looks at a dead letter 25 times, and neither loses it nor changes the order', async () => {
      const transport = await connect();
      await deadLetter(transport, ['1', '2', '3']);
      for (let looks = 0; looks < 25; looks += 1) expect(await deadLetterIds(transport)).toEqual(['1', '2', '3']);
      expect(await transport.deadLetters.replay('work')).toMatchObject({ replayed: 3 });
    });

    it('looks at as many dead letters at once as are wanted, says whether that was all, and hands all of them back', async () => {
      const transport = await connect();
      await deadLetter(transport, ['1', '2', '3']);
      const browse = async (most: number) => {
        const { letters, isWhole } = await transport.deadLetters.browse('work', { most });
        return [letters.length, isWhole];
      };
      expect([await browse(4), await browse(3), await browse(2)]).toEqual([
        [3, true],
        [3, false],
        [2, false],
      ]);
      const { letters } = await transport.deadLetters.browse('work', { most: 4 });
      expect(letters.map(({ id }) => id)).toEqual(['1', '2', '3']);
      expect(await transport.inspection.counts('work')).toMatchObject({ deadLetters: 3 });
      await expect(transport.deadLetters.browse('work', { most: 0 })).rejects.toMatchObject({ code: 'InvalidOptions' });
    });
  });
});
