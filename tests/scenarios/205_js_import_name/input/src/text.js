export function stripMarks(text) {
  return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
}

export function words(text) {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}
