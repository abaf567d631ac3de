/** One instruction of a Dockerfile, on one line. */
export interface Instruction {
  /** In capitals: `RUN`, `COPY`. */
  readonly name: string;
  readonly rest: string;
}

export interface Stage {
  /** What follows AS; undefined for the last stage. */
  readonly name: string | undefined;
  /** An image, or the name of an earlier stage. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

export interface Dockerfile {
  /** Arguments before the first stage, with their defaults. */
  readonly args: Readonly<Record<string, string>>;
  readonly stages: readonly Stage[];
}

/** Reads a Dockerfile's stages. Continued lines become one; comments and empty lines are left out. */
export function parseDockerfile(text: string): Dockerfile {
  const lines = text
    .split('\n')
    .filter((line) => !/^\s*(#|$)/.test(line))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  const args: Record<string, string> = {};
  const stages: { name: string | undefined; from: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^\s*(\w+)\s+(.*)$/.exec(line) ?? [];
    const stage = stages.at(-1);
    if (name.toUpperCase() === 'FROM') {
      const [, from = '', as] = /^(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest) ?? [];
      stages.push({ name: as, from, instructions: [] });
    } else if (stage) {
      stage.instructions.push({ name: name.toUpperCase(), rest });
    } else {
      const [key = '', value = ''] = rest.split('=');
      args[key] = value;
    }
  }
  return { args, stages };
}

/** Every instruction that made an image of a stage: its own after those of the stages it is built from. */
export function historyOf({ stages }: Dockerfile, stage: Stage): readonly Instruction[] {
  const base = stages.find(({ name }) => name !== undefined && name === stage.from);
  return [...(base ? historyOf({ args: {}, stages }, base) : []), ...stage.instructions];
}
