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
  const process = () => {
    if (!session.state.is_open()) return; // What is answered late has nobody to hear it.
    session.incoming.process(session);
    session.outgoing.process();
  };
  // rhea goes through all sessions of a connection at the end of every turn, and Microsoft's clients open one for each
  // link: messages do not ask it to.
  const busy = () => writer.atPause(process);
  session.incoming = new IncomingTransfers(begin, new Dispositions(session, writer, true), ports, busy);
  session.outgoing = new OutgoingTransfers(
    session,
    begin,
    writer,
    new Dispositions(session, writer, false),
    ports,
    busy,
  );
}
