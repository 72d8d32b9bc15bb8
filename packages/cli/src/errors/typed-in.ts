/** The source of credentials that were just typed, or given to `login`. */
export const typedIn = "this command line";
