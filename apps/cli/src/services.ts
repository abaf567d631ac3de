/** A port that a process would like to have. */
export interface PortWish {
  readonly name: string;
  readonly port: number;
  /** The environment variable that asks for another one. */
  readonly variable: string;
  /** Where the process listens; where the others do when absent. */
  readonly host?: string;
}

/** An app of this repository as `orderflow up` runs it. */
export interface AppService extends PortWish {
  /** The name of its database; absent for an app without one. */
  readonly database?: string;
  /** Path of the page that answers 200 when it is ready. */
  readonly readyPath: string;
  /** Path of the page that answers 200 as long as starting it again would not help. */
  readonly livePath: string;
  /** Processes that are started before it, and stopped after it. */
  readonly needs: readonly string[];
  /** Further processes that are stopped after it. */
  readonly stopsBefore: readonly string[];
}

/** An app with a database and a queue. */
const messagingApp = (name: string, port: number, needs: readonly string[]): AppService => ({
  name,
  port,
  variable: `${name.toUpperCase().replaceAll('-', '_')}_PORT`,
  database: name.replaceAll('-', '_'),
  readyPath: '/health/ready',
  livePath: '/health/live',
  needs: ['broker', `migrate ${name}`, ...needs],
  stopsBefore: [],
});

/** Local only: in production the gateway is somebody else's. */
export const paymentGateway: AppService = {
  name: 'payment-gateway',
  port: 3004,
  variable: 'PAYMENT_GATEWAY_PORT',
  readyPath: '/health',
  livePath: '/health',
  needs: [],
  stopsBefore: [],
};

const workers = [
  messagingApp('order-worker', 3001, []),
  messagingApp('billing-worker', 3002, [paymentGateway.name]),
  messagingApp('analytics-worker', 3003, []),
];

const orderApi: AppService = {
  ...messagingApp('order-api', 3000, []),
  // Started beside the workers to be ready sooner; stopped first: it takes orders in, they finish what is there.
  stopsBefore: workers.map(({ name }) => name),
};

/** Every app, the one that people call first. */
export const apps: readonly AppService[] = [orderApi, ...workers, paymentGateway];

/** Which worker consumes which queue. */
export const consumers: Readonly<Record<string, string>> = {
  orders: 'order-worker',
  'orders-ordered': 'order-worker',
  billing: 'billing-worker',
  'billing-ordered': 'billing-worker',
  analytics: 'analytics-worker',
};

/** The apps that own a database. */
export const databaseApps = apps.filter((app): app is AppService & { database: string } => app.database !== undefined);

export const brokerPort: PortWish = { name: 'broker', port: 5672, variable: 'BROKER_PORT' };
export const managementPort: PortWish = { name: 'broker-management', port: 5300, variable: 'BROKER_MANAGEMENT_PORT' };
/** RabbitMQ's own pages. */
export const rabbitMqManagementPort: PortWish = { ...managementPort, port: 15_672 };
export const databasePort: PortWish = {
  name: 'postgres',
  port: 54_320,
  variable: 'POSTGRES_PORT',
  host: '127.0.0.1',
};
