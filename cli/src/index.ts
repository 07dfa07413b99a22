/** The package's door, for other programs of this checkout: the commands as commander knows them. */
export { EXIT } from './failure.ts';
export { createProgram } from './program.ts';
