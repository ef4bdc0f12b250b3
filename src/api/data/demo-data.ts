/** Demo rows and training samples, drawn from a seed. */
export { writeDemoParquet } from "../../datasets/demo/parquet.js";
export { DEMO_TASKS, type DemoTask } from "../../datasets/demo/rows.js";
export { writeTraining } from "../../datasets/demo/training.js";
