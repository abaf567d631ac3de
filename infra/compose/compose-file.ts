import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Dependency {
  readonly condition: string;
  /** False for what is waited for only where it starts at all. */
  readonly required?: boolean;
}

export interface Service {
  readonly image: string;
  readonly build?: {
    readonly context: string;
    readonly target?: string;
    readonly args?: Readonly<Record<string, string>>;
  };
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly depends_on?: readonly string[] | Readonly<Record<string, Dependency>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly restart?: string;
  readonly init?: boolean;
  readonly entrypoint?: readonly string[];
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly cap_add?: readonly string[];
  readonly network_mode?: string;
  readonly pid?: string;
  readonly ipc?: string;
  readonly user?: string;
  readonly stop_grace_period?: string;
  readonly hostname?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** docker-compose.yml as YAML, with its anchors merged and its variables left as they are written. */
export function readCompose(root: string): ComposeFile {
  return parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as ComposeFile;
}

/** Built from this checkout. */
export const isOurs = ({ image }: Service): boolean => image.startsWith('orderflow/');

/** What a variable is where nobody sets it: `${TAG:-latest}` is `latest`. */
export const withDefaults = (text: string): string => text.replaceAll(/\$\{\w+:-([^{}]*)\}/g, '$1');
