// How much one run of one cell may show. More would freeze the page long before anybody had read it.
export const TEXT = 100_000; // characters of printed text
export const ITEMS = 200; // tables, pictures and pieces of text
export const RICH = 4_000_000; // characters of one table or picture

// The worker sends at once until it has sent this many messages within the window, then collects until the window ends.
export const BURST = 40;
export const WINDOW = 60; // milliseconds
