import type { AuthorizationRule } from '../entities/authorization-rule.js';
import type { Topology } from '../topology/index.js';

/** The key every namespace has, as Microsoft's emulator has it, unless the topology gives it another value. */
const ROOT_RULE: AuthorizationRule = {
  keyName: 'RootManageSharedAccessKey',
  primaryKey: 'SAS_KEY_VALUE',
  secondaryKey: undefined,
  rights: ['Manage', 'Send', 'Listen'],
};

/** The keys that open a whole namespace, the root key first. */
export function namespaceRules(topology: Topology | undefined): readonly [AuthorizationRule, ...AuthorizationRule[]] {
  const rules = topology?.authorizationRules ?? [];
  const root = rules.find(({ keyName }) => keyName === ROOT_RULE.keyName) ?? ROOT_RULE;
  return [root, ...rules.filter((rule) => rule !== root)];
}
