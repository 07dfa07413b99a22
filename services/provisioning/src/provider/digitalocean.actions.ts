/** What is done with a droplet that is there, in the words of DigitalOcean's v2 API, and what its answers mean. */
import { isAbsent, messageOf } from './digitalocean.refusals.ts';
import { ACTION_WORDS, BegunAnswer } from './digitalocean.wire.ts';
import type { Answer } from './cloud-client.ts';
import type { ActOutcome, MachineAction } from './provider.port.ts';

const BUSY_MS = 5000;
const LIMITED_MS = 10_000;

/** Snapshots are images, and theirs are numbers. */
const imageOf = (ref: string): number | string => (/^\d{1,15}$/.test(ref) ? Number(ref) : ref);

export const actionBody = (action: MachineAction): Record<string, unknown> => {
  const type = ACTION_WORDS[action.type];
  switch (action.type) {
    case 'resize': return { type, size: action.size, disk: action.withDisk };
    case 'rename': case 'snapshot': return { type, name: action.name };
    case 'rebuild': return { type, image: imageOf(action.image) };
    case 'restore': return { type, image: imageOf(action.snapshotRef) };
    case 'power-on': case 'power-off': case 'shutdown': case 'reboot': case 'power-cycle': case 'enable-backups': case 'disable-backups': return { type };
  }
};

const rejected = (code: string, reason: string): ActOutcome => ({ type: 'rejected', code, reason });
const busy = (reason: string, retryAfterMs = BUSY_MS): ActOutcome => ({ type: 'busy', retryAfterMs, reason });

/** Only the message says what is wrong. */
const unprocessable = (message: string, action: MachineAction): ActOutcome => {
  if (/pending event|please try again/i.test(message)) return busy('Another action of the droplet is in progress.');
  const isSo = (/backups are already enabled/i.test(message) && action.type === 'enable-backups') || (/backups are not enabled/i.test(message) && action.type === 'disable-backups') || (/already has that size/i.test(message) && action.type === 'resize');
  const isThere = isSo || (/already powered off/i.test(message) && (action.type === 'power-off' || action.type === 'shutdown')) || (/already powered on/i.test(message) && action.type === 'power-on');
  if (isThere) return { type: 'started' };
  if (/already powered off|is powered off|not running/i.test(message)) return rejected('machine.is_off', 'The droplet is off. Power it on first.');
  if (/power(ed)? off/i.test(message)) return rejected('machine.not_off', 'The droplet is running. Power it off first.');
  if (action.type === 'resize' && /size/i.test(message)) return rejected('size.unknown', `The cloud cannot make the droplet the size ${action.size}: ${message}`);
  if (action.type === 'rebuild' && /image/i.test(message)) return rejected('image.unknown', `The cloud has no image named ${action.image}.`);
  if (action.type === 'restore' && /image|snapshot|backup/i.test(message)) return rejected('snapshot.unknown', 'The cloud has no such snapshot of the droplet.');
  return rejected('cloud.refused', `The cloud refused it: ${message || 'it gave no reason'}`);
};

export const actOutcomeOf = (answer: Answer, action: MachineAction): ActOutcome => {
  const { status, body } = answer;
  if (isAbsent(answer)) return { type: 'absent' };
  if (status >= 200 && status < 300) {
    const begun = BegunAnswer.safeParse(body);
    return begun.success ? { type: 'started', opRef: begun.data.action.id } : { type: 'unknown', reason: `The cloud answered ${status} with something unreadable.` };
  }
  switch (status) {
    case 401: return rejected('cloud.unauthorized', 'The cloud does not accept its credential. Check the API token.');
    case 403: return rejected('cloud.forbidden', 'The cloud’s credential may not change droplets. Give the API token that right.');
    case 422: return unprocessable(messageOf(body), action);
    case 429: return busy('The cloud takes no more requests at the moment.', LIMITED_MS);
    case 400: case 405: case 409: case 410: case 413: case 415: return rejected('cloud.refused', `The cloud refused it: ${messageOf(body) || `status ${status}`}`);
    default: return { type: 'unknown', reason: `The cloud answered ${status}.` };
  }
};
