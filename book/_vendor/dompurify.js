// DOMPurify, which removes from foreign HTML and SVG everything that could run.
export { default } from "dompurify";
