/** The texts of media-chrome's own buttons, in the language of the page. */
import { setLanguage } from "media-chrome/utils/i18n";

/** Load the texts; needed before the first control is drawn. */
export async function speakPageLanguage(): Promise<void> {
  const language = document.documentElement.lang;
  if (!language.startsWith("zh")) {
    setLanguage("en");
    return;
  }
  await import("media-chrome/lang/zh-CN");
  setLanguage("zh-CN");
}
