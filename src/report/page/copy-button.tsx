import { useEffect, useState } from "preact/hooks";
import { copyText } from "./export.js";

/** Says for a moment whether it is done. */
export function CopyButton({ label, text }: { label: string; text(): string }) {
  const [word, setWord] = useState(label);
  const copy = () =>
    copyText(text()).then(
      () => setWord("copied"),
      (error: Error) => setWord(error.message),
    );
  useEffect(() => {
    if (word === label) return;
    const timer = setTimeout(() => setWord(label), 2000);
    return () => clearTimeout(timer);
  }, [word]);
  return (
    <button type="button" class="quiet" onClick={() => void copy()} aria-live="polite">
      {word}
    </button>
  );
}
