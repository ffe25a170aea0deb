/** Writes sorted page numbers as "1-3, 7". */
function compact(pages) {
  const parts = [];
  let start = 0;
  for (let at = 1; at <= pages.length; at++) {
    if (at === pages.length || pages[at] !== pages[at - 1] + 1) {
      parts.push(span(pages[start], pages[at - 1]));
      start = at;
    }
  }
  return parts.join(", ");
}

function span(first, last) {
  return first === last ? `${first}` : `${first}-${last}`;
}

module.exports = { compact };
