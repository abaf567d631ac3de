import type { Duplex } from 'node:stream';
import type { ConnectionInternals } from '../rhea-internals.js';
import type { FrameWriter } from './frame-writer.js';

/**
 * Answers a client whose input brought no answer with an empty frame at once: its next bytes may wait for our
 * acknowledgement (Nagle's algorithm), which the kernel delays by 40 ms when we have nothing to say.
 */
export function acknowledgeInput(socket: Duplex, connection: ConnectionInternals, writer: FrameWriter): void {
  let writtenBefore = 0;
  let checking = false;
  const check = () => {
    checking = false;
    if (writer.isGathering || writer.written > writtenBefore) return;
    if (!socket.destroyed && connection.is_open()) connection._write_frame();
  };
  socket.on('data', (bytes: Buffer) => {
    writer.inputCame(bytes.length);
    writtenBefore = writer.written;
    if (checking) return;
    checking = true;
    setImmediate(check);
  });
}
