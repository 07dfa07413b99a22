/**
 * A synchronous call between processes: its subject, what goes in, what comes back and who may make it. The rule is
 * part of the definition, so that a call without one cannot be written down.
 */
import type { z } from 'zod';
import type { Role } from './roles.ts';
import type { ServiceName } from './services.ts';

export type Access =
  /** No token: sign-in, and keys that are public. */
  | { readonly by: 'anyone' }
  /** Whoever is signed in, whatever his roles: it is about himself. `session`: in person, an API token will not do. */
  | { readonly by: 'person'; readonly with: 'session' | 'any'; /** What one needs to get at a second factor, where the installation asks for one. */ readonly evenWithoutFactor?: true }
  /** A person who runs the whole installation, in person. */
  | { readonly by: 'administrator' }
  /** A person with at least this role in the project that the call concerns; `session`: in person. */
  | { readonly by: 'member'; readonly role: Role; readonly with?: 'session' }
  /** These services, by their NATS permissions; no person. */
  | { readonly by: 'service'; readonly services: readonly ServiceName[] }
  /** An agent, on a subject that carries its own id, by its NATS permissions. */
  | { readonly by: 'agent' };

export type RequestDefinition<Input = unknown, Reply = unknown> = {
  readonly subject: string;
  readonly input: z.ZodType<Input>;
  readonly reply: z.ZodType<Reply>;
  readonly access: Access;
};

export const defineRequest = <Input, Reply>(definition: RequestDefinition<Input, Reply>): RequestDefinition<Input, Reply> => definition;
