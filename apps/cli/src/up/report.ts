import { relative } from 'node:path';
import type { Runtime } from '@orderflow/service-kit';
import { identityOf } from '../process-identity.js';
import { readRuntime } from '../runtime-file.js';
import { table } from '../table.js';
import type { Workspace } from '../workspace.js';
import { apps, databaseApps, paymentGateway } from '../services.js';
import type { System } from './system.js';

/** What a running system is for commands, and for apps that are served alone. */
export function describeRuntime(system: System, { logs }: Workspace): Runtime {
  const { broker } = system;
  return {
    ...identityOf(process.pid),
    databases: Object.fromEntries(databaseApps.map((app) => [app.name, system.databaseUrl(app)])),
    ...(broker !== undefined && { servicebus: broker }),
    ...('rabbitMqUrl' in system.brokerAddress && { rabbitmq: { url: system.brokerAddress.rabbitMqUrl } }),
    gateway: { url: system.url(paymentGateway.name) },
    urls: Object.fromEntries(apps.map(({ name }) => [name, system.url(name)])),
    ports: system.ports,
    logs,
  };
}

/** What a person wants to know once everything is ready: where it all is, and what to try. */
export function readyReport(system: System, workspace: Workspace, tookMs: number): string {
  const log = (name: string): string => shortest(system.logFile(name));
  const rows = [
    ...apps.map(({ name }) => [name, system.url(name), log(name)]),
    ...(system.ports['broker'] === undefined
      ? []
      : [
          ['broker', `amqp://127.0.0.1:${system.ports['broker']}`, log('broker')],
          ['its management', `http://127.0.0.1:${system.ports['broker-management']}`, log('broker')],
        ]),
    ['postgres', `127.0.0.1:${system.ports['postgres']}`, log('postgres')],
  ];
  const body = '{"customerId":"ada","currency":"EUR","lines":[{"sku":"tea","quantity":2,"unitPrice":450}]}';
  return [
    '',
    `OrderFlow is ready after ${(tookMs / 1000).toFixed(1)} s. State: ${shortest(workspace.state)}`,
    '',
    table(['what', 'where', 'log'], rows),
    '',
    ...secureLines(system),
    'Place an order:',
    `  curl -i ${system.url('order-api')}/orders -H 'content-type: application/json' -d '${body}'`,
    `OpenAPI: ${system.url('order-api')}/docs   URLs of the databases, with passwords: ${shortest(workspace.runtimeFile)}`,
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}

/** What clients over TLS need. */
function secureLines({ broker, ports }: System): readonly string[] {
  if (broker?.certificateFile === undefined) return [];
  const trusted = shortest(broker.certificateFile);
  return [`The broker speaks TLS too, at port ${ports['broker']}: clients must trust ${trusted}.`, ''];
}

/** The message for whoever starts the system although it runs already. */
export function runningAlready(holder: number, { runtimeFile, state }: Workspace): string {
  const runtime = readRuntime(runtimeFile);
  const urls = runtime?.pid === holder ? Object.entries(runtime.urls) : [];
  return [
    `OrderFlow is running already (process ${holder}, its state is in ${shortest(state)}).`,
    ...(urls.length > 0 ? ['', table(['what', 'where'], urls), ''] : ['It is just starting or stopping.']),
    `Stop it with Ctrl-C where it was started, or with: kill ${holder}`,
  ].join('\n');
}

/** A path as it is typed from the working directory, where that is shorter. */
function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.length < path.length ? fromHere : path;
}
