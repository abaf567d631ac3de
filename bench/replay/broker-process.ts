/** A broker in a process of its own, whose queue (`work`, or QUEUE of the system's) has as many dead letters as LETTERS says. */
import { readFileSync } from 'node:fs';
import { parseTopology, startBroker } from '@orderflow/servicebus-emulator';
import rhea from 'rhea';
import { readMessage } from '../../libs/servicebus-emulator/src/codec/read-message.js';
import { isWanted, letters } from './letters.js';

const queue = process.env['QUEUE'];
const file = new URL('../../infra/servicebus/Config.json', import.meta.url);
const broker = await startBroker(queue === undefined ? {} : { topology: parseTopology(readFileSync(file, 'utf8')) });
const now = broker.clock.now();
const options = { maxSizeInMegabytes: 81_920, requiresDuplicateDetection: true };
const name = queue ?? 'work';
if (queue === undefined) broker.namespace.createQueue(name, options, now);

const cause = { reason: 'Refused', description: 'For the benchmark.', properties: undefined };
const body = rhea.message.data_section(Buffer.alloc(1_024, 'x'));
for (let n = 0; n < letters; n += 1) {
  const properties = { cloudEvents_id: `m-${n}`, cloudEvents_type: isWanted(n) ? 'work.wanted' : 'work.other' };
  const message = { message_id: `m-${n}`, application_properties: properties, body } as unknown as rhea.Message;
  const { unit } = broker.namespace.send(name, [readMessage(rhea.message.encode(message), () => 'unused')], now);
  broker.namespace.commit(unit, now);
  const main = broker.namespace.registry.target(name)?.main;
  const taken = main?.take(now);
  if (main !== undefined && taken !== undefined) main.deadLetter(taken, cause, now);
}

// Asked for when a replay was killed: its locks run out now, and not in a minute.
process.on('message', () => {
  broker.faults.disrupt({ kind: 'expire-locks', entity: name });
  process.send?.('expired');
});
process.on('disconnect', () => void broker.close().then(() => process.exit(0)));
process.send?.(broker.connectionString);
