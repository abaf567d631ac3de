import type { Duplex } from 'node:stream';
import { createAllowList, HttpGuard, listenedName } from '@orderflow/http-guard';
import { AtomApi } from './admin/atom/atom-api.js';
import { ControlApi } from './admin/control/control-api.js';
import { HttpApi } from './admin/http-api.js';
import { AmqpListener } from './amqp/listener.js';
import { namespaceRules } from './auth/namespace-rules.js';
import type { BrokerCore } from './broker-core.js';
import type { Clock } from './clock.js';
import { connectionString, secureConnectionString } from './connection-string.js';
import { type BrokerOptions, type ResolvedBrokerOptions, resolveBrokerOptions } from './broker-options.js';
import type { AuthorizationRule } from './entities/authorization-rule.js';
import type { Namespace } from './entities/namespace.js';
import { type Certificate, generateCertificate } from './listeners/certificate.js';
import { Listeners } from './listeners/listeners.js';
import { Faults } from './faults/faults.js';
import { type DiskOptions, type OpenedCore, openCore } from './open-core.js';
import { EventTap } from './event-tap.js';

/** What Microsoft's emulator calls its namespace. */
const DEFAULT_NAMESPACE = 'sbemulatorns';

/** A running broker. */
export interface Broker {
  /** For `new ServiceBusClient(…)`. */
  readonly connectionString: string;
  /** For `new ServiceBusAdministrationClient(…)`, which needs {@link plainHttpPolicy} too. */
  readonly adminConnectionString: string;
  /**
   * For both, over TLS, when {@link BrokerOptions.tls} is set; clients must trust {@link certificate}. AMQP over
   * WebSocket needs it too.
   */
  readonly secureConnectionString: string | undefined;
  /** What clients must trust, PEM. */
  readonly certificate: string | undefined;
  readonly host: string;
  readonly port: number;
  /** Where {@link adminConnectionString} leads: {@link port} unless another one was asked for. */
  readonly managementPort: number;
  /** The broker's time: `clock.advance(ms)` lets locks and messages expire and scheduled messages arrive at once. */
  readonly clock: Pick<Clock, 'now' | 'advance'>;
  /** Lets things go wrong on purpose. */
  readonly faults: Faults;
  /** The entities, to administer them in process. */
  readonly namespace: Namespace;
  /** Resolves once everything that happened so far is durable. @throws when it could not be stored */
  flushed(): Promise<void>;
  /** Serves one AMQP client on a stream that is connected already: TLS, or the inside of a WebSocket. */
  accept(stream: Duplex): void;
  /** Clients connected now. */
  readonly connections: number;
  /** Cuts every connection, as a network does. */
  dropConnections(): void;
  /** Closes every connection and stops; everything accepted is durable when this resolves. Can be called again. */
  close(): Promise<void>;
}

/**
 * Starts a broker that speaks Service Bus's AMQP and its management API.
 * @throws when an option is wrong, the port is taken, an allowed host or origin is none, the topology contradicts itself, or the data
 * directory is damaged or in use
 */
export function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  return startBrokerOn({}, options);
}

/** As {@link startBroker}, on another disk than the one there is: not for users of the package. */
export async function startBrokerOn(disk: DiskOptions, given: BrokerOptions): Promise<Broker> {
  const options = resolveBrokerOptions(given);
  const { host, log } = options;
  const guard = createGuard(options);
  log('info', 'This broker is for laptops, tests and CI. In production use Azure Service Bus itself.');
  const management = new HttpApi(log);
  const certificate = options.tls === 'generate' ? await generateCertificate(host) : options.tls;
  const listeners = new Listeners({
    log,
    certificate,
    guard,
    http: (request, response) => management.handle(request, response),
  });
  try {
    const port = await listeners.listen(host, options.port);
    const managementPort =
      options.managementPort === undefined ? port : await listeners.listen(host, options.managementPort);
    const tap = new EventTap();
    const inner = await openCore(options, disk, tap);
    const listener = new AmqpListener(inner.core);
    listeners.open((stream) => listener.accept(stream));
    const faults = createFaults(inner.core, listener);
    const { namespace: name = DEFAULT_NAMESPACE, authorizationRules = [] } = options.topology ?? {};
    const [rootRule] = namespaceRules(options.topology);
    management.start({
      access: inner.access,
      atom: new AtomApi(inner.core, name),
      control: new ControlApi({ core: inner.core, faults, tap, name, authorizationRules }),
    });
    log('info', 'The broker listens.', { host, port, managementPort });
    return runningBroker({
      ...inner,
      certificate,
      rootRule,
      listener,
      faults,
      listeners,
      management,
      host,
      port,
      managementPort,
    });
  } catch (error) {
    await listeners.close();
    throw error;
  }
}

function createGuard({ host, allowedHosts, allowedOrigins }: ResolvedBrokerOptions): HttpGuard {
  const allowed = createAllowList([...allowedHosts, ...listenedName(host)], allowedOrigins);
  const settings = { hosts: 'allowedHosts (--allow-host)', origins: 'allowedOrigins (--allow-origin)' };
  return new HttpGuard({ allowed, settings });
}

function createFaults({ faults, namespace, clock }: BrokerCore, listener: AmqpListener): Faults {
  return new Faults({
    plan: faults,
    registry: namespace.registry,
    now: () => clock.now(),
    dropConnections: (entity) => listener.dropConnections(entity),
    detachLinks: (error, entity) => listener.detachLinks(error, entity),
  });
}

interface Running extends OpenedCore {
  readonly rootRule: AuthorizationRule;
  readonly certificate: Certificate | undefined;
  readonly listener: AmqpListener;
  readonly faults: Faults;
  readonly listeners: Listeners;
  readonly management: HttpApi;
  readonly host: string;
  readonly port: number;
  readonly managementPort: number;
}

function runningBroker(running: Running): Broker {
  const { core, store, certificate, rootRule, listener, faults, host, port, managementPort } = running;
  let closing: Promise<void> | undefined;
  return {
    connectionString: connectionString(rootRule, host, port),
    adminConnectionString: connectionString(rootRule, host, managementPort),
    secureConnectionString: certificate && secureConnectionString(rootRule, host, port),
    certificate: certificate?.cert,
    host,
    port,
    managementPort,
    clock: core.clock,
    faults,
    namespace: core.namespace,
    flushed: async () => store?.recorder.flushed(),
    accept: (stream) => listener.accept(stream),
    get connections() {
      return listener.connections;
    },
    dropConnections: () => void listener.dropConnections(),
    close: () => (closing ??= close(running)),
  };
}

async function close({ management, listener, listeners, stop }: Running): Promise<void> {
  management.stop();
  listeners.stop();
  await listener.close();
  await listeners.close();
  await stop();
}
