import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type HclBlock, parseOptionalDefaults, parseVariableDefaults } from './hcl.ts';
import { type Plan, TerraformCopy } from './environment-plan.ts';
import { TERRAFORM_ROOT } from './modules.ts';
import { Terraform } from './terraform.ts';

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

const namespaceOf = (file: string): BrokerConfig['UserConfig']['Namespaces'][0] => {
  const config = JSON.parse(readFileSync(join(TERRAFORM_ROOT, '../servicebus', file), 'utf8')) as BrokerConfig;
  return config.UserConfig.Namespaces[0];
};
const namespace = namespaceOf('Config.json');
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
    const expected = namespace.Queues.map((queue) => [queue.Name, settingsOf(queue)]);
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

describe("a plan with ordered = true and the broker's Config.ordered.json describe one topology", () => {
  const ordered = namespaceOf('Config.ordered.json');
  const copy = new TerraformCopy();
  let plan: Plan;

  beforeAll(async () => {
    const terraform = await Terraform.start('named');
    try {
      const directory = copy.directory('dev');
      const example = readFileSync(join(directory, 'terraform.tfvars.example'), 'utf8');
      writeFileSync(join(directory, 'ordered.tfvars'), `${example}\nordered = true\n`);
      const initialised = await terraform.run(directory, 'init', '-no-color');
      if (initialised.code !== 0) throw new Error(initialised.output);
      plan = await copy.plan(terraform, 'dev', { variables: 'ordered.tfvars' });
    } finally {
      await terraform.close();
    }
  });
  afterAll(() => copy.remove());

  const planned = (type: string) => plan.resources.filter((each) => each.type === type).map(({ values }) => values);

  it('has the same queues with the same settings', () => {
    const queues = planned('azurerm_servicebus_queue').map((values) => [
      values['name'],
      Object.fromEntries(Object.keys(settingsOf(ordered.Queues[0])).map((name) => [name, values[name]])),
    ]);
    expect(Object.fromEntries(queues)).toEqual(
      Object.fromEntries(ordered.Queues.map((queue) => [queue.Name, settingsOf(queue)])),
    );
  });

  it('has the same subscriptions, filters and targets', () => {
    const targets = planned('azurerm_servicebus_subscription').map(({ name, forward_to }) => [name, forward_to]);
    const subscriptions = ordered.Topics[0].Subscriptions ?? [];
    expect(Object.fromEntries(targets)).toEqual(
      Object.fromEntries(subscriptions.map(({ Name, Properties }) => [Name, Properties['ForwardTo']])),
    );
    expect(subscriptions.map(({ Name, Rules }) => [Name, Rules])).toEqual(
      (topic.Subscriptions ?? []).map(({ Name, Rules }) => [Name, Rules]),
    );
  });

  it('lets each app receive from its queue with sessions, and scales it by that', () => {
    const rules = planned('azurerm_container_app').flatMap(({ name, template }) => {
      const [{ custom_scale_rule }] = template as [{ custom_scale_rule: [{ metadata: { queueName: string } }] }];
      return [[name, custom_scale_rule[0].metadata.queueName]];
    });
    expect(Object.fromEntries(rules)).toEqual({
      'order-api': 'order-status-ordered',
      'order-worker': 'orders-ordered',
      'billing-worker': 'billing-ordered',
      'analytics-worker': 'analytics',
    });
    const rights = planned('azurerm_role_assignment')
      .filter(({ scope }) => String(scope).endsWith('-ordered'))
      .map(({ scope, role_definition_name }) => `${String(role_definition_name)}: ${String(scope)}`);
    expect(rights.sort()).toEqual([
      'Azure Service Bus Data Owner: id of billing-ordered',
      'Azure Service Bus Data Owner: id of order-status-ordered',
      'Azure Service Bus Data Owner: id of orders-ordered',
      'Azure Service Bus Data Receiver: id of billing-ordered',
      'Azure Service Bus Data Receiver: id of order-status-ordered',
      'Azure Service Bus Data Receiver: id of orders-ordered',
      'Azure Service Bus Data Sender: id of orders-ordered',
      'Azure Service Bus Data Sender: id of orders-ordered',
    ]);
  });
});

function settingsOf({ Properties }: BrokerEntity = { Name: '', Properties: {} }): Readonly<Record<string, unknown>> {
  return {
    lock_duration: Properties['LockDuration'],
    max_delivery_count: Properties['MaxDeliveryCount'],
    dead_lettering_on_message_expiration: Properties['DeadLetteringOnMessageExpiration'],
    requires_duplicate_detection: Properties['RequiresDuplicateDetection'],
    duplicate_detection_history_time_window: Properties['DuplicateDetectionHistoryTimeWindow'],
    requires_session: Properties['RequiresSession'],
  };
}

/** The labels of correlation rules; a rule that lets everything through has none. */
function labelsOf(rules: readonly BrokerRule[]): readonly string[] {
  return rules.flatMap(({ Properties }) => {
    if (Properties.SqlFilter?.SqlExpression === '1=1') return [];
    if (!Properties.CorrelationFilter) throw new Error(`not expressible in Terraform: ${JSON.stringify(Properties)}`);
    return [Properties.CorrelationFilter.Label];
  });
}
