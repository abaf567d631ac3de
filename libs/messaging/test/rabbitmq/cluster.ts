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
    const lines = [
      'cluster_formation.peer_discovery_backend = classic_config',
      ...places.map((place, index) => `cluster_formation.classic_config.nodes.${index + 1} = ${nodeName(place)}`),
      // Each tries until the first is there, one after the other.
      'cluster_formation.discovery_retry_limit = 1000',
      'cluster_formation.discovery_retry_interval = 200',
      'cluster_formation.internal_lock_retries = 1000',
    ];
    // The first knows of no other, so that it is never waiting for one, and the others join it.
    const start = (place: ServerPlace, index: number): Promise<RabbitMqServer> =>
      RabbitMqServer.start(place, { lines: index === 0 ? [] : lines });
    return new Cluster(await Promise.all(places.map(start)));
  }

  async remove(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
    for (const { place } of this.nodes) removeServer(place, undefined);
  }
}
