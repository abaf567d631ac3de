// Derives the configuration of Microsoft's Service Bus emulator from ours, which describes what Azure gets:
//   node emulator-config.mjs Config.json capped.json
// The limits are those of the emulator's Config-schema.json (github.com/Azure/azure-service-bus-emulator-installer).
import { readFileSync, writeFileSync } from 'node:fs';

const maxDeliveryCount = 10;
/** In seconds. */
const longest = {
  DefaultMessageTimeToLive: 3_600,
  DuplicateDetectionHistoryTimeWindow: 300,
  LockDuration: 300,
};
const ruleName = /^[A-Za-z0-9]([\w.\/-]*[A-Za-z0-9])?$/;
const nameOfDefaultRule = 'everything';

/** A copy within the emulator's limits: values above them become the limit, and the rule $Default gets another name. */
export function withinEmulatorLimits(config) {
  return JSON.parse(JSON.stringify(config), (key, value) => {
    if (key === 'MaxDeliveryCount') return Math.min(value, maxDeliveryCount);
    if (key in longest) return seconds(key, value) > longest[key] ? `PT${longest[key]}S` : value;
    if (key === 'Rules')
      return value.map((rule) => (rule.Name === '$Default' ? { ...rule, Name: nameOfDefaultRule } : rule));
    return value;
  });
}

/** What the emulator would refuse, one line each. It says no more than "out of memory" about it. */
export function problemsOf({ UserConfig }) {
  const [{ Queues = [], Topics = [] }] = UserConfig.Namespaces;
  const subscriptions = Topics.flatMap((topic) =>
    topic.Subscriptions.map((each) => ({ ...each, Name: `${topic.Name}/${each.Name}` })),
  );
  const outside = [...Queues, ...Topics, ...subscriptions].flatMap(({ Name, Properties = {} }) =>
    Object.entries(Properties)
      .filter(([key, value]) =>
        key === 'MaxDeliveryCount' ? value > maxDeliveryCount : key in longest && seconds(key, value) > longest[key],
      )
      .map(([key, value]) => `${Name}: ${key} ${value} is above the limit`),
  );
  const misnamed = subscriptions.flatMap(({ Name, Rules = [] }) =>
    Rules.filter((rule) => !ruleName.test(rule.Name)).map((rule) => `${Name}: ${rule.Name} is no name of a rule`),
  );
  return [...outside, ...misnamed];
}

function seconds(key, duration) {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration);
  if (!parts)
    throw new Error(`${key}: ${duration} is no duration of days, hours, minutes and seconds, such as PT1M30S`);
  const [days, hours, minutes, rest] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60 + rest;
}

if (import.meta.main) {
  const [source, target] = process.argv.slice(2);
  if (!target) throw new Error('Say what to read and what to write: emulator-config.mjs Config.json capped.json');
  const config = withinEmulatorLimits(JSON.parse(readFileSync(source, 'utf8')));
  const problems = problemsOf(config);
  if (problems.length > 0) throw new Error(`Microsoft's emulator would refuse ${source}:\n${problems.join('\n')}`);
  writeFileSync(target, `${JSON.stringify(config, null, 2)}\n`);
}
