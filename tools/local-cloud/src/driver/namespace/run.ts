import { execFile } from 'node:child_process';

/** Runs a program of the host and gives back what it printed; its own words are the error when it fails. */
export const run = (command: string, ...parameters: string[]): Promise<string> => runIn(process.env, command, ...parameters);

export const runIn = (env: NodeJS.ProcessEnv, command: string, ...parameters: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(command, parameters, { env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const reason = stderr.trim() || error.message;
      reject(new Error(`${command} ${parameters.join(' ')}: ${reason}`, { cause: error }));
    });
  });
