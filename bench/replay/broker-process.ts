/** A broker in a process of its own, whose queue `work` has as many dead letters as the first argument says. */
import { startBroker } from '@orderflow/servicebus-emulator';
import rhea from 'rhea';
import { readMessage } from '../../libs/servicebus-emulator/src/codec/read-message.js';
import { isWanted, letters } from './letters.js';

const broker = await startBroker();
const now = broker.clock.now();
const options = { maxSizeInMegabytes: 81_920, requiresDuplicateDetection: true };
broker.namespace.createQueue('work', options, now);

const cause = { reason: 'Refused', description: 'For the benchmark.', properties: undefined };
const body = rhea.message.data_section(Buffer.alloc(1_024, 'x'));
for (let n = 0; n < letters; n += 1) {
  const properties = { cloudEvents_id: `m-${n}`, cloudEvents_type: isWanted(n) ? 'work.wanted' : 'work.other' };
  const message = { message_id: `m-${n}`, application_properties: properties, body } as unknown as rhea.Message;
  const { unit } = broker.namespace.send('work', [readMessage(rhea.message.encode(message), () => 'unused')], now);
  broker.namespace.commit(unit, now);
  const main = broker.namespace.registry.target('work')?.main;
  const taken = main?.take(now);
  if (main !== undefined && taken !== undefined) main.deadLetter(taken, cause, now);
}

// Asked for when a replay was killed: its locks run out now, and not in a minute.
process.on('message', () => {
  broker.faults.disrupt({ kind: 'expire-locks', entity: 'work' });
  process.send?.('expired');
});
process.on('disconnect', () => void broker.close().then(() => process.exit(0)));
process.send?.(broker.connectionString);
