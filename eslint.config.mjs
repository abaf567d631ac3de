import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/**
 * One transport of messaging is loaded dynamically, its core is not: they are one project, but not one module. So it is with
 * what opens transports in service-kit, for commands.
 */
const checkDynamicDependenciesExceptions = ['messaging', 'service-kit'].flatMap((name) => [
  `@orderflow/${name}`,
  `@orderflow/${name}/*`,
]);

/** Who may import whom: the table in docs/architecture.md, as a machine reads it. */
const boundaries = (depConstraints, allow = []) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    { enforceBuildableLibDependency: false, allow, checkDynamicDependenciesExceptions, depConstraints },
  ],
});

const only = (sourceTag, ...onlyDependOnLibsWithTags) => ({ sourceTag, onlyDependOnLibsWithTags });

const production = [
  only('scope:amqp', 'scope:amqp'),
  only('scope:contracts', 'scope:contracts'),
  only('scope:messaging', 'scope:messaging'),
  only('scope:http-guard', 'scope:http-guard'),
  only('scope:servicebus-emulator', 'scope:servicebus-emulator', 'scope:amqp', 'scope:http-guard'),
  only('scope:local-postgres', 'scope:local-postgres'),
  only('scope:service-kit', 'scope:service-kit', 'scope:messaging', 'scope:http-guard'),
  only('scope:cli', 'type:lib'),
  only('type:app', 'scope:contracts', 'scope:messaging', 'scope:service-kit', 'scope:http-guard'),
  only('type:e2e', 'type:lib'),
  only('type:bench', 'type:lib'),
  only('type:example', 'scope:messaging'),
];

/** A spec may also start a real broker and a real database. */
const tests = production.map(({ sourceTag, onlyDependOnLibsWithTags }) =>
  only(sourceTag, ...onlyDependOnLibsWithTags, 'scope:servicebus-emulator', 'scope:local-postgres'),
);

const noClock = {
  selector:
    "CallExpression[callee.object.name='Date'][callee.property.name='now'], NewExpression[callee.name='Date'][arguments.length=0], CallExpression[callee.object.name='Math'][callee.property.name='random'], CallExpression[callee.name=/^(setTimeout|setInterval|setImmediate)$/]",
  message: 'Pure code: time and randomness are parameters here.',
};

const noExportAll = { selector: 'ExportAllDeclaration', message: 'Name what you export.' };

const noTransport = {
  selector:
    ':matches(ImportDeclaration, ImportExpression)[source.value=/^@orderflow.messaging.(azure-service-bus|memory|rabbitmq)$/]',
  message: "Only service-kit's load-transport.ts names a transport.",
};

const noBrokerClient = {
  selector: ':matches(ImportDeclaration, ImportExpression)[source.value=/^(@azure.service-bus|amqplib)$/]',
  message: 'Brokers are reached through the interfaces of @orderflow/messaging, which each transport implements.',
};

/** What a forgotten `await` or an unhandled case would break; the type checker finds it. */
const typeAware = {
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: {
    '@typescript-eslint/await-thenable': 'error',
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    curly: ['error', 'multi-line'],
  },
};

export default tseslint.config(
  { ignores: ['**/dist', '**/out-tsc', '**/*.mjs', '!tools/*.mjs', '**/node_modules'] },
  ...tseslint.configs.recommended,
  { files: ['**/*.ts', 'tools/*.mjs'], ...typeAware },
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { emitDecoratorMetadata: true, experimentalDecorators: true } },
    rules: {
      ...boundaries(production),
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-depth': ['error', 4],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': ['error', noExportAll],
    },
  },
  {
    files: ['apps/cli/src/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['apps/{cli,order-api,*-worker}/src/**/*.ts', 'libs/service-kit/src/**/*.ts'],
    ignores: ['**/*.spec.ts', 'libs/service-kit/src/messaging/load-transport.ts'],
    rules: { 'no-restricted-syntax': ['error', noExportAll, noTransport, noBrokerClient] },
  },
  {
    files: ['libs/service-kit/src/**/*.ts'],
    ignores: ['**/*.spec.ts', 'libs/service-kit/src/telemetry/export-spans.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^@opentelemetry/(?!api$)',
              allowTypeImports: true,
              message: 'The SDK is loaded by export-spans.ts alone, where spans are wanted.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.spec.ts', '**/test/**/*.ts', '**/testing/**/*.ts', 'e2e/**/*.ts', 'bench/**/*.ts'],
    rules: { ...boundaries(tests), 'max-lines-per-function': 'off', 'no-console': 'off' },
  },
  {
    // What stands on a page for users imports the package as they do.
    files: ['libs/messaging/test/{adapters,examples}/*.ts'],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    // Benchmarks put messages into the broker past its ports.
    files: ['bench/**/*.ts'],
    rules: boundaries(production, ['../../libs/servicebus-emulator/src/codec/**']),
  },
  {
    files: ['libs/amqp/src/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/testing/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?!node:buffer$|\\.)', message: 'The engine imports node:buffer and itself only.' }] },
      ],
    },
  },
  {
    files: [
      'libs/amqp/src/**/*.ts',
      'libs/servicebus-emulator/src/entities/**/*.ts',
      'libs/messaging/src/retry/**/*.ts',
    ],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-syntax': ['error', noClock] },
  },
  {
    files: ['libs/servicebus-emulator/src/**/*.ts'],
    ignores: ['libs/servicebus-emulator/src/amqp/**', '**/*.spec.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [{ name: '@orderflow/amqp', message: 'Only amqp/ speaks AMQP.' }] }],
    },
  },
  {
    files: ['libs/servicebus-emulator/src/amqp/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/testing/**'],
    rules: {
      'no-restricted-imports': ['error', { paths: [{ name: 'rhea', message: 'A client for tests. See libs/amqp.' }] }],
    },
  },
  {
    files: ['libs/messaging/src/**/*.ts'],
    ignores: ['libs/messaging/src/{transports,nest,opentelemetry,postgres}/**', '**/*.spec.ts', '**/testing/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?!node:|\\.)', message: 'The core of messaging imports node: and itself only.' }] },
      ],
    },
  },
);
