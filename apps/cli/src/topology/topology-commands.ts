import type { BrokerAddress } from '@orderflow/service-kit/broker-address';
import { openBroker } from '../broker-transport.js';
import type { CommandContext } from '../command-context.js';
import { CommandError } from '../command-error.js';
import { topologyFileOf } from '../topology-file.js';

/** How often a broker that cannot be reached is tried, and how long between: it may just be starting. */
const tries = 10;
const pauseMs = 1_000;

export interface PrintFlags {
  readonly json?: boolean;
  readonly vhost: string;
}

export async function printTopology(context: CommandContext, { json, vhost }: PrintFlags): Promise<void> {
  const { brokerDefinitions, describeBrokerTopology } = await import('@orderflow/service-kit/transport');
  const file = topologyFileOf(context);
  const page =
    json === true
      ? JSON.stringify(await brokerDefinitions(file, vhost), undefined, 2)
      : await describeBrokerTopology(file);
  console.log(page);
}

export async function applyTopologyCommand(context: CommandContext): Promise<void> {
  console.log(describe(await applyTopology(context)));
}

function describe(applied: 'asserted' | 'checked'): string {
  return applied === 'asserted'
    ? 'Everything of the topology is there, as it should be.'
    : 'Every queue and exchange of the topology is there. This user may not configure, so bindings and arguments were not looked at.';
}

/**
 * Makes the topology on the broker of the environment, or at an address.
 * @throws CommandError when this broker's topology is made by other means
 * @throws TransportError `InvalidTopology` that lists every difference
 */
export async function applyTopology(context: CommandContext, address?: BrokerAddress): Promise<'asserted' | 'checked'> {
  const transport = await openBroker(context, address);
  try {
    if (transport.applyTopology === undefined) {
      throw new CommandError(
        'The topology of Service Bus is made by infra/terraform, and that of the embedded broker when it starts: this is for MESSAGING_TRANSPORT=rabbitmq.',
      );
    }
    for (let left = tries - 1; ; left -= 1) {
      try {
        return await transport.applyTopology();
      } catch (error) {
        if (left === 0 || (error as { readonly retryable?: boolean }).retryable !== true) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  } finally {
    await transport.close();
  }
}
