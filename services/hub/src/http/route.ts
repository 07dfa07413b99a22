/**
 * A route is data: method, path, who may, what goes in, what comes out. `@Route` makes it a handler, the gate enforces
 * its rule, the OpenAPI document is made from it, and a handler without one stops the process at start.
 */
import type { Role } from '@citrus/contracts';
import { applyDecorators, HttpCode, RequestMapping, RequestMethod, SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

export type Rule =
  /** No sign-in; `because` is for the reader of the rule table. */
  | { readonly by: 'anyone'; readonly because: string }
  /** Whoever is signed in, about himself; `session`: in person, an API token will not do. */
  | { readonly by: 'person'; readonly with: 'session' | 'any'; /** What one needs to get at a second factor, where the installation asks for one. */ readonly evenWithoutFactor?: true }
  /** Who runs the whole installation, in person. */
  | { readonly by: 'administrator' }
  /** A role in the project that the call is about, or in any project; `session`: in person. */
  | { readonly by: 'member'; readonly role: Role; readonly scope: 'project' | 'any'; readonly with?: 'session' };

export const anyone = (because: string): Rule => ({ by: 'anyone', because });
export const person = (by: 'session' | 'any'): Rule => ({ by: 'person', with: by });
/** Also by a sign-in that must show a second factor first. */
export const evenWithoutFactor = (rule: Rule): Rule => (rule.by === 'person' ? { ...rule, evenWithoutFactor: true } : rule);
export const administrator: Rule = { by: 'administrator' };
export const memberOfProject = (role: Role): Extract<Rule, { by: 'member' }> => ({ by: 'member', role, scope: 'project' });
/** Who is in a project is managed by people, not by their programs. */
export const inPerson = (rule: Extract<Rule, { by: 'member' }>): Rule => ({ ...rule, with: 'session' });
export const memberAnywhere = (role: Role): Extract<Rule, { by: 'member' }> => ({ by: 'member', role, scope: 'any' });

export type RouteDefinition = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly summary: string;
  readonly rule: Rule;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly reply?: z.ZodType;
  /** Media type of the reply; JSON if left out. */
  readonly produces?: string;
  readonly status?: number;
  /** Attempts by address are counted: signing in and enrolling can be tried by anyone. */
  readonly isLimited?: boolean;
  /**
   * For machines, of which hundreds may share one address: attempts are counted by what each of them comes with, and by
   * address only so that nobody keeps the system busy.
   */
  readonly limitedBy?: (body: unknown) => string | undefined;
  /** This service tells the audit itself how it ended, because it alone knows who it was. */
  readonly auditedBy?: 'auth';
  /** Asked again and again, and nothing in it is secret: answered with an ETag, and 304 to who has it. */
  readonly isTagged?: true;
  /** A question whose parts do not fit into an address: for the audit it is reading. */
  readonly changesNothing?: true;
};

/** A project-scoped route takes `projectId` in query or body without declaring it; see the gate. */
export const isProjectScoped = ({ rule }: RouteDefinition): boolean => rule.by === 'member' && rule.scope === 'project';

type Parsed<Route, Part extends 'params' | 'query' | 'body'> = Route extends { readonly [key in Part]: infer Schema extends z.ZodType } ? z.infer<Schema> : undefined;
export type InputOf<Route> = { readonly params: Parsed<Route, 'params'>; readonly query: Parsed<Route, 'query'>; readonly body: Parsed<Route, 'body'> };

export const defineRoute = <const Definition extends RouteDefinition>(definition: Definition): Definition => definition;

export const ROUTE = Symbol('Route');

export const Route = (definition: RouteDefinition): MethodDecorator =>
  applyDecorators(
    RequestMapping({ method: RequestMethod[definition.method], path: definition.path }),
    HttpCode(definition.status ?? 200),
    SetMetadata(ROUTE, definition),
  );
