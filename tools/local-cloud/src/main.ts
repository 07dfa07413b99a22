import { pino } from 'pino';
import { readEnvironment } from './config.ts';
import { startLocalCloud } from './local-cloud.ts';

/** The local cloud as a program: see README.md for its environment. SIGTERM and SIGINT shut its droplets down. */
const main = async (): Promise<void> => {
  const { logLevel, ...options } = readEnvironment(process.env);
  const logger = pino({ name: 'local-cloud', level: logLevel });
  const cloud = await startLocalCloud({ ...options, logger });
  const stop = () => {
    // a second Ctrl-C must not leave half of it behind
    process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT').on('SIGTERM', () => {}).on('SIGINT', () => {});
    void cloud.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, 'the local cloud could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
};

main().catch((error: unknown) => {
  process.stderr.write(`The local cloud did not start: ${(error as Error).message}\n`);
  process.exit(1);
});
