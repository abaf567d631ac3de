import { ScriptPeer } from './script-peer.js';

export const ACCEPTED = { type: 'accepted' } as const;
export const OPTIONS = { settled: false, format: 0, batchable: true, token: 'lock' };
export const TAG = Buffer.from('tag');

/** A peer whose connection and session are open. */
export function began(settings = {}, overrides = {}): ScriptPeer {
  const peer = new ScriptPeer(settings, overrides).open().begin();
  peer.names();
  return peer;
}

/** A peer that receives; the link is attached. */
export function receiving(fields = {}, overrides = {}, settings = {}): ScriptPeer {
  const peer = began(settings, overrides).attach(fields);
  peer.sender.accept();
  peer.names();
  return peer;
}

/** A peer that sends; the link is attached and has so much credit. */
export function sending(credit: number, maxMessageSize = 0n, settings = {}, overrides = {}): ScriptPeer {
  const peer = began(settings, overrides).attach({ role: false, initialDeliveryCount: 0 });
  peer.receiver.accept(credit, { maxMessageSize });
  peer.names();
  return peer;
}

/** The condition of the first frame of a type that the peer was sent. */
export const errorOf = (peer: ScriptPeer, type: string) => {
  const said = peer.said().find((one) => one.type === type);
  return (said?.['error'] as { condition: string } | undefined)?.condition;
};
