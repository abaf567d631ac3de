import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastingPort } from '../../src/testing/lasting-port.js';
import { newPlace, nodeName, RabbitMqServer, removeServer, type ServerPlace } from './rabbitmq-server.js';

/** Several nodes on this machine that are one broker. */
export class Cluster {
  readonly nodes: readonly RabbitMqServer[];

  private constructor(nodes: readonly RabbitMqServer[]) {
    this.nodes = nodes;
  }

  /** Starts `size` nodes that find each other by their names; resolves when all take connections. */
  static async start(size: number): Promise<Cluster> {
    const epmdPort = await lastingPort();
    const places: ServerPlace[] = [];
    for (let count = 0; count < size; count += 1) places.push({ ...(await newPlace()), epmdPort });
    const cookie = randomBytes(16).toString('hex');
    for (const { folder } of places) writeFileSync(join(folder, '.erlang.cookie'), cookie, { mode: 0o400 });
    const names = places.map(
      (place, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${nodeName(place)}`,
    );
    const lines = ['cluster_formation.peer_discovery_backend = classic_config', ...names];
    const [first, ...others] = places;
    // The others join it: of several that begin at once each might be alone.
    const nodes = [await RabbitMqServer.start(first as ServerPlace, { lines })];
    nodes.push(...(await Promise.all(others.map((place) => RabbitMqServer.start(place, { lines })))));
    return new Cluster(nodes);
  }

  async remove(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    for (const { place } of this.nodes) removeServer(place, undefined);
  }
}
