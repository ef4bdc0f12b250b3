import { useEffect, useRef, useState } from "preact/hooks";

const [smallest, largest] = [1, 16] as const;

/** An image over the whole window: the wheel and + - enlarge it, it is drawn along, 0 shows it whole, Esc closes. */
export function Zoom({ url, name, close }: { url: string; name: string; close(): void }) {
  const box = useRef<HTMLDialogElement>(null);
  const [view, setView] = useState({ scale: 1, x: 0, y: 0 });
  const held = useRef<{ readonly x: number; readonly y: number } | null>(null);
  useEffect(() => {
    box.current?.showModal();
  }, []);
  /** Keeps the point at x, y (from the middle of the window) where it is. */
  const enlarge = (by: number, x = 0, y = 0) =>
    setView((before) => {
      const scale = Math.min(largest, Math.max(smallest, before.scale * by));
      if (scale === 1) return { scale, x: 0, y: 0 };
      const factor = scale / before.scale;
      return { scale, x: x - (x - before.x) * factor, y: y - (y - before.y) * factor };
    });
  const move = (x: number, y: number) =>
    setView((before) => (before.scale === 1 ? before : { ...before, x: before.x + x, y: before.y + y }));
  const keys: Readonly<Record<string, () => void>> = {
    "+": () => enlarge(1.5),
    "=": () => enlarge(1.5),
    "-": () => enlarge(1 / 1.5),
    "0": () => setView({ scale: 1, x: 0, y: 0 }),
    ArrowLeft: () => move(80, 0),
    ArrowRight: () => move(-80, 0),
    ArrowUp: () => move(0, 80),
    ArrowDown: () => move(0, -80),
  };
  return (
    <dialog
      class="zoom"
      ref={box}
      aria-label={name}
      onClose={close}
      onKeyDown={(event) => {
        // The list behind it has keys of its own.
        event.stopPropagation();
        const act = keys[event.key];
        if (!act) return;
        event.preventDefault();
        act();
      }}
      onWheel={(event) => {
        event.preventDefault();
        const [x, y] = [event.clientX - innerWidth / 2, event.clientY - innerHeight / 2];
        enlarge(event.deltaY < 0 ? 1.25 : 1 / 1.25, x, y);
      }}
      onPointerDown={(event) => {
        held.current = { x: event.clientX, y: event.clientY };
      }}
      onPointerMove={(event) => {
        if (!held.current || event.buttons === 0) return;
        move(event.clientX - held.current.x, event.clientY - held.current.y);
        held.current = { x: event.clientX, y: event.clientY };
      }}
    >
      <img
        src={url}
        alt={name}
        draggable={false}
        style={{ transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale})` }}
        onDblClick={() => enlarge(view.scale > 1 ? 1 / view.scale : 3)}
      />
      <div class="zoom-bar">
        <button type="button" onClick={() => enlarge(1 / 1.5)} aria-label="Smaller (-)">
          −
        </button>
        <output>{Math.round(100 * view.scale)} %</output>
        <button type="button" onClick={() => enlarge(1.5)} aria-label="Larger (+)">
          +
        </button>
        <button type="button" onClick={() => box.current?.close()} aria-label="Close (Esc)">
          ✕
        </button>
      </div>
    </dialog>
  );
}
