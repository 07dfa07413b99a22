import { join } from 'node:path';
import type { AgentConfig } from './config.ts';
import type { AttemptName } from './job-log.ts';
import { keyOf } from './journal.ts';

/** Where an attempt has its bundle and its HOME; gone when it has ended. */
export const runFolder = (config: Pick<AgentConfig, 'stateDir'>, name: AttemptName): string => join(config.stateDir, 'runs', keyOf(name));
