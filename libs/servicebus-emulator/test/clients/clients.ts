import { ABILITIES, type Ability, type Transport } from './abilities.js';

/** A client that the broker is tried with, unmodified. */
export interface Client {
  /** As the matrix calls it. */
  readonly name: string;
  /** What runs its program: a command and its first arguments. */
  readonly command: readonly string[];
  /** The file in `programs/` that shows what it can do. */
  readonly program: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The first shows every ability, the others that the client connects, sends and receives. */
  readonly transports: readonly [Transport, ...Transport[]];
  /** What the client cannot do, each with the source of that. */
  readonly cannot: Partial<Record<Ability, string>>;
}

/** Debian's packages are for Debian's Python, whichever other one comes first on the path. */
const PYTHON = ['/usr/bin/python3', '-u'] as const;
const NODE = [process.execPath, '--no-deprecation'] as const;

const NO_DELETE = 'came with @azure/service-bus 7.10';
const NO_PLAIN = 'its `@azure/core-amqp` has no `UseDevelopmentEmulator`';
const AMQP_ONLY = 'an AMQP library: no HTTP, and its errors are conditions';

const javaScript = (name: string, pack: string, cannot: Client['cannot']): Client => ({
  name,
  command: NODE,
  program: 'service_bus.mjs',
  environment: { CLIENT_PACKAGE: pack },
  transports: ['tls', 'websocket', ...(cannot.plain === undefined ? (['plain'] as const) : [])],
  cannot,
});

/** All but some: what a client's program does not show, for one reason. */
function allBut(shown: readonly Ability[], reason: string): Client['cannot'] {
  const names = Object.keys(ABILITIES) as Ability[];
  return Object.fromEntries(names.filter((name) => !shown.includes(name)).map((name) => [name, reason]));
}

export const CLIENTS: readonly Client[] = [
  javaScript('@azure/service-bus 7.9.5', '@azure/service-bus', { delete: NO_DELETE }),
  javaScript('@azure/service-bus 7.10.0-beta.2', 'service-bus-7.10-beta', {}),
  javaScript('@azure/service-bus 7.5.1', 'service-bus-7.5', { plain: NO_PLAIN, delete: NO_DELETE }),
  javaScript('@azure/service-bus 7.0.5', 'service-bus-7.0', { plain: NO_PLAIN, delete: NO_DELETE }),
  {
    name: '@azure/service-bus 1.1.10',
    command: NODE,
    program: 'service_bus_1.mjs',
    environment: { CLIENT_PACKAGE: 'service-bus-1.1' },
    transports: ['tls', 'websocket'],
    cannot: {
      ...allBut(['tls', 'websocket', 'send', 'batch', 'complete', 'abandon'], 'a smoke test: superseded in 2020'),
      plain: NO_PLAIN,
    },
  },
  {
    name: 'azure-servicebus 7.8.2 (Python)',
    command: PYTHON,
    program: 'azure_servicebus.py',
    transports: ['tls', 'websocket'],
    cannot: { plain: "uamqp's `AMQPAuth.set_io` has TLS and WebSocket over TLS only", delete: NO_DELETE },
  },
  {
    name: 'uamqp 1.5.3 (Python)',
    command: PYTHON,
    program: 'uamqp_client.py',
    transports: ['tls', 'websocket'],
    cannot: {
      plain: "uamqp's `AMQPAuth.set_io` has TLS and WebSocket over TLS only",
      defer: 'shown with azure-servicebus, which is made of it',
      renew: 'shown with azure-servicebus, which is made of it',
      schedule: 'shown with azure-servicebus, which is made of it',
      sessions: 'shown with azure-servicebus, which is made of it',
      topic: 'shown with azure-servicebus, which is made of it',
      delete: AMQP_ONLY,
      refusals: AMQP_ONLY,
      administration: AMQP_ONLY,
    },
  },
  {
    name: 'pyamqp of azure-eventhub 5.11.0 (Python)',
    command: PYTHON,
    program: 'pyamqp_client.py',
    transports: ['tls'],
    cannot: {
      ...allBut(
        ['tls', 'send', 'complete', 'abandon', 'dead-letter', 'large'],
        'the event hub package carries what it needs of pyamqp: connecting, sending, receiving, settling',
      ),
      plain: 'its `SSLTransport` is the only one beside the WebSocket',
      websocket: "needs `websocket-client`, which Debian's package does not depend on",
    },
  },
  {
    name: 'Qpid Proton 0.37 (Python)',
    command: PYTHON,
    program: 'proton_client.py',
    transports: ['tls', 'plain'],
    cannot: {
      websocket: 'Proton has no WebSocket transport',
      batch: 'its `Message` has no message format to set',
      delete: AMQP_ONLY,
      refusals: AMQP_ONLY,
      administration: AMQP_ONLY,
    },
  },
  {
    name: 'Qpid Proton 0.37 (C)',
    command: [],
    program: 'proton.c',
    transports: ['tls', 'plain'],
    cannot: {
      ...allBut(
        ['plain', 'tls', 'send', 'complete', 'abandon', 'dead-letter', 'receive-and-delete', 'large'],
        'the same engine as in Python, where it is shown',
      ),
      websocket: 'Proton has no WebSocket transport',
      administration: AMQP_ONLY,
    },
  },
  {
    name: 'rhea 3.0.5',
    command: NODE,
    program: 'rhea.mjs',
    transports: ['tls', 'plain', 'websocket'],
    cannot: { delete: AMQP_ONLY, refusals: AMQP_ONLY, administration: AMQP_ONLY },
  },
];
