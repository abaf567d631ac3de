import type { MessageView } from '../codec/message-view.js';
import {
  type CompiledAction,
  type CompiledFilter,
  compileAction,
  compileFilter,
  type Filter,
  type MessageChanges,
  type NewId,
  type Rule,
} from '../rules/index.js';
import { BrokerError, entityNotFound } from './errors.js';

interface CompiledRule {
  readonly rule: Rule;
  readonly createdAt: number;
  readonly matches: CompiledFilter;
  readonly change: CompiledAction | undefined;
}

/** A copy of a message that a subscription gets; `changed` when a rule with an action asked for it. */
export interface RuleMatch {
  readonly changed: { readonly ruleName: string; readonly changes: MessageChanges } | undefined;
}

/** The rules of a subscription, compiled once. Names are case-insensitive. */
export class RuleSet {
  readonly #path: string;
  readonly #rules = new Map<string, CompiledRule>();
  readonly #counts: Record<Filter['kind'], number> = { sql: 0, correlation: 0, true: 0, false: 0 };

  constructor(path: string) {
    this.#path = path;
  }

  get size(): number {
    return this.#rules.size;
  }

  /** How many filters there are of a kind. */
  count(kind: Filter['kind']): number {
    return this.#counts[kind];
  }

  /** The rules in the order in which they were added. */
  list(): readonly { readonly rule: Rule; readonly createdAt: number }[] {
    return [...this.#rules.values()];
  }

  get(name: string): Rule | undefined {
    return this.#rules.get(name.toLowerCase())?.rule;
  }

  has(name: string): boolean {
    return this.#rules.has(name.toLowerCase());
  }

  /** @throws BrokerError when the name is taken. @throws RuleSyntaxError */
  add(rule: Rule, now: number): void {
    if (this.has(rule.name)) {
      throw new BrokerError(
        'com.microsoft:entity-already-exists',
        `The messaging entity '${this.#path}/Rules/${rule.name}' already exists.`,
      );
    }
    this.put(rule, now);
  }

  /** Adds a rule or replaces the one of its name. */
  put(rule: Rule, now: number): void {
    const name = rule.name.toLowerCase();
    const replaced = this.#rules.get(name);
    this.#rules.set(name, {
      rule,
      createdAt: replaced?.createdAt ?? now,
      matches: compileFilter(rule.filter),
      change: rule.action && compileAction(rule.action),
    });
    if (replaced) this.#counts[replaced.rule.filter.kind]--;
    this.#counts[rule.filter.kind]++;
  }

  /** @throws BrokerError when there is no such rule */
  remove(name: string): void {
    const rule = this.get(name);
    if (!rule) throw entityNotFound(`${this.#path}/Rules/${name}`);
    this.#rules.delete(name.toLowerCase());
    this.#counts[rule.filter.kind]--;
  }

  /**
   * The copies of a message this subscription gets: one for all matching rules without an action together, one for
   * each matching rule with an action.
   * @throws FilterError when a rule cannot be evaluated on this message
   */
  match(view: MessageView, newId: NewId): readonly RuleMatch[] {
    const matches: RuleMatch[] = [];
    let plain = false;
    for (const { rule, matches: filter, change } of this.#rules.values()) {
      if ((plain && !change) || !filter(view, newId)) continue;
      if (change) matches.push({ changed: { ruleName: rule.name, changes: change(view, newId) } });
      else plain = true;
    }
    return plain ? [{ changed: undefined }, ...matches] : matches;
  }
}
