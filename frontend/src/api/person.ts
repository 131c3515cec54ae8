/** The account that this page was made for; empty for none. What a browser keeps of one of them is not for another. */
export function personOfPage(): string {
  return document.body.dataset["person"] ?? "";
}
