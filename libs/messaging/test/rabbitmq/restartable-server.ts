import { newPlace, RabbitMqServer, removeServer, type ServerPlace } from './rabbitmq-server.js';

/** A broker that the tests of one spec restart in turn: it starts once, however many of them there are. */
export class RestartableServer {
  #running: Promise<RabbitMqServer> | undefined;

  /** Where it is; starts it when it was not, which takes seconds: the earlier the better. */
  async start(): Promise<ServerPlace> {
    this.#running ??= newPlace().then((place) => RabbitMqServer.start(place));
    return (await this.#running).place;
  }

  /** Kills it, and starts it where it was, with what it had stored. */
  async restart(): Promise<void> {
    const before = this.#running;
    if (before === undefined) throw new Error('This server was not started.');
    this.#running = before.then(async (server) => {
      await server.kill();
      return RabbitMqServer.start(server.place);
    });
    await this.#running;
  }

  /** Ends it, and removes what it stored. */
  async stop(): Promise<void> {
    const server = await this.#running;
    this.#running = undefined;
    if (server === undefined) return;
    await server.kill();
    removeServer(server.place, undefined);
  }
}
