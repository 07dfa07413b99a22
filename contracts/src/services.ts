import { z } from 'zod';

/** The five services, as they are named in subjects, databases, credentials and health answers. */
export const ServiceName = z.enum(['auth', 'provisioning', 'agent-mgmt', 'hub', 'metrics']);
export type ServiceName = z.infer<typeof ServiceName>;

/** Services that own facts and so have a log of their own. */
export const LoggedService = z.enum(['auth', 'provisioning', 'agent-mgmt', 'metrics']);
export type LoggedService = z.infer<typeof LoggedService>;
export const LOGGED_SERVICES = LoggedService.options;
