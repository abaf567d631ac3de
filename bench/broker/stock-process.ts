/** What rhea itself does as a server: a sink that accepts, a source that settles. The baseline. */
import rhea from 'rhea';
import type { AddressInfo } from 'node:net';

const container = rhea.create_container();
const body = rhea.message.data_section(Buffer.alloc(1_024, 'x'));
const ACCEPTED = (rhea.message as unknown as { accepted(): { described(): unknown } }).accepted().described();
let id = 0;
const give = ({ sender }: rhea.EventContext) => {
  while (sender?.sendable()) {
    sender.send({ message_id: `m${++id}`, body, message_annotations: { 'x-opt-sequence-number': id } });
  }
};
container.on('sendable', give);
container.on('accepted', ({ delivery }: rhea.EventContext) => {
  const settling = delivery as unknown as { update(settled: boolean, state: unknown): void; remote_settled: boolean };
  settling.update(true, ACCEPTED);
  settling.remote_settled = true;
});
container.on('disconnected', () => undefined);
container.options['receiver_options'] = { autoaccept: true, credit_window: 1_000 };
container.options['sender_options'] = { autosettle: false };
const server = container.listen({ host: '127.0.0.1', port: 0 });
server.on('listening', () => process.send?.({ port: (server.address() as AddressInfo).port, connectionString: '' }));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.on('disconnect', () => process.exit(0));
