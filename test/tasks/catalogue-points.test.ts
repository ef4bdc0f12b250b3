/** Points on screens: in fractions as asked for, in pixels, in thousandths, and forms that only one harness reads. */

import osworldG from "../../tasks/screenspot/osworld-g-task.js";
import pro from "../../tasks/screenspot/pro-task.js";
import v2 from "../../tasks/screenspot/v2-task.js";
import { goldenTask } from "./golden-task.js";

const screen = { image: true, img_size: "[3840, 2160]", application: "drawing", platform: "linux", group: "Creative" };
goldenTask({
  task: pro,
  columns: {
    ...{ image: "image", instruction: "string", bbox: "doubles", img_size: "string", ui_type: "string" },
    ...{ application: "string", platform: "string", group: "string" },
  },
  // The element lies at 0.5 to 0.6 and 0.25 to 0.5 of the image.
  rows: [
    { ...screen, instruction: "open the layers", bbox: [1920, 540, 2304, 1080], ui_type: "icon" },
    { ...screen, instruction: "close", bbox: [1920, 540, 2304, 1080], ui_type: "icon" },
    { ...screen, instruction: "save", bbox: [1920, 540, 2304, 1080], ui_type: "Text", group: "CAD" },
    { ...screen, instruction: "undo", bbox: [1920, 540, 2304, 1080], ui_type: "text", group: null },
    { ...screen, instruction: "redo", bbox: [0.5, 0.25, 0.6, 0.5], ui_type: "text" },
    { ...screen, instruction: "zoom", bbox: [1920, 540, 2304, 1080], ui_type: "icon" },
  ],
  // Fractions; pixels, which lmms-eval divides; thousandths, which nothing divides; a box, whose corner lmms-eval takes; a click; no point.
  answers: [
    "[0.55, 0.3]",
    "[2000, 700]",
    "(550, 300)",
    "[[0.4,0.2,0.7,0.5]]",
    "pyautogui.click(x=0.55, y=0.3)",
    "There is none.",
  ],
  main: { official: 3 / 6, "lmms-eval": 3 / 6, vlmevalkit: 1 / 6 },
});

goldenTask({
  task: v2,
  columns: {
    ...{ image: "image", instruction: "string", bbox: "doubles", data_type: "string", data_source: "string" },
    ...{ image_width: "double", image_height: "double" },
  },
  // The images are 32 x 24.
  rows: [
    { image: true, instruction: "open", bbox: [0.25, 0.25, 0.5, 0.5], data_type: "text", data_source: "ios" },
    { image: true, instruction: "shut", bbox: [8, 6, 8, 6], data_type: "icon", data_source: "web" },
    {
      image: true,
      instruction: "back",
      bbox: [2, 2, 8, 6],
      data_type: "icon",
      data_source: null,
      image_width: 32,
      image_height: 24,
    },
    { image: true, instruction: "next", bbox: [8, 6, 8, 6], data_type: "text", data_source: "web" },
  ],
  // lmms-eval does not know the second's size, takes the third's 8 x 6 for the box's end, and compares the fourth's pixels with pixels.
  answers: ["[0.3, 0.3]", "[0.375, 0.375]", "[0.3, 0.3]", "x=12, y=9"],
  main: { official: 3 / 4, "lmms-eval": 2 / 4, vlmevalkit: 1 / 4 },
});

const desk = { image: true, image_size: [32, 24] };
goldenTask({
  task: osworldG,
  columns: {
    ...{ image: "image", instruction: "string", box_type: "string", box_coordinates: "doubles", image_size: "ints" },
  },
  rows: [
    { ...desk, instruction: "close", box_type: "bbox", box_coordinates: [8, 6, 8, 6] },
    { ...desk, instruction: "drag", box_type: "polygon", box_coordinates: [0, 0, 16, 0, 0, 12] },
    { ...desk, instruction: "drop", box_type: "polygon", box_coordinates: [16, 12, 8, 6], image_size: null },
    { ...desk, instruction: "fly", box_type: "refusal", box_coordinates: [-1, -1, -1, -1] },
    { ...desk, instruction: "open", box_type: "bbox", box_coordinates: [8, 6, 8, 6] },
  ],
  // Fractions, pixels, a box in brackets, a refusal, thousandths.
  answers: ["[0.375, 0.375]", "(3, 4)", "[8, 6, 16, 12]", "[-1, -1]", "[375, 375]"],
  main: { official: 4 / 5, "lmms-eval": 4 / 5, vlmevalkit: 0 },
});
