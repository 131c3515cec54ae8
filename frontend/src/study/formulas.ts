/**
 * Formulas of a study guide: the server leaves TeX in `code.math`, and here it is drawn. What draws it is loaded where
 * there is a formula, and what draws chemistry where there is some.
 */

/** Draw every formula below `root` that is not drawn yet; one that cannot be read keeps its TeX and says why. */
export async function renderFormulas(root: ParentNode): Promise<void> {
  const found = [...root.querySelectorAll<HTMLElement>("code.math:not([data-tex])")];
  if (!found.length) return;
  const { drawFormulas } = await import("./katex");
  await drawFormulas(found);
}
