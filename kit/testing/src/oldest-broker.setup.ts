/** Has every nats-server of a test file be the oldest that we support, where it can be had. */
import { natsVersions } from '@citrus/kit-embedded';

const oldest = (await natsVersions()).at(-1);
if (oldest) process.env['NATS_SERVER_BIN'] = oldest.binary;
