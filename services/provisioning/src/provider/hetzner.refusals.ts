/**
 * What Hetzner Cloud's refusals mean, in words for the person who asked. Errors are told by their code (the table
 * "Errors" in docs.hetzner.cloud; hcloud-go@b8cfa39d, error.go), messages only say which argument was wrong.
 */
import { z } from 'zod';
import { plainText, type Answer } from './cloud-client.ts';
import { BegunAnswer, ServerAnswer } from './hetzner.wire.ts';
import type { ActOutcome, CreateOutcome, MachineAction, MachineSpec } from './provider.port.ts';

const ErrorBody = z.object({ error: z.object({ code: z.string(), message: z.string(), details: z.unknown().optional() }) });
const FieldDetails = z.object({ fields: z.array(z.object({ name: z.string() })) });

const SOON_MS = 10_000;
const LATER_MS = 30_000;
const BUSY_MS = 5000;

export type Problem = { readonly code: string; readonly message: string; readonly fields: readonly string[] };

/** Proxies before the service answer with HTML; then there is no code. */
export const problemOf = (body: unknown): Problem => {
  const parsed = ErrorBody.safeParse(body);
  if (!parsed.success) return { code: '', message: '', fields: [] };
  const { code, message, details } = parsed.data.error;
  return { code, message: plainText(message), fields: FieldDetails.safeParse(details).data?.fields.map(({ name }) => name) ?? [] };
};

/** A proxy has pages for 404, too; only the service knows what it does not have. */
export const isAbsent = ({ status, body }: Answer): boolean => status === 404 && problemOf(body).code === 'not_found';

/** These answers say that nothing was done; any other error leaves it open. */
const isRefusal = (status: number): boolean => (status >= 400 && status < 500 && status !== 408) || status === 501;

export const UNAUTHORIZED = 'The cloud does not accept its credential. Check the API token.';
export const READ_ONLY = 'The cloud’s credential may not change anything. Make an API token with the right to read and write.';

const ARGUMENTS = ['server_type', 'location', 'image', 'ssh_keys', 'networks', 'user_data'] as const;
type Argument = (typeof ARGUMENTS)[number];

const wrongArgument = ({ fields, message }: Problem): Argument | undefined =>
  ARGUMENTS.find((argument) => fields.some((field) => field.startsWith(argument))) ?? ARGUMENTS.find((argument) => new RegExp(argument.replace(/s$/, '').replace('_', '[ _-]'), 'i').test(message));

type Rejected = Extract<CreateOutcome, { type: 'rejected' }>;
const rejected = (code: string, reason: string, retryAfterMs: number | null = null): Rejected => ({ type: 'rejected', code, reason, retryAfterMs });

const invalid = (problem: Problem, spec: MachineSpec): Rejected => {
  switch (wrongArgument(problem)) {
    case 'server_type': return rejected('size.unknown', `The cloud has no size named ${spec.size}, or not in the region ${spec.region}.`);
    case 'location': return rejected('region.unknown', `The cloud has no region named ${spec.region}.`);
    case 'image': return rejected('image.unknown', `The cloud has no image named ${spec.image} for the size ${spec.size}.`);
    case 'ssh_keys': return rejected('ssh_key.unknown', 'The cloud does not know one of the SSH keys.');
    case 'networks': return rejected('network.unknown', 'The cloud does not know the private network.');
    case 'user_data': return rejected('user_data.too_long', 'The user data is longer than the cloud takes.');
    case undefined: return rejected('cloud.refused', `The cloud refused the server: ${problem.message || 'it gave no reason'}`);
  }
};

