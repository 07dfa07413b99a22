/** Whether only results and failures are wanted: `--quiet`. */

let isQuiet = false;

export const setQuiet = (quiet: boolean): void => {
  isQuiet = quiet;
};
export const wantsQuiet = (): boolean => isQuiet;
