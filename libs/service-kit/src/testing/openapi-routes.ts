import type { FuzzedRoute } from './fuzz-requests.js';
import type { ValueSchema } from './fuzz-values.js';

/** The parts of an OpenAPI document that requests are made from. */
export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema?: unknown }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: unknown }>> };
}

/** Every operation of the document, with the schemas of its query and its body. */
export function routesOf(document: OpenApiDocument): readonly FuzzedRoute[] {
  const schemas = document.components?.schemas ?? {};
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { parameters = [], requestBody }]) => {
      const asked = parameters.filter((parameter) => parameter.in === 'query');
      const [content] = Object.values(requestBody?.content ?? {});
      return {
        method: method.toUpperCase(),
        path,
        query: Object.fromEntries(asked.map(({ name, schema }) => [name, resolved(schema, schemas)])),
        ...(content && { body: resolved(content.schema, schemas) }),
      };
    }),
  );
}

/** With every reference replaced by what it stands for. */
function resolved(schema: unknown, schemas: Readonly<Record<string, unknown>>): ValueSchema {
  if (typeof schema !== 'object' || schema === null) return {};
  if (Array.isArray(schema)) return schema.map((part) => resolved(part, schemas)) as ValueSchema;
  const { $ref } = schema as { $ref?: string };
  if ($ref !== undefined) return resolved(schemas[$ref.split('/').at(-1) ?? ''], schemas);
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, typeof value === 'object' ? resolved(value, schemas) : value]),
  );
}
