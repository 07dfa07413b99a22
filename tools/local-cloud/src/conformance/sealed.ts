import { type Official, type Schema } from './document.ts';

/**
 * The document closes no object, so any word could be sent or answered and nobody would notice a typo. Here every object
 * that names its properties takes no others; where the document says nothing of properties, anything goes.
 */
const unions = ['allOf', 'anyOf', 'oneOf'] as const;

/** The schema and all below it, sealed. */
export const seal = (schema: Schema, components: Official['components']): Schema => {
  const inner = sealInside(schema, components);
  return namesProperties(schema, components) ? { ...inner, unevaluatedProperties: false } : inner;
};

/** Parts of a union must not be sealed one by one: each knows only some of the properties. */
export const sealInside = (schema: Schema, components: Official['components']): Schema => {
  const sealed: Schema = { ...schema };
  const properties = schema['properties'] as Record<string, Schema> | undefined;
  if (properties) sealed['properties'] = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, seal(one, components)]));
  if (isSchema(schema['items'])) sealed['items'] = seal(schema['items'], components);
  if (isSchema(schema['additionalProperties'])) sealed['additionalProperties'] = seal(schema['additionalProperties'], components);
  for (const union of unions) {
    const parts = schema[union] as Schema[] | undefined;
    if (parts) sealed[union] = parts.map((part) => sealInside(part, components));
  }
  return sealed;
};

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null;

const namesProperties = (schema: Schema, components: Official['components']): boolean => {
  if ('additionalProperties' in schema) return false;
  if ('properties' in schema) return true;
  const { $ref } = schema as { $ref?: string };
  if ($ref !== undefined) {
    const named = components.schemas[$ref.slice('#/components/schemas/'.length)];
    return named !== undefined && namesProperties(named, components);
  }
  return unions.some((union) => ((schema[union] as Schema[] | undefined) ?? []).some((part) => namesProperties(part, components)));
};
