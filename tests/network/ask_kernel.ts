/** For a child that tests/peers/kernel.py has started: questions to the kernel that the runtime itself can't answer. */
import process from "node:process";
import { createInterface } from "node:readline";

type Answer = { readonly answer: unknown } | { readonly refused: string };

const waiting: ((answer: Answer) => void)[] = [];

/** Asks, and waits for the answer. Rejects where this system refuses it. */
export async function askKernel<T>(ask: string, more: object = {}): Promise<T> {
  const answer = await new Promise<Answer>((resolve) => {
    waiting.push(resolve);
    process.stdout.write(JSON.stringify({ ask, ...more }) + "\n");
  });
  if ("refused" in answer) throw new Error(answer.refused);
  return answer.answer as T;
}

/** Tells the test what came of its case, and ends the process: at once where nobody is left to answer. */
export async function finish(play: () => Promise<unknown>): Promise<void> {
  const answers = createInterface({ input: process.stdin });
  answers.on("line", (line) => waiting.shift()?.(JSON.parse(line)));
  answers.on("close", () => process.exit(1));
  try {
    console.log(JSON.stringify({ result: await play() }));
  } catch (error) {
    console.log(JSON.stringify({ error: (error as Error).stack ?? String(error) }));
  }
  process.exit(0);
}
