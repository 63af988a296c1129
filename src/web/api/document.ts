/** The OpenAPI 3.1 document, made from the schemas by which the router checks. */
import { z } from 'zod';

import type { Endpoint } from './endpoint.ts';
import { problem } from './shapes.ts';

type Json = Record<string, unknown>;

const REFS = '#/components/schemas/';

/** Each schema as JSON Schema 2020-12; what has a name is kept once, in `named`. */
function schemaOf(type: z.ZodType, io: 'input' | 'output', named: Map<string, Json>): Json {
  const {
    $schema: _,
    $defs,
    ...schema
  } = z.toJSONSchema(type, {
    target: 'draft-2020-12',
    io,
    unrepresentable: 'any',
    cycles: 'ref',
    reused: 'inline',
  }) as Json & { $defs?: Record<string, Json> };
  for (const [name, definition] of Object.entries($defs ?? {})) named.set(name, point(definition));
  return point(schema);
}

/** References into a schema of its own become references into the document. */
function point<T>(value: T): T {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', `"${REFS}`)) as T;
}

function parametersOf(shape: z.ZodObject | undefined, where: 'path' | 'query', named: Map<string, Json>) {
  if (!shape) return [];
  const { properties = {}, required = [] } = schemaOf(shape, 'input', named) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

const failure = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: { $ref: `${REFS}Problem` } } },
});

export function openApiOf(endpoints: readonly Endpoint[], server: string): Json {
  const named = new Map<string, Json>();
  schemaOf(z.object({ problem }), 'output', named);
  const paths: Record<string, Json> = {};
  for (const one of endpoints) {
    const parameters = [
      ...parametersOf(one.params, 'path', named),
      ...parametersOf(one.query, 'query', named),
    ];
    const result = schemaOf(z.object({ result: one.result }), 'output', named) as {
      properties?: Record<string, Json>;
    };
    paths[one.path] = {
      ...paths[one.path],
      [one.method]: {
        operationId: one.id,
        summary: one.summary,
        security: [{ token: [one.needs] }],
        ...(parameters.length > 0 ? { parameters } : {}),
        ...(one.body
          ? {
              requestBody: {
                required: true,
                content: { 'application/json': { schema: schemaOf(one.body, 'input', named) } },
              },
            }
          : {}),
        responses: {
          [one.status ?? 200]: {
            description: one.summary,
            content: { 'application/json': { schema: result.properties?.result ?? {} } },
          },
          400: failure('The request is not understood'),
          401: failure('No key, or one that does not work'),
          ...(one.needs === 'write' ? { 403: failure('The key may only read') } : {}),
          404: failure('Not there, or not in the scope of the key'),
          ...(one.needs === 'write' ? { 409: failure('It does not fit, or is decided already') } : {}),
          429: failure('Too many requests'),
        },
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: '微课 weike',
      version: '1',
      description: 'Lessons, groups, schedules, deliveries and what members did.',
    },
    servers: [{ url: server }],
    paths,
    components: {
      schemas: Object.fromEntries([...named].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}
