/** `@Input()`: params, query and body, parsed by the route's own schemas. `@By()`: the visit that the gate let in. */
import { parseAs } from '@citrus/kit-messaging';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { VisitedRequest } from './gate.ts';
import { isProjectScoped, ROUTE, type RouteDefinition } from './route.ts';

/** The gate has read `projectId`; the schemas, which refuse unknown fields, do not know it. */
const withoutProject = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { projectId: _read, ...rest } = value as Record<string, unknown>;
  return rest;
};

export const inputOf = (route: RouteDefinition, request: { readonly params: unknown; readonly query: unknown; readonly body: unknown }) => {
  const taken = isProjectScoped(route) ? withoutProject : (value: unknown) => value;
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
