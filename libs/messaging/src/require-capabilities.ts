import { type Capabilities, type Transport, TransportError } from './transport.js';

/**
 * Refuses a broker that lacks what a service is going to ask of it. Called before anything starts, so that nobody
 * finds out with a message in hand.
 * @throws TransportError `InvalidOptions` that names everything that is missing
 */
export function requireCapabilities(
  { capabilities }: Pick<Transport, 'capabilities'>,
  needed: readonly (keyof Capabilities)[],
): void {
  const missing = needed.filter((capability) => !capabilities[capability]);
  if (missing.length === 0) return;
  const message = `This broker has no ${missing.join(' and no ')}, which this service needs: choose another transport.`;
  throw new TransportError('InvalidOptions', message, false);
}
