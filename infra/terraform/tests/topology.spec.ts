import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type HclBlock, parseOptionalDefaults, parseVariableDefaults } from './hcl.ts';
import { TERRAFORM_ROOT } from './modules.ts';

interface BrokerRule {
  readonly Properties: {
    readonly FilterType: string;
    readonly CorrelationFilter?: { readonly Label: string };
    readonly SqlFilter?: { readonly SqlExpression: string };
  };
}
interface BrokerEntity {
  readonly Name: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly Rules?: readonly BrokerRule[];
  readonly Subscriptions?: readonly BrokerEntity[];
}
interface BrokerConfig {
  readonly UserConfig: {
    readonly Namespaces: readonly [
      { readonly Queues: readonly BrokerEntity[]; readonly Topics: readonly [BrokerEntity] },
    ];
  };
}

const config = JSON.parse(readFileSync(join(TERRAFORM_ROOT, '../servicebus/Config.json'), 'utf8')) as BrokerConfig;
const [namespace] = config.UserConfig.Namespaces;
const [topic] = namespace.Topics;

describe("Terraform's defaults and the broker's Config.json describe one topology", () => {
  const variables = join(TERRAFORM_ROOT, 'modules/service-bus/variables.tf');
  let defaults: Readonly<Record<string, HclBlock>>;
  let queueDefaults: HclBlock;

  beforeAll(async () => {
    defaults = await parseVariableDefaults(variables);
    queueDefaults = await parseOptionalDefaults(variables, 'queues');
  });

  it('is what the apps take their own queues for, unless their variables say otherwise', () => {
    const page = readFileSync(join(TERRAFORM_ROOT, '../../docs/configuration.md'), 'utf8');
    const row = /^\| `QUEUE_(LOCK_DURATION|TIME_TO_LIVE|MAX_DELIVERY_COUNT)` \| .* \| (?:`(.*)`|none) \| `.*` \|$/gm;
    const taken = Object.fromEntries([...page.matchAll(row)].map(([, name, value]) => [name, value]));
    const owned = namespace.Queues.filter(({ Name }) => Name !== 'lab');
    expect(owned).toHaveLength(4);
    for (const { Properties } of owned) {
      const { LockDuration, DefaultMessageTimeToLive, MaxDeliveryCount } = Properties;
      expect({ LockDuration, DefaultMessageTimeToLive, MaxDeliveryCount: String(MaxDeliveryCount) }).toEqual({
        LockDuration: `PT${taken['LOCK_DURATION']?.toUpperCase()}`,
        DefaultMessageTimeToLive: taken['TIME_TO_LIVE'],
        MaxDeliveryCount: taken['MAX_DELIVERY_COUNT'],
      });
    }
  });

  it('has the same queues with the same settings', () => {
    const expected = namespace.Queues.map(({ Name, Properties }) => [
      Name,
      {
        lock_duration: Properties['LockDuration'],
        max_delivery_count: Properties['MaxDeliveryCount'],
        dead_lettering_on_message_expiration: Properties['DeadLetteringOnMessageExpiration'],
        requires_duplicate_detection: Properties['RequiresDuplicateDetection'],
        duplicate_detection_history_time_window: Properties['DuplicateDetectionHistoryTimeWindow'],
        requires_session: Properties['RequiresSession'],
      },
    ]);
    const queues = Object.entries(defaults['queues'] ?? {}).map(([name, queue]) => [
      name,
      { ...queueDefaults, ...(queue as object) },
    ]);
    expect(Object.fromEntries(queues)).toEqual(Object.fromEntries(expected));
  });

  it('has the same topic', () => {
    expect(defaults['topic_name']).toBe(topic.Name);
    expect(defaults['duplicate_detection_history_time_window']).toBe(
      topic.Properties['DuplicateDetectionHistoryTimeWindow'],
    );
    expect(topic.Properties['RequiresDuplicateDetection']).toBe(true);
  });

  it('has the same subscriptions, filters and targets', () => {
    const expected = (topic.Subscriptions ?? []).map(({ Name, Properties, Rules }) => [
      Name,
      { forward_to: Properties['ForwardTo'], labels: labelsOf(Rules ?? []) },
    ]);
    const subscriptions = Object.entries(defaults['subscriptions'] ?? {}).map(([name, subscription]) => [
      name,
      { labels: [], ...(subscription as object) },
    ]);
    expect(Object.fromEntries(subscriptions)).toEqual(Object.fromEntries(expected));
  });
});

/** The labels of correlation rules; a rule that lets everything through has none. */
function labelsOf(rules: readonly BrokerRule[]): readonly string[] {
  return rules.flatMap(({ Properties }) => {
    if (Properties.SqlFilter?.SqlExpression === '1=1') return [];
    if (!Properties.CorrelationFilter) throw new Error(`not expressible in Terraform: ${JSON.stringify(Properties)}`);
    return [Properties.CorrelationFilter.Label];
  });
}
