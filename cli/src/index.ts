/** The `citrus` command's door for tests: the program without the process around it. */
export {};
