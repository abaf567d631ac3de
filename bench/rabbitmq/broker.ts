/** A broker for the comparison. */
export interface BenchBroker {
  readonly url: string;
  stop(): Promise<void>;
}

/** What is used of the broker that the specs of messaging start. */
interface Servers {
  newPlace(): Promise<{ readonly port: number }>;
  removeServer(place: object, pid: undefined): void;
  readonly RabbitMqServer: { start(place: object): Promise<{ kill(): Promise<void> }> };
}

/** The one of RABBITMQ_URL, or Debian's, started for this. */
export async function startBroker(): Promise<BenchBroker> {
  const given = process.env['RABBITMQ_URL'];
  if (given !== undefined) return { url: given, stop: async () => {} };
  const file = new URL('../../libs/messaging/test/rabbitmq/rabbitmq-server.ts', import.meta.url);
  const { newPlace, RabbitMqServer, removeServer } = (await import(file.href)) as Servers;
  const place = await newPlace();
  const server = await RabbitMqServer.start(place);
  return {
    url: `amqp://guest:guest@127.0.0.1:${place.port}`,
    async stop() {
      await server.kill();
      removeServer(place, undefined);
    },
  };
}
