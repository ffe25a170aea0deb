import { stripMarks, words } from "./text.js";

/** A short name for addresses: "Crème brûlée" becomes "creme-brulee". */
export function slug(title, limit = 40) {
  const parts = [];
  let length = 0;
  for (const word of words(stripMarks(title))) {
    if (length + word.length > limit) break;
    parts.push(word);
    length += word.length + 1;
  }
  return parts.join("-");
}
