import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { claimPort, type PortClaim } from './port-claim.js';

export interface ClaimedPort {
  readonly port: number;
  readonly claim: PortClaim;
}

/** Claims any port that is free on `host`. */
export async function claimFreePort(host: string): Promise<ClaimedPort> {
  for (;;) {
    const port = await listenOnce(0, host);
    const claim = await claimPort(port);
    if (claim !== undefined) return { port, claim };
  }
}

/** Listens for a moment, and answers where; 0 is any port that is free. */
export async function listenOnce(port: number, host: string): Promise<number> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}
