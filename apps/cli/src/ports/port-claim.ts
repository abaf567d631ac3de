import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A port that no other start of OrderFlow on this machine chooses. */
export interface PortClaim {
  release(): void;
}

/**
 * Claims a TCP port among all that start OrderFlow on this machine, from the choice until the claim is released: by
 * holding the UDP port of the same number. The system gives that to one process only, whoever runs it, and takes it
 * back however the process ends, so no claim is ever left behind; and as TCP's ports are counted apart, the process
 * that the port is for can listen on it, end, and listen again. Handing it a socket that listens already would not do
 * for PostgreSQL, nor on Windows.
 *
 * Undefined when somebody else has the claim.
 */
export async function claimPort(port: number): Promise<PortClaim | undefined> {
  const socket = createSocket('udp4');
  try {
    socket.bind({ port, address: '127.0.0.1', exclusive: true });
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    if (['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  socket.unref();
  return { release: () => socket.close() };
}
