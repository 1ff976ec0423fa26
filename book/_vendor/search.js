// MiniSearch, the search in search.json, and Porter's stemmer, by which "diverges" is found under "diverged".
export { default as MiniSearch } from "minisearch";
export { stemmer } from "stemmer";
