/** `@Input()`: params, query and body, parsed by the route's own schemas. `@By()`: the visit that the gate let in. */
import { ContractViolation } from '@citrus/kit-domain';
import { parseAs } from '@citrus/kit-messaging';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { z } from 'zod';
import type { VisitedRequest } from './gate.ts';
import { isProjectScoped, ROUTE, type RouteDefinition } from './route.ts';

/** The gate has read `projectId`; the schemas, which refuse unknown fields, do not know it. */
const withoutProject = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { projectId: _read, ...rest } = value as Record<string, unknown>;
  return rest;
};

/**
 * What may be asked of a list stands in its address, so who misspells a filter is told which there are.
 * @throws ContractViolation
 */
const refuseUnknown = (route: RouteDefinition, query: unknown): void => {
  if (!(route.query instanceof z.ZodObject)) return;
  const known = [...Object.keys(route.query.shape), ...(isProjectScoped(route) ? ['projectId'] : [])];
  const unknown = Object.keys(query ?? {}).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const message = `is nothing that can be asked for here; there are ${known.toSorted().join(', ')}`;
  throw new ContractViolation(`The query is not valid: ${unknown.map((name) => `${name} ${message}`).join('; ')}`, unknown.map((path) => ({ path, message })));
};

export const inputOf = (route: RouteDefinition, request: { readonly params: unknown; readonly query: unknown; readonly body: unknown }) => {
  const taken = isProjectScoped(route) ? withoutProject : (value: unknown) => value;
  refuseUnknown(route, request.query);
  return {
    params: route.params && parseAs(route.params, request.params, 'The address'),
    query: route.query && parseAs(route.query, taken(request.query), 'The query'),
    body: route.body && parseAs(route.body, taken(request.body ?? {}), 'The request'),
  };
};

export const Input = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  inputOf(Reflect.getMetadata(ROUTE, context.getHandler()) as RouteDefinition, context.switchToHttp().getRequest<VisitedRequest>()),
);

export const By = createParamDecorator((_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest<VisitedRequest>().visit);
