import { useEffect, useState } from "preact/hooks";
import type { PageData } from "../page-data.js";
import { forget } from "./chunks.js";
import { noteKept } from "./notes.js";
import { Overview } from "./overview.js";
import { useRoute } from "./route.js";
import { TaskView } from "./task-view.js";

const pollMs = 2000;

export function App({ first }: { first: PageData }) {
  const data = useLive(first);
  const [route, go] = useRoute();
  const [theme, setTheme] = useTheme();
  const task = data.tasks.find((one) => one.task === route.task);
  return (
    <div class="page">
      <header class="top">
        <button type="button" class="brand quiet" onClick={() => go({})}>
          llava-eval
        </button>
        <nav aria-label="Tasks">
          {data.tasks.map((one) => (
            <a
              key={one.task}
              href={`#task=${encodeURIComponent(one.task)}`}
              aria-current={one.task === route.task ? "page" : undefined}
            >
              {one.task}
            </a>
          ))}
        </nav>
        {data.live && (
          <span class="live" role="status">
            {data.runs.at(-1)?.status ?? ""}
          </span>
        )}
        <button
          type="button"
          class="quiet"
          onClick={() => setTheme(theme === "dark" ? "light" : "dark")}
          aria-label={`Switch to ${theme === "dark" ? "light" : "dark"} colours`}
        >
          {theme === "dark" ? "☀" : "☾"}
        </button>
      </header>
      {task ? (
        <TaskView key={task.task} data={data} task={task} route={route} go={go} />
      ) : (
        <Overview data={data} go={go} />
      )}
    </div>
  );
}

/** While the run goes on, the server is asked for what is new. */
function useLive(first: PageData): PageData {
  const [data, setData] = useState(first);
  useEffect(() => {
    const look = async () => {
      const response = await fetch("summary.json").catch(() => undefined);
      if (!response?.ok) return;
      const next = (await response.json()) as PageData;
      setData((before) => {
        for (const task of next.tasks) {
          const old = before.tasks.find((one) => one.task === task.task);
          if (old && old.states.join() !== task.states.join()) forget(task.task);
        }
        return next;
      });
    };
    // A note changes how many are noted.
    addEventListener(noteKept, look);
    const timer = first.live ? setInterval(look, pollMs) : undefined;
    return () => {
      clearInterval(timer);
      removeEventListener(noteKept, look);
    };
  }, []);
  return data;
}

function useTheme(): [string, (theme: string) => void] {
  const preferred = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const [theme, set] = useState(() => stored() ?? preferred);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return [
    theme,
    (next) => {
      set(next);
      try {
        localStorage.setItem("llava-eval-theme", next);
      } catch (error) {
        // Storage may be forbidden on disk: the choice lasts as long as the page.
        if (!(error instanceof DOMException)) throw error;
      }
    },
  ];
}

function stored(): string | undefined {
  try {
    return localStorage.getItem("llava-eval-theme") ?? undefined;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return undefined;
  }
}