/** Undefined: the answer does not say whether a server was made. `uniqueness_error` is not for here: somebody has to look. */
export const refusalOf = ({ status, body }: Answer, spec: MachineSpec): Rejected | undefined => {
  if (!isRefusal(status)) return undefined;
  const problem = problemOf(body);
  switch (problem.code) {
    case 'unauthorized': return rejected('cloud.unauthorized', UNAUTHORIZED);
    case 'token_readonly': case 'forbidden': return rejected('cloud.forbidden', READ_ONLY);
    case 'rate_limit_exceeded': return rejected('cloud.rate_limited', 'The cloud takes no more requests at the moment.', SOON_MS);
    case 'resource_limit_exceeded': return rejected('account.droplet_limit', 'The project’s limit of servers is reached.', LATER_MS);
    case 'resource_unavailable': case 'placement_error': return rejected('region.unavailable', `The region ${spec.region} has no room for the size ${spec.size} at the moment.`, LATER_MS);
    case 'conflict': case 'locked': return rejected('cloud.busy', `The cloud is busy: ${problem.message}`, SOON_MS);
    case 'invalid_input': case 'not_found': case 'invalid_server_type': case 'unsupported_error': return invalid(problem, spec);
    default: return byStatus(status, problem);
  }
};

const byStatus = (status: number, { message }: Problem): Rejected => {
  if (status === 401) return rejected('cloud.unauthorized', UNAUTHORIZED);
  if (status === 403) return rejected('cloud.forbidden', READ_ONLY);
  if (status === 429) return rejected('cloud.rate_limited', 'The cloud takes no more requests at the moment.', SOON_MS);
  return rejected('cloud.refused', `The cloud refused the server: ${message || `status ${status}`}`);
};

const refused = (code: string, reason: string): ActOutcome => ({ type: 'rejected', code, reason });

/** A rename answers the server instead of an action: it is done. */
export const actOutcomeOf = (answer: Answer, action: MachineAction): ActOutcome => {
  const { status, body } = answer;
  if (status >= 200 && status < 300) {
    if (action.type === 'rename' && ServerAnswer.safeParse(body).success) return { type: 'started' };
    const begun = BegunAnswer.safeParse(body);
    return begun.success ? { type: 'started', opRef: begun.data.action.id } : { type: 'unknown', reason: `The cloud answered ${status} with something unreadable.` };
  }
  return isRefusal(status) ? actRefusal(answer, action) : { type: 'unknown', reason: `The cloud answered ${status}.` };
};

const actRefusal = ({ status, body }: Answer, action: MachineAction): ActOutcome => {
  const problem = problemOf(body);
  switch (problem.code) {
    case 'locked': case 'conflict': return { type: 'busy', retryAfterMs: BUSY_MS, reason: 'Another action of the server is in progress.' };
    case 'rate_limit_exceeded': return { type: 'busy', retryAfterMs: SOON_MS, reason: 'The cloud takes no more requests at the moment.' };
    case 'unauthorized': return refused('cloud.unauthorized', UNAUTHORIZED);
    case 'token_readonly': case 'forbidden': return refused('cloud.forbidden', READ_ONLY);
    case 'server_not_stopped': return refused('machine.not_off', 'The server is running. Power it off first.');
    case 'uniqueness_error': return refused('name.taken', 'Another server of the project has this name.');
    case 'protected': return refused('machine.protected', 'The cloud protects the server from this. Remove its protection in the cloud first.');
    case 'resource_unavailable': case 'placement_error': return refused('size.unavailable', 'The region has no room for this at the moment. Try again later.');
    case 'resource_limit_exceeded': return refused('account.limit', `A limit of the project is reached: ${problem.message}`);
    case 'not_found': return wrongArgumentOf(action, problem) ?? { type: 'absent' };
    default: return status === 404 ? { type: 'unknown', reason: 'The cloud answered 404 with something unreadable.' } : status === 429 ? { type: 'busy', retryAfterMs: SOON_MS, reason: 'The cloud takes no more requests at the moment.' } : (wrongArgumentOf(action, problem) ?? refused('cloud.refused', `The cloud refused it: ${problem.message || `status ${status}`}`));
  }
};

const wrongArgumentOf = (action: MachineAction, problem: Problem): ActOutcome | undefined => {
  const argument = wrongArgument(problem);
  if (action.type === 'resize' && (argument === 'server_type' || problem.code === 'invalid_server_type')) return refused('size.unknown', `The cloud cannot make the server the size ${action.size}: ${problem.message}`);
  if (action.type === 'rebuild' && argument === 'image') return refused('image.unknown', `The cloud has no image named ${action.image} for this server.`);
  if (action.type === 'restore' && argument === 'image') return refused('snapshot.unknown', 'The cloud has no such snapshot.');
  return undefined;
};
