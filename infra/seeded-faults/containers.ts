import type { Fault } from './fault.ts';

const compose = 'docker-compose.yml';
const dockerfile = 'Dockerfile';

const COMPOSE: readonly Fault[] = [
  {
    name: 'containers that can write to their root file system',
    file: compose,
    find: '  read_only: true\n',
    replace: '',
    caughtBy: { compose: 'order-api can write to its root file system' },
  },
  {
    name: 'a service without what all of ours have',
    file: compose,
    find: '  payment-gateway:\n    <<: *app\n',
    replace: '  payment-gateway:\n    restart: unless-stopped\n',
    caughtBy: { compose: 'payment-gateway keeps capabilities' },
  },
  {
    name: 'an emulator that starts with everything else',
    file: compose,
    find: '  azure-emulator-sql:\n    profiles: [azure-emulator]\n',
    replace: '  azure-emulator-sql:\n',
    caughtBy: { compose: 'azure-emulator-sql starts with the profile "", not "azure-emulator"' },
  },
  {
    name: 'a profile that is misspelt',
    file: compose,
    find: '  grafana:\n    profiles: [monitoring]',
    replace: '  grafana:\n    profiles: [monitor]',
    caughtBy: { compose: 'grafana starts with the profile "monitor", not "monitoring"' },
  },
  {
    name: 'an app that is hidden in a profile',
    file: compose,
    find: '  broker:\n    <<: *app\n',
    replace: '  broker:\n    <<: *app\n    profiles: [broker]\n',
    caughtBy: { compose: 'billing-worker waits for broker, which starts only with the profile broker' },
  },
  {
    name: 'an image of a major version',
    file: compose,
    find: 'rabbitmq:4.1.4-management',
    replace: 'rabbitmq:4-management',
    caughtBy: { compose: 'rabbitmq runs rabbitmq:4-management, no exact version' },
  },
  {
    name: 'the latest image',
    file: compose,
    find: 'prom/prometheus:v3.7.3',
    replace: 'prom/prometheus',
    caughtBy: { compose: 'prometheus runs prom/prometheus, no exact version' },
  },
  {
    name: 'apps that start before their migrations have ended',
    file: compose,
    find: 'migrations: { condition: service_completed_successfully }',
    replace: 'migrations: { condition: service_started }',
    caughtBy: { compose: 'analytics-worker does not wait for the migrations' },
  },
  {
    name: 'a database that is stopped before its apps',
    file: compose,
    find: 'x-needs: &needs\n  postgres: { condition: service_healthy }\n',
    replace: 'x-needs: &needs\n',
    caughtBy: { compose: 'order-worker talks to postgres and does not name it' },
  },
  {
    name: 'a port that is open to the network',
    file: compose,
    find: '"127.0.0.1:9090:9090"',
    replace: '"9090:9090"',
    caughtBy: { compose: 'prometheus is open to the network at 9090:9090' },
  },
  {
    name: 'containers that are killed before they have stopped',
    file: compose,
    find: '  stop_grace_period: 30s\n',
    replace: '',
    caughtBy: { compose: 'order-worker takes 25 s to stop and is killed after 10 s' },
  },
  {
    name: "an app in another one's database, in containers",
    file: compose,
    find: ':5432/billing_worker',
    replace: ':5432/order_worker',
    caughtBy: { compose: 'billing-worker uses the database order_worker' },
  },
  {
    name: 'a health check that nobody answers',
    file: compose,
    find: '    healthcheck:\n      test: [CMD, pg_isready, -h, 127.0.0.1, -U, orderflow, -d, analytics_worker]\n      interval: 2s\n      timeout: 2s\n      retries: 60\n',
    replace: '',
    caughtBy: { compose: 'migrations waits for the health of postgres, which has no health check' },
  },
  {
    name: 'a file that is mounted from where it is not',
    file: compose,
    find: './infra/grafana/dashboards.yml',
    replace: './infra/grafana/dashboard.yml',
    caughtBy: { compose: 'grafana mounts ./infra/grafana/dashboard.yml, which does not exist' },
  },
];

const DOCKERFILE: readonly Fault[] = [
  {
    name: 'images that run as root',
    file: dockerfile,
    find: 'USER 1000:1000\n',
    replace: '',
    caughtBy: { dockerfile: 'order-worker runs as root' },
  },
  {
    name: 'a user by name, which Kubernetes cannot check',
    file: dockerfile,
    find: 'USER 1000:1000\n',
    replace: 'USER node\n',
    caughtBy: { dockerfile: 'billing-worker runs as node' },
  },
  {
    name: 'a stage that goes back to root',
    file: dockerfile,
    find: 'COPY infra/images/orderflow.sh',
    replace: 'USER 0:0\nCOPY infra/images/orderflow.sh',
    caughtBy: { dockerfile: 'cli runs as 0:0' },
  },
  {
    name: 'a base that is not the Node.js of the tests',
    file: dockerfile,
    find: 'ARG NODE_IMAGE=node:24.21.0-bookworm-slim',
    replace: 'ARG NODE_IMAGE=node:24-bookworm-slim',
    caughtBy: { dockerfile: 'the base is node:24-bookworm-slim' },
  },
  {
    name: 'a stage from an image of its own',
    file: dockerfile,
    find: 'FROM ${NODE_IMAGE} AS runtime',
    replace: 'FROM debian:bookworm-slim AS runtime',
    caughtBy: { dockerfile: 'a stage is built from debian:bookworm-slim' },
  },
  {
    name: 'an app behind a shell, which keeps SIGTERM to itself',
    file: dockerfile,
    find: 'ENTRYPOINT ["node", "--enable-source-maps", "main.mjs"]',
    replace: 'ENTRYPOINT node --enable-source-maps main.mjs',
    caughtBy: { dockerfile: 'order-api starts its ENTRYPOINT through a shell' },
  },
  {
    name: 'a command that stays a shell',
    file: 'infra/images/orderflow.sh',
    find: 'exec node',
    replace: 'node',
    caughtBy: { dockerfile: 'orderflow.sh stays PID 1' },
  },
  {
    name: 'an image that does not say whether it is healthy',
    file: dockerfile,
    find: 'HEALTHCHECK --interval=5s',
    replace: '# HEALTHCHECK --interval=5s',
    caughtBy: { dockerfile: 'broker does not say whether it is healthy' },
  },
  {
    name: 'install scripts of dependencies that run',
    file: dockerfile,
    find: 'npm ci --ignore-scripts',
    replace: 'npm ci',
    caughtBy: { dockerfile: 'dependencies are installed by npm ci --no-audit' },
  },
  {
    name: 'the whole checkout in an image',
    file: dockerfile,
    find: 'COPY --from=build /images/${APP} ./',
    replace: 'COPY . .',
    caughtBy: { dockerfile: 'payment-gateway holds more than its bundle: COPY . .' },
  },
  {
    name: 'a package manager in the images',
    file: dockerfile,
    find: ' /usr/local/bin/npm ',
    replace: ' ',
    caughtBy: { dockerfile: 'analytics-worker holds /usr/local/bin/npm' },
  },
  {
    name: 'a secret in an image',
    file: dockerfile,
    find: 'ENV NODE_ENV=production',
    replace: 'ARG NPM_TOKEN\nENV NODE_ENV=production',
    caughtBy: { dockerfile: 'order-api keeps NPM_TOKEN for everybody who pulls it' },
  },
];

/** Each alone: reading takes no time. */
export const CONTAINER_FAULTS: readonly (readonly Fault[])[] = [...COMPOSE, ...DOCKERFILE].map((fault) => [fault]);
