import { goldenEvents } from '@citrus/kit-testing';
import { privateEvents } from './events.ts';

goldenEvents('agent-mgmt’s private events', privateEvents, new URL('../golden/', import.meta.url));
