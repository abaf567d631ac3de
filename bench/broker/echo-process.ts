/** What waking up costs: a server of bare Node.js that answers every read with one small write. The baseline of light load. */
import { type AddressInfo, createServer } from 'node:net';

const ANSWER = Buffer.alloc(64);
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => setImmediate(() => socket.write(ANSWER)));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port, connectionString: '' });
});
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.(user + system);
});
process.on('disconnect', () => process.exit(0));
