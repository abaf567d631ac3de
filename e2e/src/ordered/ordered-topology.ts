import { readFile, writeFile } from 'node:fs/promises';
import { checkedQueue, checkedSubscription } from './checked-events.js';

interface Entity {
  readonly Name: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

interface Namespace {
  readonly Queues: Entity[];
  readonly Topics: (Entity & { readonly Subscriptions: (Entity & { readonly Rules: unknown[] })[] })[];
}

const checkedTypes = ['order.accepted', 'purchase', 'payment.captured'];

/**
 * Writes the system's own ordered topology into `file`, with a queue more for who checks, and with locks of five seconds
 * instead of a minute: what a killed worker held comes back when its locks run out, and nothing else is proved by waiting
 * longer. Answers the names of all queues.
 */
export async function writeOrderedTopology(file: string): Promise<readonly string[]> {
  const own = await readFile(new URL('../../../infra/servicebus/Config.ordered.json', import.meta.url), 'utf8');
  const config = JSON.parse(own.replaceAll('"PT1M"', '"PT5S"')) as { UserConfig: { Namespaces: [Namespace] } };
  const [{ Queues: queues, Topics: topics }] = config.UserConfig.Namespaces;
  const like = queues.find(({ Name: name }) => name === 'order-status-ordered');
  const topic = topics[0];
  const subscription = topic?.Subscriptions.find(({ Name: name }) => name === 'order-status');
  if (!like || !topic || !subscription) {
    throw new Error('Config.ordered.json has no order-status to take as a pattern.');
  }
  queues.push({ ...like, Name: checkedQueue });
  topic.Subscriptions.push({
    Name: checkedSubscription,
    Properties: { ...subscription.Properties, ForwardTo: checkedQueue },
    Rules: checkedTypes.map((type) => ({
      Name: type,
      Properties: { FilterType: 'Correlation', CorrelationFilter: { Label: type } },
    })),
  });
  await writeFile(file, JSON.stringify(config));
  return queues.map(({ Name: name }) => name);
}
