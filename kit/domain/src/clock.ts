/** Now, as something that can be passed in. */
export type Clock = () => Date;
