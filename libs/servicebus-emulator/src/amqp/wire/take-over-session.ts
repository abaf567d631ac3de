import type { SessionInternals } from '../rhea-internals.js';
import { Dispositions } from './dispositions.js';
import type { FrameWriter } from './frame-writer.js';
import { type IncomingPorts, IncomingTransfers } from './incoming-transfers.js';
import { type OutgoingPorts, OutgoingTransfers } from './outgoing-transfers.js';

/**
 * Takes the messages of a session out of rhea's hands; beginning, attaching and ending stay with it. To be called as
 * the session opens.
 */
export function takeOverSession(
  session: SessionInternals,
  writer: FrameWriter,
  ports: IncomingPorts & OutgoingPorts,
): void {
  const { begin } = session.remote;
  session.incoming = new IncomingTransfers(begin, new Dispositions(session, writer, true), ports);
  session.outgoing = new OutgoingTransfers(session, begin, writer, new Dispositions(session, writer, false), ports);
  // rhea goes through every session of a connection after every read, and Microsoft's clients open one for each link.
  const process = session._process.bind(session);
  session._process = () => {
    if (isBusy(session)) process();
  };
}

function isBusy({ state, incoming, outgoing, links }: SessionInternals): boolean {
  if (outgoing.isBusy || incoming.isBusy || state.open_requests > 0 || state.close_requests > 0) return true;
  for (const name in links) {
    const link = links[name];
    if (link && (link.issue_flow || link.state.open_requests > 0 || link.state.close_requests > 0)) return true;
  }
  return false;
}
