import { render } from "preact";
import type { PageData } from "../page-data.js";
import { App } from "./app.js";
import "./style.css";

const data = JSON.parse(document.getElementById("page-data")?.textContent ?? "null") as PageData | null;
const root = document.getElementById("app");
if (root)
  render(
    data ? <App first={data} /> : <p class="empty">This page has no data: open a report that llava-eval wrote.</p>,
    root,
  );
