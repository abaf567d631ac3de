// Writes definitions.json, which RabbitMQ imports, from the topology, the policies, and nothing secret:
//   npx orderflow topology print --json --vhost orderflow | node infra/rabbitmq/definitions.mjs > infra/rabbitmq/definitions.json
import { text } from 'node:stream/consumers';
import { policies } from './rights.mjs';

export const virtualHost = 'orderflow';

/** The definitions of production, with the exchanges, queues and bindings of a topology. */
export function definitionsOf(topology) {
  return {
    vhosts: [{ name: virtualHost }],
    policies: policies.map((policy) => ({ vhost: virtualHost, ...policy })),
    ...topology,
  };
}

if (import.meta.main) {
  const topology = JSON.parse(await text(process.stdin));
  console.log(JSON.stringify(definitionsOf(topology), undefined, 2));
}
