/** Numbers about fewer persons are never told apart (S3): somebody could guess who they are. */
export const FEWEST_PERSONS = 5

/** How far back what came of scripts is looked at, today included. */
export const SCRIPT_STATS_DAYS = 90
