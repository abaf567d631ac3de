import type { SessionInternals } from './rhea-internals.js';

/** What rhea can read: sources and targets, by either of their names. */
const KNOWN: ReadonlySet<string> = new Set(['40', '41', 'amqp:source:list', 'amqp:target:list']);

/**
 * Reads what else a client attaches to, the coordinator of transactions above all, as no source or target. So does
 * rhea, but it says so on the console.
 */
export function readTermini(session: SessionInternals): void {
  const onAttach = session.on_attach.bind(session);
  session.on_attach = (frame) => {
    const { performative } = frame;
    const { source, target } = performative;
    if (source && !KNOWN.has(String(source.descriptor?.value))) performative.source = null;
    if (target && !KNOWN.has(String(target.descriptor?.value))) performative.target = null;
    onAttach(frame);
  };
}
